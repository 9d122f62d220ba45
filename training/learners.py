"""Makes the learner of a training in the process that calls it."""

from agents.agent import Agent, Learner
from envs import registry
from envs.planning import TabularModel
from envs.published import published_model
from envs.randomness import Purpose, generator
from envs.sources import EnvSource, UnusableEnvironment, label


def make(agent: Agent, env: EnvSource, *, seed: int, env_steps: int) -> Learner:
    """Makes an agent's learner, with generators derived from the training's seed.

    Args:
        agent: The agent.
        env: The environment, whose spaces the learner is made for.
        seed: The training's seed.
        env_steps: The budget in environment steps.

    Raises:
        UnusableEnvironment: As `spaces` says, or as `dynamics` does.
    """
    observation_space, action_space = registry.spaces(env)
    learner = agent.learner(
        observation_space,
        action_space,
        env_steps=env_steps,
        network_rng=generator(seed, Purpose.NETWORK),
        replay_rng=generator(seed, Purpose.REPLAY),
    )
    if agent.needs_dynamics:
        learner.know(dynamics(env))
    return learner


def dynamics(env: EnvSource) -> TabularModel:
    """The transitions of an environment, for agents that plan with them.

    Raises:
        UnusableEnvironment: It does not publish all of them.
    """
    model = published_model(env)
    if model is None:
        raise UnusableEnvironment(
            f"--env {label(env)}: does not publish all its transitions, which a planner needs "
            "(FrozenLake-v1, Taxi-v4 and CliffWalking-v1 do); learn it instead: "
            "python -m launch q --env ID"
        )
    return model
