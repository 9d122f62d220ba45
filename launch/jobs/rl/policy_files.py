"""Trained policies on disk: `policy.npz` for this lab, and `policy.keras` for everybody else."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from agents.agent import Agent
from agents.weights import Weights
from common.backend import prepare_tensorflow
from common.errors import UsageError
from common.text import reason
from envs import registry
from envs.sources import EnvSource
from launch.config.training import TrainingConfig
from launch.run_folder import facts, result
from launch.run_folder.files import replacing
from launch.run_folder.names import POLICY, POLICY_MODEL, REDUCED
from launch.terminal.typed import typed


def save(folder: Path, config: TrainingConfig, env: EnvSource, weights: Weights) -> None:
    """Writes the policy: its arrays by name, and a Keras model where the agent has one.

    The model takes raw observations, so it needs nothing of ours to run. An agent without weights
    leaves no file.
    """
    if not weights:
        return
    write(folder / POLICY, weights)
    agent = config.prepared_agent
    if agent.needs_tensorflow:
        # As the learner of this process did: TensorFlow takes both only once.
        prepare_tensorflow(config.learner_threads, hide_gpus=not config.placement.learner_gpus)
    model = agent.keras_model(*registry.spaces(env), weights)
    if model is not None:
        with replacing(folder / POLICY_MODEL) as path:
            model.save(path)


def load(folder: Path, agent: Agent) -> Weights:
    """Reads the weights that `save` wrote, without executing anything in the file.

    Raises:
        UsageError: They are not there or cannot be read.
    """
    if agent.acts_randomly:
        return {}
    path = folder / POLICY
    if not path.exists():
        if result.status(folder) == "finished":
            if result.is_reduced(folder):
                raise UsageError(f"{folder}: no {path.name}: {REDUCED}, and no weights")
            command = facts.of(folder).command
            again = f"; the same command makes it again: {command}" if command else ""
            raise UsageError(
                f"{folder}: no {path.name}, though the run has finished: it was deleted{again}"
            )
        raise UsageError(
            f"{folder}: no {path.name}; the run has not ended: {typed('resume', folder)}"
        )
    return read(path)


def write(path: Path, weights: Weights) -> None:
    """Writes weights, for `read`.

    Raises:
        OSError: They cannot be written.
    """
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **weights)


def read(path: Path) -> Weights:
    """Reads weights without executing anything in the file.

    Raises:
        UsageError: They are not there or cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise UsageError(f"{path}: not a policy that can be read: {reason(error)}") from None
