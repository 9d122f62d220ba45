"""Hyper-parameter search: Optuna proposes, the scheduler runs the trials as jobs.

The proposal of trial n depends on seed, n, and the results of trials up to n - 1 - lag: on numbers
in the command, never on who was faster. Whether trial n ends before all of its seeds have run
depends on its own results and on those of the same trials. So a search comes to the same trials on
any number of CPUs, and after a kill.

A trial is judged on episodes, or examples, that are used for nothing else, with seeds that no
figure is made with.
"""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common import optional
from common.errors import UsageError
from launch.config.run import RunConfig
from launch.config.serialization import identity
from launch.config.supervised import SupervisedConfig
from launch.config.training import TrainingConfig
from launch.experiments import catalog, spaces
from launch.experiments.spaces import Axis
from launch.jobs import kinds
from launch.run_folder import result
from launch.run_folder.names import CONFIG, RESULT
from launch.scheduler.run import Outcome, Run
from launch.terminal.console import say
from launch.tuning import journal, space
from launch.tuning.proposals import Proposals, Sampler
from launch.tuning.pruning import is_hopeless
from supervised.core.job import LOWER_IS_BETTER
from training import evaluation

with optional.imported("optuna"):
    import optuna
    from optuna.trial import FrozenTrial, TrialState, create_trial

FIRST_SEED = 100
"""Of the runs of a trial; figures are made with the seeds from 0 on."""
_SCORED = (TrialState.COMPLETE, TrialState.PRUNED)
_ENOUGH = 10  # trials that tell anything about what matters


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
        space: What is chosen from, by the settings' paths.
        trial_seeds: Runs of each trial, with the seeds from `FIRST_SEED` on.
        prune: Whether trials without hope end before all of their seeds have run.
    """

    experiment: str
    flags: Sequence[str]
    sampler: Sampler
    trials: int
    lag: int
    seed: int
    folder: Path
    space: Mapping[str, Axis]
    trial_seeds: int = 1
    prune: bool = True


optuna.logging.set_verbosity(optuna.logging.WARNING)


def check(config: SearchConfig, plan: Callable[[Sequence[str]], RunConfig]) -> None:
    """Makes sure that settings can have the values that a search has for them.

    Args:
        config: What is searched, and how.
        plan: Makes the config of a run from its flags.

    Raises:
        UsageError: One of them cannot.
    """
    for name, value in space.ends(config.space):
        plan([*config.flags, *space.flags_of({name: value})])


class Search:
    """Supplies the runs of trials to the scheduler and takes their results."""

    def __init__(self, config: SearchConfig, plan: Callable[[Sequence[str]], RunConfig]):
        """Opens the study, or continues the one in the folder.

        Args:
            config: What is searched, and how; `check` has nothing against it. Its folder is there.
            plan: Makes the config of a run from its flags.

        Raises:
            UsageError: The folder holds another search, or a damaged one, or cannot be written.
        """
        self.config, self._plan = config, plan
        self._lines = spaces.lines(config.space)
        self.metric = _metric(config.experiment, plan(config.flags))
        self.minimise = self.metric in LOWER_IS_BETTER
        self._under_way: dict[str, int] = {}
        self._stopped = False
        self._proposals = Proposals(self._lines, config.sampler, config.seed, self.minimise)
        self.trials = min(config.trials, self._proposals.most)
        self._storage, self._study = journal.opened(
            config.folder, config.experiment, minimise=self.minimise
        )
        journal.own(self._study, config.folder, self._told())

    def supply(self) -> Iterator[Run | None]:
        """Runs to be made: first those of a search that was stopped; None while results are due."""
        self._under_way.clear()
        while not self._stopped:
            run = self._next()
            if run is None and not self._under_way:
                return
            yield run

    def finished(self, outcome: Outcome) -> None:
        """Takes what became of a run; one that was interrupted goes on another time."""
        number = self._under_way.pop(outcome.run.name)
        if outcome.interrupted:
            self._stopped = True
        elif outcome.error is not None or outcome.folder is None:
            self._study.tell(number, state=TrialState.FAIL)
        else:
            self._take(number, outcome.folder)

    def left(self) -> int:
        """Runs that are under way or may still be made; fewer where trials end early."""
        trials, seeds = self._trials(), self.config.trial_seeds
        begun = [each for each in trials if each.state == TrialState.RUNNING]
        of_begun = sum(seeds - len(each.intermediate_values) for each in begun)
        return of_begun + seeds * max(self.trials - len(trials), 0)

    def results(self) -> list[FrozenTrial]:
        """The trials that have a score of all seeds, in their order."""
        return [t for t in self._trials() if t.state == TrialState.COMPLETE]

    def scored(self) -> list[FrozenTrial]:
        """The trials that have a score, those that were stopped early among them."""
        return [t for t in self._trials() if t.state in _SCORED]

    def runs_of(self, trial: FrozenTrial) -> list[Path]:
        """The folders of a trial's runs that have a score, a run for each seed."""
        return [self._folder(trial.number, seed) for seed in sorted(trial.intermediate_values)]

    def importances(self) -> dict[str, float]:
        """What share of the differences between scores each setting explains, the largest first.

        It is PED-ANOVA's estimate (Watanabe et al. 2023); empty where there is too little to tell.
        """
        scores = {trial.value for trial in self.results()}
        if len(self.results()) < _ENOUGH or len(scores) < 2 or len(self._lines) < 2:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            return optuna.importance.get_param_importances(
                self._study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
            )

    def best(self) -> FrozenTrial:
        """The best trial.

        Raises:
            UsageError: No trial came to a score.
        """
        if not self.results():
            raise UsageError(f"{self.config.folder}: no trial came to a score")
        return self._study.best_trial

    def _trials(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _folder(self, number: int, seed: int) -> Path:
        return self.config.folder / f"trial_{number:04d}" / f"seed{seed}"

    def _told(self) -> dict[str, Any]:
        """What tells this search from others, as plain JSON values.

        Of the flags it is what they come to, without what says where and how trials run.
        """
        config = self.config
        told = {
            "experiment": config.experiment,
            "settings": identity(kinds.completed(self._plan(config.flags))),
            "sampler": config.sampler,
            "lag": config.lag,
            "seed": config.seed,
            "space": {name: space.in_words(axis) for name, axis in config.space.items()},
            "trial_seeds": config.trial_seeds,
            "prune": config.prune,
        }
        return json.loads(json.dumps(told))

    def _next(self) -> Run | None:
        """The next run; None where none can be named before another one has ended."""
        while True:
            waiting = [
                trial
                for trial in self._trials()
                if trial.state == TrialState.RUNNING
                and trial.number not in self._under_way.values()
            ]
            if not waiting and not self._add():
                return None
            for trial in waiting[:1]:
                if (run := self._run(trial)) is not None:
                    self._under_way[run.name] = trial.number
                    return run

    def _add(self) -> bool:
        """Adds the next trial to the study, where results allow it; says whether they did."""
        number = len(self._trials())
        known = self._known_to(number)
        if number >= self.trials or any(trial.state == TrialState.RUNNING for trial in known):
            return False
        self._study.add_trial(
            create_trial(
                state=TrialState.RUNNING,
                params=self._proposals.of(number, [t for t in known if t.state in _SCORED]),
                distributions=self._proposals.distributions,
            )
        )
        return True

    def _known_to(self, number: int) -> list[FrozenTrial]:
        """The trials whose results what becomes of a trial may depend on."""
        return self._trials()[: max(number - self.config.lag, 0)]

    def _run(self, trial: FrozenTrial) -> Run | None:
        """The run of a trial's next seed; None where it ended before, or cannot be made."""
        name, number = self.config.experiment, trial.number
        if trial.intermediate_values and self._ends(number):
            return None  # killed with its last score taken
        seed = FIRST_SEED + len(trial.intermediate_values)
        folder = self._folder(number, seed)
        if (folder / RESULT).exists() and result.status(folder) == "finished":
            self._take(number, folder)  # the process was killed before it had taken it
            return None
        unseen = catalog.get(name).config.UNSEEN
        given = [*unseen, *self.config.flags, *space.flags_of(trial.params)]
        flags = [*given, "--no-final", "--seed", str(seed)]
        label = f"trial {number}" + f" seed {seed}" * (self.config.trial_seeds > 1)
        try:
            return kinds.new(
                name,
                kinds.completed(self._plan([*flags, "--run-dir", str(folder)])),
                [name, *flags],
                folder=folder if (folder / CONFIG).exists() else None,
                label=label,
            )
        except UsageError as error:  # values that do not go together
            say(f"{label}: {error}")
            self._study.tell(number, state=TrialState.FAIL)
            return None

    def _take(self, number: int, folder: Path) -> None:
        """Takes the score of a run, which may end its trial."""
        trial = self._trials()[number]
        study = self._storage.get_study_id_from_name(self._study.study_name)
        found = self._storage.get_trial_id_from_study_id_trial_number(study, number)
        seed = FIRST_SEED + len(trial.intermediate_values)
        score = result.read(folder).search_score(self.metric)
        self._storage.set_trial_intermediate_value(found, seed, score)
        self._ends(number)

    def _ends(self, number: int) -> bool:
        """Ends a trial that has the scores of all seeds, or no hope; says whether it did."""
        scores = _scores(self._trials()[number])
        if len(scores) == self.config.trial_seeds:
            self._study.tell(number, float(np.mean(scores)))
            return True
        others = [_scores(each) for each in self._known_to(number) if each.state in _SCORED]
        if not (self.config.prune and is_hopeless(scores, others, minimise=self.minimise)):
            return False
        self._study.tell(number, state=TrialState.PRUNED)
        return True


def _scores(trial: FrozenTrial) -> list[float]:
    """A trial's scores, in the order of its seeds."""
    return [score for _, score in sorted(trial.intermediate_values.items())]


def _metric(experiment: str, config: RunConfig) -> str:
    """What trials are judged by: what the settings of a run decide on, or its experiment's."""
    if isinstance(config, TrainingConfig):
        return evaluation.metric(config.source(config.env))
    if isinstance(config, SupervisedConfig) and config.job.metric:
        return config.job.metric
    return catalog.claim(experiment, config).metric
