"""What a run came to, for both kinds of runs: its scores, and how they are told."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from common.errors import UsageError
from launch.config.run import Kind
from launch.run_folder.names import CURVE, FILM
from launch.run_folder.score_comparison import Comparison
from launch.terminal.blocks import block
from launch.terminal.typed import typed
from training.evaluation import Summary
from training.events import EndStatus

Status = Literal[EndStatus, "failed"]
"""How a run ended."""
_EQUAL = 1e-9  # relative difference up to which returns are equal but for rounding
_RECALLS = 4  # classes whose recalls are told one by one
_ONE_LINE = {"ours": "", "baseline": "baseline", "optimum": "optimum", "book": "book"}
_TRIAL = "on a trial's own episodes"
_POLICIES = {
    "final": "last",
    "ours": "kept",
    "optimum": "optimum",
    "baseline": "random",
    "book": "book",
}


@dataclass(frozen=True, kw_only=True)
class RunResult(ABC):
    """What every run came to.

    Attributes:
        experiment: The experiment's name.
        seed: The run's seed.
        status: Whether the run finished, was interrupted, or failed.
        wall_seconds: Seconds from its start to its end, imports included; those of earlier
            attempts that it was resumed from count in.
        restarts: Processes that died or hung and were replaced.
        claim: Its score beside those of others.
        notes: What a reader of the scores must know.
        fingerprint: SHA-256 of what the run computed: equal ones mean the same results. None
            where it proves nothing, because the run failed or came to no end.
    """

    KIND: ClassVar[Kind]

    experiment: str
    seed: int
    status: Status
    wall_seconds: float
    restarts: int
    claim: Comparison
    notes: tuple[str, ...] = ()
    fingerprint: str | None

    @property
    @abstractmethod
    def subject(self) -> str:
        """What the run learned on, in words."""

    @property
    def data_kind(self) -> str:
        """The kind of data, such as "real"; empty in reinforcement learning."""
        return ""

    @property
    def where_stopped(self) -> str:
        """At which step the run was interrupted, for a message; empty where it counts none."""
        return ""

    @abstractmethod
    def search_score(self, metric: str) -> float:
        """What a hyper-parameter search chooses by."""

    @abstractmethod
    def in_a_line(self) -> str:
        """The scores of a finished run, in a line."""

    @property
    def _title(self) -> str:
        return f"{self.experiment}, seed {self.seed}: {self.status} after {self.wall_seconds:.1f} s"

    @abstractmethod
    def in_words(self, folder: Path) -> list[str]:
        """What a finished run came to, in lines.

        Args:
            folder: The run's folder.
        """


@dataclass(frozen=True, kw_only=True)
class TrainingRunResult(RunResult):
    """What a reinforcement learning run came to.

    Attributes:
        env: The environment.
        env_steps: Environment steps taken, over all environments.
        updates: Gradient steps made, or time steps of all environments for a table.
        episodes: Training episodes that ended.
        dropped_episodes: Episodes dropped because their environment failed.
        outside_observations: Training observations outside their environment's Box.
        training_seconds: Seconds of acting and learning, without evaluations and start.
        steps_per_second: Environment steps per second of `training_seconds`.
        solved_at_env_steps: Environment steps at the first evaluation that reached the threshold.
        policy_from_env_steps: Environment steps at which the kept policy was evaluated; those of
            the end where there were no evaluations.
        acting: How evaluations act: "greedy", "random", or "ε-greedy 0.001" with the share of
            random actions.
        evaluation: Returns of the policy kept, on episodes that chose nothing; None unless the
            run finished, and in a trial of a search.
        final_evaluation: Returns of the last weights, on the same episodes.
        validation: In a trial of a search the returns of the policy kept, on a trial's own
            episodes; else None.
        training_return_last_100: Mean return of the last 100 training episodes, exploring.
        training_success_last_100: Share of them that succeeded, in environments where an episode
            does or does not.
    """

    KIND: ClassVar[Kind] = "rl"

    env: str
    env_steps: int
    updates: int
    episodes: int
    dropped_episodes: int
    outside_observations: int = 0
    training_seconds: float
    steps_per_second: float
    solved_at_env_steps: int | None
    policy_from_env_steps: int
    acting: str
    evaluation: Summary | None
    final_evaluation: Summary | None
    validation: Summary | None = None
    training_return_last_100: float | None
    training_success_last_100: float | None = None

    @property
    def subject(self) -> str:
        return self.env

    @property
    def training_score(self) -> float | None:
        """The last 100 training episodes in the metric of its claim."""
        rate = self.claim.metric == "success_rate"
        return self.training_success_last_100 if rate else self.training_return_last_100

    @property
    def where_stopped(self) -> str:
        return f" at {self.env_steps:,} env steps"

    def search_score(self, metric: str) -> float:
        assert self.validation is not None
        return float(getattr(self.validation, metric))

    def in_a_line(self) -> str:
        if self.validation is not None:
            return f"{self.claim.metric} {self.validation.score():.4g} {_TRIAL}"
        return f"{self.claim.metric} {self.claim.in_words(_ONE_LINE)}"

    def in_words(self, folder: Path) -> list[str]:
        kept, last = self.evaluation, self.final_evaluation
        speed = f"{self.steps_per_second:,.0f} a second, evaluations not counted"
        rows = [("env steps", f"{self.env_steps:,} ({speed})"), ("updates", f"{self.updates:,}")]
        if kept is not None and last is not None:
            fresh = f"{kept.episodes:,} fresh episode{'s' * (kept.episodes > 1)}"
            played = f"mean ± std over {fresh}, {self.acting}"
            when = f"of {self.policy_from_env_steps:,} env steps"
            rows += [
                ("policy kept", f"return {_mean_and_std(kept)} ({played}), {when}"),
                ("last weights", f"return {_mean_and_std(last)} on the same episodes"),
            ]
        if (trial := self.validation) is not None:
            rows.append(("policy kept", f"return {_mean_and_std(trial)} {_TRIAL}"))
        rows += [
            (self.claim.metric, self.claim.in_words(_POLICIES)),
            *(("note", note) for note in self.notes),
            ("fingerprint", self.fingerprint or ""),
            ("run folder", str(folder)),
            ("picture", str(folder / CURVE)),
            _film(folder),
        ]
        return block(self._title, rows)


def _film(folder: Path) -> tuple[str, str]:
    """Where the film of a run is, or how one is made."""
    if (folder / FILM).exists():
        return "film", str(folder / FILM)
    return "film it", typed("evaluate", folder, "--video", "film.mp4")


def _mean_and_std(summary: Summary) -> str:
    mean, std = summary.mean_return, summary.std_return
    return f"{mean:.4g} ± {0 if std <= _EQUAL * abs(mean) else std:.4g}"


@dataclass(frozen=True, kw_only=True)
class SupervisedRunResult(RunResult):
    """What a supervised run came to.

    Attributes:
        data: Kinds of its data: `real`, `sample`, `synthetic`, or several joined by "+".
        data_sets: The kind of each data set, by name.
        data_files: The SHA-256 of each of them that is a user's own file, by name.
        peak_memory_mb: Largest resident memory of the job's process, in megabytes; None unless
            the run finished.
        metrics: Scores on test data, by name; accuracies and rates are fractions. Empty in a
            trial of a search.
        validation: Scores on validation data, by name.
    """

    KIND: ClassVar[Kind] = "supervised"

    data: str
    data_sets: dict[str, str]
    data_files: dict[str, str] = field(default_factory=dict)
    peak_memory_mb: float | None
    metrics: dict[str, float] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return f"{self.data} data"

    @property
    def data_kind(self) -> str:
        return self.data

    def search_score(self, metric: str) -> float:
        if metric not in self.validation:
            known = ", ".join(self.validation)
            raise UsageError(
                f"{self.experiment}: a trial has no {metric}, but {known}; where the target is a "
                "number: --task regression"
            )
        return self.validation[metric]

    def in_a_line(self) -> str:
        return f"{self._scores()}  {self.data} data"

    def in_words(self, folder: Path) -> list[str]:
        shown = self.metrics or self.validation
        recalls = [name for name in shown if name.startswith("recall_")]
        if len(recalls) > _RECALLS:
            of_class = ("recall_", "precision_")
            shown = {k: value for k, value in shown.items() if not k.startswith(of_class)}
        where = "test data" if self.metrics else "validation data"
        comparable = self.claim.book is None or self.claim.comparable
        rows = [
            ("data", ", ".join(map(self._kind, self.data_sets))),
            ("memory", self.peak_memory_mb and f"{self.peak_memory_mb:,.0f} MB at most"),
            (where, ", ".join(f"{name} {value:.4g}" for name, value in shown.items())),
            ("score", self._scores()),
            ("the book", "" if comparable else f"not comparable: {self.claim.book_note}"),
            *(("note", note) for note in self.notes),
            ("fingerprint", self.fingerprint),
            ("run folder", str(folder)),
        ]
        return block(self._title, [(name, text or "") for name, text in rows])

    def _kind(self, name: str) -> str:
        """A data set and its kind."""
        own = ", your own file" * (name in self.data_files)
        return f"{name} ({self.data_sets[name]}{own})"

    def _scores(self) -> str:
        """The run's score beside those of others, or that of a search's trial."""
        validation = self.validation.get(self.claim.metric)
        if self.claim.ours is None and validation is not None:
            return f"{self.claim.metric} {validation:.4g} on validation data"
        scores = self.claim.in_words(_ONE_LINE)
        return f"{self.claim.metric} {scores}" if scores else ""
