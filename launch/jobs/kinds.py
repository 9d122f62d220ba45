"""The kinds of runs: which class executes a run with which config."""

from collections.abc import Sequence
from pathlib import Path

from launch.config.run import RunConfig
from launch.jobs.models.described import Described
from launch.run_folder import description
from launch.scheduler.run import Run


def _class_for(config: RunConfig) -> type[Run]:
    """The class of a config's runs; a run of one kind imports nothing of the other."""
    if config.KIND == "supervised":
        from launch.jobs.supervised.run import SupervisedRun

        return SupervisedRun
    from launch.jobs.rl.run import TrainingRun

    return TrainingRun


def completed(config: RunConfig) -> RunConfig:
    """The config of a new run, with what has to be looked up in files that it names.

    Raises:
        UsageError: There is no such file.
    """
    return _class_for(config).completed(config)


def new(
    experiment: str,
    config: RunConfig,
    arguments: Sequence[str],
    *,
    folder: Path | None = None,
    label: str = "",
) -> Run:
    """A run to be made, or to be continued where its folder is given.

    Raises:
        UsageError: A run to be made names a file that is not there.
    """
    if folder is None:
        config = completed(config)
    return _class_for(config)(
        experiment=experiment, config=config, arguments=arguments, folder=folder, label=label
    )


def read(folder: Path, arguments: Sequence[str] = ()) -> Run:
    """The run in a folder.

    Raises:
        UsageError: It is not a run folder.
    """
    experiment, config = description.read(folder)
    return new(experiment, config, arguments, folder=folder)


def described(folder: Path, config: RunConfig) -> Described:
    """What is told of a run by its kind.

    Args:
        folder: The run's folder.
        config: Its config.
    """
    if config.KIND == "supervised":
        from launch.jobs.supervised import describing as of_supervised

        return of_supervised.of(folder, config)
    from launch.jobs.rl import describing as of_rl

    return of_rl.of(folder, config)
