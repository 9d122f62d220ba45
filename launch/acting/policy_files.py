"""Trained policies on disk: `policy.keras` for a network, `policy.npz` for a table."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from agents.dqn.config import DQNConfig
from agents.policies import Weights
from agents.uniform.config import UniformConfig
from envs import registry
from launch.acting.learners import needs_tensorflow
from launch.backend import prepare_tensorflow
from launch.configs import TrainingConfig
from launch.errors import UsageError
from launch.run_folder import replacing

TABLE, NETWORK = "policy.npz", "policy.keras"


def save(folder: Path, config: TrainingConfig, weights: Weights) -> None:
    """Writes the policy. The network takes raw observations, so it needs nothing of ours to run.

    The random agent has no weights and leaves no file.
    """
    if isinstance(config.agent, UniformConfig):
        return
    if not needs_tensorflow(config):
        (table,) = weights
        with replacing(folder / TABLE) as path:
            np.savez(path, q=table)
        return
    prepare_tensorflow(config.learner_threads, hide_gpus=not config.placement.learner_gpus)
    from agents.exporting import to_keras

    space = registry.spaces(config.env)[0]
    dueling = isinstance(config.agent, DQNConfig) and config.agent.dueling
    with replacing(folder / NETWORK) as path:
        to_keras(space, weights, dueling=dueling).save(path)


def load(folder: Path, config: TrainingConfig) -> Weights:
    """Reads the policy that `save` wrote, without executing anything in it.

    Raises:
        UsageError: It is not there or cannot be read.
    """
    if isinstance(config.agent, UniformConfig):
        return ()
    path = folder / (NETWORK if needs_tensorflow(config) else TABLE)
    if not path.exists():
        raise UsageError(
            f"{folder}: no {path.name}; the run has not ended: python -m launch resume {folder}"
        )
    try:
        if path.name == TABLE:
            with np.load(path, allow_pickle=False) as arrays:
                return (arrays["q"],)
        prepare_tensorflow(config.learner_threads, hide_gpus=True)
        import keras

        from agents.exporting import from_keras

        model = keras.models.load_model(path, compile=False, safe_mode=True)
        assert isinstance(model, keras.Model)
        return from_keras(model)
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise UsageError(f"{path}: not a policy that can be read: {error}") from None
