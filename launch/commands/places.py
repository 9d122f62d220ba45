"""Where the data sets of experiments are, for the commands that show it."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from common.errors import UsageError
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.experiments.experiment import Experiment
from supervised.datasets import catalog as data_sets
from supervised.datasets.finding import Place, State
from supervised.datasets.source import Source

COLOURS: Mapping[State, str] = {
    "here": "green",
    "download": "cyan",
    "sample": "yellow",
    "by hand": "red",
    "broken": "red",
}
"""On a terminal that has some; the words and signs say the same."""


class Places:
    """Where each data set is, of one user's folder and one cache."""

    def __init__(self, data_dir: Path | None, data_cache: Path) -> None:
        """Looks at the user's folder.

        Raises:
            UsageError: It is none.
        """
        if data_dir is not None and not data_dir.is_dir():
            raise UsageError(f"--data-dir {data_dir}: no such folder")
        self._source = Source(data_dir=data_dir, cache=data_cache.expanduser())

    def __getitem__(self, name: str) -> Place:
        """Where the set of that name is."""
        return self._all[name]

    @cached_property
    def _all(self) -> Mapping[str, Place]:
        return {info.name: data_sets.place(info, self._source) for info in data_sets.ALL}


def read_by(experiment: Experiment) -> tuple[str, ...]:
    """The names of the data sets that an experiment reads with its own settings."""
    config = experiment.config
    return config.job.data_sets if isinstance(config, SupervisedConfig) else ()


def brings_files(experiment: Experiment) -> bool:
    """Whether an experiment needs files of the user's that are no data set's."""
    files = {file.name for name in read_by(experiment) for file in data_sets.BY_NAME[name].files}
    return bool(experiment.needs) and experiment.needs not in files


def is_here(experiment: Experiment, found: Places) -> bool:
    """Whether an experiment has all that it reads, at least as a sample, without a download."""
    sets = [(data_sets.BY_NAME[name], found[name].state) for name in read_by(experiment)]
    there = all(state in ("here", "sample") or info.sample for info, state in sets)
    return there and not brings_files(experiment)


def readers(name: str) -> list[str]:
    """The experiments that read a data set."""
    return [each for each, found in catalog.everything().items() if name in read_by(found)]
