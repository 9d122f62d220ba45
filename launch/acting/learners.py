"""A run's learner, made where this is called."""

from agents.agent import Learner, make_learner
from agents.q_table.config import QTableConfig
from agents.uniform.config import UniformConfig
from envs import registry
from envs.randomness import Purpose, generator
from launch.configs import TrainingConfig


def needs_tensorflow(config: TrainingConfig) -> bool:
    """Whether the agent's learner imports TensorFlow."""
    return not isinstance(config.agent, QTableConfig | UniformConfig)


def make(config: TrainingConfig) -> Learner:
    """The run's learner in this process."""
    observation_space, action_space = registry.spaces(config.env)
    return make_learner(
        config.agent,
        observation_space,
        action_space,
        env_steps=config.env_steps,
        network_rng=generator(config.seed, Purpose.NETWORK),
        replay_rng=generator(config.seed, Purpose.REPLAY),
    )
