"""The kinds of runs: which class executes a run with which config."""

from collections.abc import Sequence
from pathlib import Path

from launch.config.run import RunConfig
from launch.config.supervised import SupervisedConfig
from launch.config.training import TrainingConfig
from launch.jobs.rl.run import TrainingRun
from launch.jobs.supervised.run import SupervisedRun
from launch.run_folder import description
from launch.scheduler.run import Run

_KINDS: dict[type[RunConfig], type[Run]] = {
    TrainingConfig: TrainingRun,
    SupervisedConfig: SupervisedRun,
}


def new(
    experiment: str,
    config: RunConfig,
    arguments: Sequence[str],
    *,
    folder: Path | None = None,
    label: str = "",
) -> Run:
    """A run to be made, or to be continued where its folder is given."""
    return _KINDS[type(config)](
        experiment=experiment, config=config, arguments=arguments, folder=folder, label=label
    )


def read(folder: Path, arguments: Sequence[str] = ()) -> Run:
    """The run in a folder.

    Raises:
        UsageError: It is not a run folder.
    """
    experiment, config = description.read(folder)
    return new(experiment, config, arguments, folder=folder)
