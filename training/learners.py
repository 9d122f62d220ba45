"""Makes the learner of a training in the process that calls it."""

from agents.agent import Agent, Learner
from envs import registry
from envs.randomness import Purpose, generator
from envs.sources import EnvSource


def make(agent: Agent, env: EnvSource, *, seed: int, env_steps: int) -> Learner:
    """Makes an agent's learner, with generators derived from the training's seed.

    Args:
        agent: The agent.
        env: The environment, whose spaces the learner is made for.
        seed: The training's seed.
        env_steps: The budget in environment steps.
    """
    observation_space, action_space = registry.spaces(env)
    return agent.learner(
        observation_space,
        action_space,
        env_steps=env_steps,
        network_rng=generator(seed, Purpose.NETWORK),
        replay_rng=generator(seed, Purpose.REPLAY),
    )
