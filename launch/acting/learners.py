"""Where a run's learner lives: in this process, or as a Ray actor on a GPU."""

from agents.agent import Learner, make_learner
from agents.q_table.config import QTableConfig
from agents.uniform.config import UniformConfig
from envs import registry
from envs.randomness import Purpose, generator
from launch.backend import prepare_tensorflow
from launch.configs import TrainingConfig
from launch.errors import UsageError


def needs_tensorflow(config: TrainingConfig) -> bool:
    """Whether the agent's learner imports TensorFlow."""
    return not isinstance(config.agent, QTableConfig | UniformConfig)


def start_learner(config: TrainingConfig) -> Learner:
    """The run's learner, where the config places it.

    With workers and --learner-gpus it is a Ray actor, because only Ray knows which node has a GPU;
    otherwise it lives in this process.

    Raises:
        UsageError: A GPU is asked for without Ray and TensorFlow finds none.
    """
    gpus = config.placement.learner_gpus
    if gpus and config.placement.workers:
        from launch.acting.remote_learner import RemoteLearner  # Ray

        return RemoteLearner(config)
    if needs_tensorflow(config):
        found = prepare_tensorflow(config.learner_threads, hide_gpus=gpus == 0)
        if gpus and not found:
            raise UsageError(
                f"--learner-gpus {gpus:g}: TensorFlow finds no GPU here; leave the flag out"
            )
    return make(config)


def make(config: TrainingConfig) -> Learner:
    """The run's learner in this process."""
    observation_space, action_space = registry.spaces(config.env)
    return make_learner(
        config.agent,
        observation_space,
        action_space,
        network_rng=generator(config.seed, Purpose.NETWORK),
        replay_rng=generator(config.seed, Purpose.REPLAY),
    )
