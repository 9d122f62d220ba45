"""The learner of a training, made where this is called."""

from agents.agent import Agent, Learner
from envs import registry
from envs.randomness import Purpose, generator
from envs.sources import EnvSource


def make(agent: Agent, env: EnvSource, *, seed: int, env_steps: int) -> Learner:
    """Makes the learner in this process, with the generators of the training's seed."""
    observation_space, action_space = registry.spaces(env)
    return agent.learner(
        observation_space,
        action_space,
        env_steps=env_steps,
        network_rng=generator(seed, Purpose.NETWORK),
        replay_rng=generator(seed, Purpose.REPLAY),
    )
