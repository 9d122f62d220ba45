"""What the scheduler decides, with runs that are here and hand over what they are told to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

from common.errors import RunError, UsageError
from launch.experiments import catalog
from launch.scheduler import in_process, on_cluster
from launch.scheduler.run import Outcome, Run
from launch.terminal.progress import ProgressDisplay

DEFAULT = catalog.get("linear_synthetic").config


@dataclass(frozen=True, kw_only=True)
class _Run(Run):
    """A run that ends after some steps, or when it is stopped."""

    DRIVES_RAY: ClassVar[bool] = False

    steps: int = 1
    stops: bool = True
    fits: bool = True
    cpus: int | None = None
    error: Exception | None = None
    log: list[str] = field(default_factory=list, compare=False)
    config: Any = DEFAULT

    @property
    def threads(self) -> int | None:
        return self.cpus

    def check_resources(self) -> None:
        if not self.fits:
            raise UsageError(f"{self.name} does not fit")

    def execute(self, display, interrupted) -> Outcome:
        self.log.append(f"execute {self.name}")
        return self.over(interrupted())

    def export(self, settings) -> list[str]:
        raise NotImplementedError

    def submit(self, display) -> "_Submitted":
        self.log.append(f"submit {self.name}")
        return _Submitted(self)

    def over(self, interrupted: bool = False) -> Outcome:
        return Outcome(run=self, folder=None, error=self.error, interrupted=interrupted)

    def resumed(self, changes):
        raise NotImplementedError

    def evaluate(self, settings):
        raise NotImplementedError


class _Submitted:
    def __init__(self, run: _Run):
        self._run, self._left = run, run.steps

    @property
    def waits_for(self) -> Any:
        return self

    def advance(self) -> Outcome | None:
        self._left -= 1
        return None if self._left else self._run.over()

    def show_progress(self) -> None:
        pass

    def stop(self) -> Outcome | None:
        self._run.log.append(f"stop {self._run.name}")
        return self._run.over(interrupted=True) if self._run.stops else None

    def kill(self) -> Outcome:
        self._run.log.append(f"kill {self._run.name}")
        return self._run.over(interrupted=True)


@pytest.fixture(autouse=True)
def ready(monkeypatch):
    """Every submitted run has something to hand over at once."""
    monkeypatch.setattr(on_cluster, "_ready", list)


@pytest.fixture
def log() -> list[str]:
    return []


def _runs(log: list[str], *steps: int, **settings) -> list[_Run]:
    return [
        _Run(experiment="x", label=f"run {i}", steps=count, log=log, **settings)
        for i, count in enumerate(steps)
    ]


def _never() -> bool:
    return False


def test_all_are_submitted_at_once_and_outcomes_come_in_their_order(log):
    runs, ended = _runs(log, 3, 1, 2), []
    outcomes = on_cluster.execute(
        runs, ProgressDisplay(), _never, lambda outcome: ended.append(outcome.run.name)
    )
    assert log == ["submit run 0", "submit run 1", "submit run 2"]
    assert ended == ["run 1", "run 2", "run 0"]
    assert [outcome.run.name for outcome in outcomes] == ["run 0", "run 1", "run 2"]


def test_a_run_that_waits_for_another_is_submitted_after_its_end(log):
    first, second = _runs(log, 2, 1)
    ended: list[str] = []

    def supply():
        yield first
        while "run 0" not in ended:
            yield None
        log.append("the first one has ended")
        yield second

    on_cluster.execute(
        supply(), ProgressDisplay(), _never, lambda outcome: ended.append(outcome.run.name)
    )
    assert log == ["submit run 0", "the first one has ended", "submit run 1"]


def test_an_interrupt_stops_those_under_way_and_submits_no_more(log):
    patient = _Run(experiment="x", label="patient", steps=3, stops=False, log=log)
    idle, never = _runs(log, 9, 1)
    asked = iter([False, True])

    def supply():
        yield patient
        yield idle
        yield None
        yield never

    outcomes = on_cluster.execute(
        supply(), ProgressDisplay(), lambda: next(asked, True), lambda outcome: None
    )
    assert log == ["submit patient", "submit run 0", "stop patient", "stop run 0"]
    assert [outcome.interrupted for outcome in outcomes] == [False, True]


def test_a_run_that_can_never_be_placed_ends_the_others(log):
    (under_way,) = _runs(log, 5)
    impossible = _Run(experiment="x", label="impossible", fits=False, log=log)
    told = []
    with pytest.raises(UsageError, match="impossible does not fit"):
        on_cluster.execute([under_way, impossible], ProgressDisplay(), _never, told.append)
    assert log == ["submit run 0", "kill run 0"]
    assert [outcome.interrupted for outcome in told] == [True]


def test_insisting_on_an_end_kills_those_under_way(log, monkeypatch):
    def insisted(submitted):
        raise KeyboardInterrupt

    monkeypatch.setattr(on_cluster, "_ready", insisted)
    with pytest.raises(KeyboardInterrupt):
        on_cluster.execute(_runs(log, 1, 1), ProgressDisplay(), _never, lambda outcome: None)
    assert log == ["submit run 0", "submit run 1", "kill run 0", "kill run 1"]


def test_without_a_cluster_one_runs_after_another_and_a_failure_stops_none(log):
    runs = _runs(log, 1, 1)
    broken = _Run(experiment="x", label="broken", error=RunError("no"), log=log)
    outcomes = in_process.execute(
        [runs[0], broken, runs[1]], ProgressDisplay(), _never, lambda outcome: None
    )
    assert log == ["execute run 0", "execute broken", "execute run 1"]
    assert [str(outcome.error) for outcome in outcomes] == ["None", "no", "None"]


def test_without_a_cluster_an_interrupt_leaves_the_rest_unstarted(log):
    asked = iter([False, True])
    outcomes = in_process.execute(
        _runs(log, 1, 1, 1), ProgressDisplay(), lambda: next(asked, False), lambda outcome: None
    )
    assert log == ["execute run 0"]
    assert [outcome.interrupted for outcome in outcomes] == [True, True, True]
    assert outcomes[1].in_a_line() == "not started"


def test_a_process_has_one_number_of_threads(log):
    one, two = _runs(log, 1, cpus=1) + _runs(log, 1, cpus=2)
    with pytest.raises(UsageError, match=r"one number of --cpus only, got \[1, 2\]"):
        in_process.execute([one, two], ProgressDisplay(), _never, lambda outcome: None)
    in_process.execute(_runs(log, 1, 1, cpus=2), ProgressDisplay(), _never, lambda outcome: None)


def test_outcomes_in_a_line(tmp_path):
    (run,) = _runs([], 1)
    assert Outcome(run=run, folder=None).in_a_line() == "not started"
    failed = Outcome(run=run, folder=tmp_path, error=RunError("no disk"))
    assert failed.in_a_line() == "failed: no disk"
    stopped = Outcome(run=run, folder=Path("runs/a"), interrupted=True)
    assert stopped.in_a_line() == "interrupted; continue with: python -m launch resume runs/a"
