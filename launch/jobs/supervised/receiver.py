"""Receives the events of a supervised job: shows its progress, and keeps the rest in its folder."""

import logging
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, assert_never

from common.errors import Diverged, RunError, UsageError
from common.text import reason, with_kind
from launch.config.execution import CheckpointConfig
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.jobs import own_code
from launch.run_folder import location
from launch.run_folder.events import (
    Activity,
    Began,
    Checkpoint,
    DataLoaded,
    Ended,
    Episodes,
    Event,
    Graph,
    Histograms,
    Kept,
    Layout,
    Model,
    Picture,
    Progressed,
    Record,
    Said,
    Scalars,
    Table,
)
from launch.run_folder.lock import held
from launch.run_folder.names import resume_hint, traceback_hint
from launch.run_folder.run_result import Status, SupervisedRunResult
from launch.run_folder.saver import newest_state, origin
from launch.run_folder.score_comparison import Comparison
from launch.run_folder.writer import RunWriter
from launch.scheduler.run import Outcome, Run
from launch.terminal.progress import ProgressDisplay
from supervised.core.job import InputError
from supervised.core.sharing.group import ResultLost
from supervised.datasets.source import DataError

_LOG = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _State:
    """What a checkpoint of a job holds, beside the lengths of its metric files.

    Attributes:
        phases: The state of each phase, by name.
        data: The kind of each data set, by name.
        files: The SHA-256 of each of them that is a user's own file, by name.
        number: Checkpoints that the job has sent.
        seconds: Wall seconds of the attempts before this one.
    """

    phases: dict[str, Any] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    number: int = 0
    seconds: float = 0.0


class EventReceiver:
    """Takes the events of one job. A new run's folder is made with the first event to be kept.

    Metrics become visible with the checkpoint after them: those of an attempt that died before it
    are dropped, and made again by the next attempt.
    """

    def __init__(self, run: Run, config: SupervisedConfig, display: ProgressDisplay):
        """Opens the folder of a run to be continued.

        Args:
            run: The run.
            config: Its config.
            display: Shows its progress.

        Raises:
            UsageError: The run cannot be continued.
            RunError: Its folder cannot be written.
        """
        self._run, self._config, self._display = run, config, display
        self._origin = origin(run.experiment, config)
        self._restarts = 0
        self._began: float | None = None  # when the first attempt of this process started
        self._state = _State()
        self._writer: RunWriter | None = None
        self._at_the_end = ExitStack()
        if run.folder is not None:
            self._at_the_end.enter_context(held(run.folder))
            self._open(run.folder, newest_state(run.folder, self._origin) or {})

    @property
    def has_begun(self) -> bool:
        """Whether the job has started."""
        return self._began is not None

    def restored(self) -> dict[str, Any]:
        """The state that an attempt continues from; empty before the first checkpoint."""
        state = self._state
        return {name: dict(getattr(state, name)) for name in ("phases", "data", "files")}

    def take(self, event: Event) -> None:
        """Shows an event or keeps it.

        Raises:
            UsageError: The run's folder cannot be made.
            RunError: It cannot be written.
            OSError: A file in it cannot be written.
        """
        name = self._run.name
        match event:
            case Began():
                self._begin()
            case Said():
                self._display.say(name, event.text)
            case Progressed():
                self._display.update(name, event.done, event.total, event.text)
            case Activity():
                self._display.activity(name, event.text)
            case DataLoaded():
                self._folder_writer()
                self._state.data[event.name] = event.kind
                if event.sha256:
                    self._state.files[event.name] = event.sha256
            case Checkpoint():
                self._checkpoint(event)
            case Ended():
                self._end(event)
            case (
                Record()
                | Episodes()
                | Scalars()
                | Histograms()
                | Layout()
                | Graph()
                | Picture()
                | Table()
                | Model()
                | Kept()
            ):
                self._folder_writer().write(event)
            case _:
                assert_never(event)

    def count_restart(self) -> None:
        """Notes that the job's process died, and that the job starts again."""
        self._restarts += 1

    def close(self, error: Exception | None = None, interrupted: bool = False) -> Outcome:
        """Writes down how the job ended where it came to no end of its own; closes its folder."""
        folder = self._writer.folder if self._writer else None
        if self._writer is not None and (error is not None or interrupted):
            trace = getattr(error, "trace", "")
            self._stop(self._writer, "failed" if error is not None else "interrupted", trace)
            if isinstance(error, RunError):
                traced = traceback_hint(self._writer.folder) * bool(trace)
                error = RunError(f"{error}{traced}{resume_hint(self._writer.folder)}")
        elif isinstance(error, RunError) and error.trace:
            error = RunError(f"{error}{own_code.place(error.trace)}")
        self._at_the_end.close()
        return Outcome(run=self._run, folder=folder, error=error, interrupted=interrupted)

    def _folder_writer(self) -> RunWriter:
        """The writer of the run's folder, which is made where there is none yet."""
        if self._writer is None:
            run = self._run
            folder = location.new(run.experiment, self._config, run.arguments)
            return self._open(self._at_the_end.enter_context(folder), None)
        return self._writer

    def _open(self, folder: Path, state: Mapping[str, Any] | None) -> RunWriter:
        self._display.folder(self._run.name, folder)
        self._writer = RunWriter(folder, self._origin, CheckpointConfig(), state)
        self._at_the_end.callback(self._writer.close)
        if state:
            parts = ("phases", "data", "files", "number", "seconds")
            self._state = _State(**{name: state[name] for name in parts})
        return self._writer

    def _begin(self) -> None:
        """An attempt starts: what the one before it measured since its last checkpoint is gone."""
        self._began = self._began or time.monotonic()
        self._display.begin(self._run.name)
        if self._writer is not None:
            self._writer.discard()

    def _checkpoint(self, event: Checkpoint) -> None:
        """Keeps a phase's state, and writes it down as often as its cost allows.

        Raises:
            RunError: The run's folder is gone.
        """
        writer = self._folder_writer()
        self._state.phases[event.phase] = event.state
        self._state.number += 1
        writer.commit()
        if writer.checkpoint_affordable() or self._state.number == 1:
            self._save(writer)

    def _save(self, writer: RunWriter) -> bool:
        def state() -> Mapping[str, Any]:
            return {**vars(self._state), "seconds": self._seconds()}

        return writer.checkpoint(self._state.number, state)

    def _seconds(self) -> float:
        """Wall seconds of all attempts so far."""
        now = time.monotonic()
        return self._state.seconds + now - (self._began or now)

    def _end(self, event: Ended) -> None:
        writer = self._folder_writer()
        writer.commit()
        writer.result(self._result("finished", event))

    def _stop(self, writer: RunWriter, status: Status, trace: str) -> None:
        """Keeps where the job could go on, and why it did not."""
        try:
            if self._state.number:
                self._save(writer)
            if trace:
                writer.failure(trace)
            writer.result(self._result(status, None))
        except OSError as error:
            _LOG.warning("%s: %s", writer.folder, reason(error))

    def _result(self, status: Status, event: Ended | None) -> SupervisedRunResult:
        found = event.result if event else {}
        metrics = dict(found.get("metrics", {}))
        claim = catalog.claim(self._run.experiment, self._config)
        metric = found.get("metric") or claim.metric
        kinds = sorted(set(self._state.data.values()))
        compared = Comparison.of(
            claim,
            metric=metric,
            baseline=found.get("baseline"),
            optimum=found.get("optimum"),
            ours=metrics.get(metric),
            same_thing=kinds == ["real"],
        )
        return SupervisedRunResult(
            experiment=self._run.experiment,
            seed=self._config.seed,
            status=status,
            wall_seconds=round(self._seconds(), 3),
            restarts=self._restarts,
            claim=replace(compared, **_beside(found, metric)) if found else compared,
            notes=tuple(found.get("notes", ())),
            fingerprint=event.fingerprint if event else None,
            data="+".join(kinds),
            data_sets=dict(self._state.data),
            data_files=dict(self._state.files),
            peak_memory_mb=round(event.peak_memory_mb, 1) if event else None,
            metrics=metrics,
            validation=dict(found.get("validation", {})),
        )


def _beside(found: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """What a job's result has beside its score: controls of that metric, and the test's size."""
    scored = {words: f"{name}_{metric}" for name, words in found.get("controls", {}).items()}
    metrics = found.get("metrics", {})
    return {
        "controls": {words: metrics[key] for words, key in scored.items() if key in metrics},
        "test_rows": found.get("test_rows"),
        "sampling_error": found.get("sampling_errors", {}).get(metric),
    }


def explained(error: BaseException, trace: str) -> Exception:
    """What a job raised, as the error that a user is shown.

    Args:
        error: What was raised.
        trace: Its traceback; empty where we raised it, as when a file cannot be written.
    """
    match error:
        case UsageError() | RunError():
            return error
        case DataError() | InputError():
            return UsageError(str(error))
        case Diverged():
            return RunError(f"{error}; the same settings repeat this: try a smaller step")
        case ResultLost():
            return RunError(str(error))
        case OSError() if not trace:
            return RunError(f"the results cannot be written: {reason(error)}")
        case _:
            return RunError(with_kind(error), trace)
