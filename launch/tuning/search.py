"""Hyper-parameter search: Optuna proposes, the scheduler runs the trials as jobs.

The proposal of trial n depends on seed, n, and the results of trials up to n - 1 - lag: on numbers
in the command, never on who was faster. So a search comes to the same trials on any number of CPUs,
and after a kill.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from common import optional
from common.errors import UsageError
from launch.config.run import RunConfig
from launch.experiments import catalog
from launch.experiments.experiment import flags_for
from launch.experiments.spaces import Axis, Choice
from launch.jobs import kinds
from launch.run_folder import result
from launch.run_folder.names import CONFIG
from launch.scheduler.run import Outcome, Run
from supervised.core.job import LOWER_IS_BETTER
from supervised.core.randomness import keras_seed

with optional.imported("optuna"):
    import optuna
    from optuna.distributions import (
        BaseDistribution,
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import FrozenTrial, TrialState, create_trial

Sampler = Literal["grid", "random", "tpe"]
STORAGE = "study.journal"


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """A search.

    Attributes:
        experiment: Name in the catalog.
        flags: Its flags, the same in every trial.
        sampler: How values are proposed.
        trials: Number of trials; a grid has at most as many as it has points.
        lag: Trials by which proposing runs ahead of results; that many and one run at once.
        seed: Of the proposals.
        folder: Where the study and its trials' runs are.
    """

    experiment: str
    flags: Sequence[str]
    sampler: Sampler
    trials: int
    lag: int
    seed: int
    folder: Path


optuna.logging.set_verbosity(optuna.logging.WARNING)


class Search:
    """Supplies trials to the scheduler and takes their results."""

    def __init__(self, config: SearchConfig, plan: Callable[[Sequence[str]], RunConfig]):
        """Opens the study, or continues the one in the folder.

        Args:
            config: What is searched, and how.
            plan: Makes the config of a run from its flags.

        Raises:
            UsageError: The experiment has no search space, or the folder holds another search.
        """
        self._config, self._plan = config, plan
        experiment = catalog.get(config.experiment)
        if not experiment.space:
            having = [name for name, found in catalog.EXPERIMENTS.items() if found.space]
            raise UsageError(
                f"{config.experiment} has no search space; these have: {', '.join(having)}"
            )
        self._space = experiment.space
        self.metric = _metric(config.experiment)
        self.minimise = self.metric in LOWER_IS_BETTER
        self._numbers: dict[str, int] = {}
        self._grid = list(itertools.product(*(axis.grid() for axis in self._space.values())))
        self.trials = config.trials
        if config.sampler == "grid":
            self.trials = min(config.trials, len(self._grid))
        config.folder.mkdir(parents=True, exist_ok=True)
        storage = JournalStorage(JournalFileBackend(str(config.folder / STORAGE)))
        self._study = optuna.create_study(
            storage=storage,
            study_name=config.experiment,
            direction="minimize" if self.minimise else "maximize",
            load_if_exists=True,
        )
        self._own()

    def supply(self) -> Iterator[Run | None]:
        """Runs to be made: first those of a search that was stopped; None while results are due."""
        for trial in self._study.get_trials(deepcopy=False):
            if trial.state == TrialState.RUNNING:
                yield self._run(trial.number, trial.params)
        while (number := len(self._study.get_trials(deepcopy=False))) < self.trials:
            due = self._study.get_trials(deepcopy=False)[: max(number - self._config.lag, 0)]
            if any(trial.state == TrialState.RUNNING for trial in due):
                yield None
                continue
            params = self._propose(number, due)
            self._study.add_trial(
                create_trial(
                    state=TrialState.RUNNING,
                    params=params,
                    distributions={name: _distribution(a) for name, a in self._space.items()},
                )
            )
            yield self._run(number, params)

    def finished(self, outcome: Outcome) -> None:
        """Takes what became of a trial; one that was interrupted goes on another time."""
        if outcome.interrupted:
            return
        number = self._numbers[outcome.run.name]
        if outcome.error is not None or outcome.folder is None:
            self._study.tell(number, state=TrialState.FAIL)
            return
        self._study.tell(number, result.read(outcome.folder).search_score(self.metric))

    def results(self) -> list[FrozenTrial]:
        """The trials that have a score, in their order."""
        return [t for t in self._study.get_trials() if t.state == TrialState.COMPLETE]

    def run_of(self, trial: FrozenTrial) -> Path:
        """The run folder of a trial."""
        return self._config.folder / f"trial_{trial.number:04d}"

    def best(self) -> FrozenTrial:
        """The best trial.

        Raises:
            UsageError: No trial came to a score.
        """
        if not self.results():
            raise UsageError(f"{self._config.folder}: no trial came to a score")
        return self._study.best_trial

    def _own(self) -> None:
        """Makes sure that the study in the folder is of this very search."""
        config = self._config
        ours = {
            "experiment": config.experiment,
            "flags": list(config.flags),
            "sampler": config.sampler,
            "lag": config.lag,
            "seed": config.seed,
            "space": repr(dict(self._space)),
        }
        theirs = self._study.user_attrs
        if theirs and theirs != ours:
            differing = ", ".join(name for name in ours if theirs.get(name) != ours[name])
            raise UsageError(
                f"{config.folder}: holds another search, with other {differing}; choose another "
                "--study"
            )
        for name, value in ours.items():
            self._study.set_user_attr(name, value)

    def _propose(self, number: int, due: Sequence[FrozenTrial]) -> dict[str, Any]:
        names = list(self._space)
        if self._config.sampler == "grid":
            return dict(zip(names, self._order()[number], strict=True))
        seed = keras_seed(self._config.seed, f"trial/{number}")
        kinds = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
        known = optuna.create_study(
            sampler=kinds[self._config.sampler](seed=seed), direction=self._study.direction
        )
        known.add_trials([trial for trial in due if trial.state == TrialState.COMPLETE])
        return known.ask({name: _distribution(a) for name, a in self._space.items()}).params

    def _order(self) -> list[tuple[Any, ...]]:
        """The grid's points, shuffled: a search that is cut short has seen all of its width."""
        order = np.random.default_rng(keras_seed(self._config.seed, "grid"))
        return [self._grid[i] for i in order.permutation(len(self._grid))]

    def _run(self, number: int, params: Mapping[str, Any]) -> Run:
        """The run of a trial."""
        name, folder = self._config.experiment, self._config.folder / f"trial_{number:04d}"
        trial_flags = catalog.get(name).config.TRIAL_FLAGS
        flags = [*self._config.flags, *flags_of(params), *trial_flags]
        run = kinds.new(
            name,
            self._plan([*flags, "--run-dir", str(folder)]),
            [name, *flags],
            folder=folder if (folder / CONFIG).exists() else None,
            label=f"trial {number}",
        )
        self._numbers[run.name] = number
        return run


def flags_of(params: Mapping[str, Any]) -> list[str]:
    """Parameters as the flags that set them."""
    return [word for name, value in params.items() for word in flags_for(name, value)]


def _metric(experiment: str) -> str:
    config = catalog.get(experiment).config
    return catalog.claim(experiment, config).metric or "mean_return"


def _distribution(axis: Axis) -> BaseDistribution:
    if isinstance(axis, Choice):
        return CategoricalDistribution(list(axis.values))
    if axis.whole:
        return IntDistribution(round(axis.low), round(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)
