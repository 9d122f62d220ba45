"""The weights of another run that a run starts from."""

from dataclasses import replace
from pathlib import Path

from agents.agent import Learner
from agents.weights import UnfitWeights, Weights, digest
from common.errors import RunError, UsageError
from common.text import reason
from launch.config.training import TrainingConfig
from launch.jobs.rl import policy_files
from launch.run_folder import description

_COPY = "initial_weights.npz"


def named_in(config: TrainingConfig) -> TrainingConfig:
    """The config with the SHA-256 of the weights that it starts from, and an absolute path.

    Raises:
        UsageError: `init_from` is no run that keeps a policy, or its policy is not the one that
            the config has the SHA-256 of.
    """
    if config.init_from is None:
        return config
    source = config.init_from.absolute()
    found = digest(_of_run(source))
    _check(config, found, source)
    return replace(config, init_from=source, init_weights=found)


def of(config: TrainingConfig, folder: Path | None = None) -> Weights | None:
    """The weights that a run starts from; None where it draws its own.

    Args:
        config: The run's config, as `named_in` gives it.
        folder: The run's folder, whose copy outlives the other run; None for a new run.

    Raises:
        UsageError: They are gone, or are others by now.
    """
    if config.init_from is None:
        return None
    copy = folder and folder / _COPY
    if copy and copy.exists():
        place, weights = copy, policy_files.read(copy)
    else:
        place, weights = config.init_from, _of_run(config.init_from)
    _check(config, digest(weights), place)
    return weights


def keep(folder: Path, weights: Weights) -> None:
    """Copies the weights into the folder of a run that starts from them.

    Raises:
        RunError: They cannot be written.
    """
    try:
        policy_files.write(folder / _COPY, weights)
    except OSError as error:
        raise RunError(f"{folder / _COPY}: cannot be written ({reason(error)})") from None


def give(config: TrainingConfig, learner: Learner, weights: Weights) -> None:
    """Has a learner start from the weights.

    Raises:
        UsageError: They do not fit, or the agent starts from none.
    """
    try:
        learner.set_weights(weights)
    except UnfitWeights as error:
        raise UsageError(f"--init-from {config.init_from}: {error}") from None


def _of_run(folder: Path) -> Weights:
    try:
        experiment, config = description.read(folder)
        if not isinstance(config, TrainingConfig):
            raise UsageError(f"{folder}: a supervised run ({experiment}), which keeps no policy")
        weights = policy_files.load(folder, config.agent)
    except UsageError as error:
        raise UsageError(f"--init-from {error}") from None
    if not weights:
        raise UsageError(f"--init-from {folder}: its agent acts at random and keeps no policy")
    return weights


def _check(config: TrainingConfig, found: str, place: Path) -> None:
    if config.init_weights not in (None, found):
        raise UsageError(f"--init-from {place}: its weights are not those the run was given")
