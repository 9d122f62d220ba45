"""Where a supervised job's messages arrive: its folder, its checkpoints, its line on the board."""

import time
from contextlib import ExitStack
from typing import Any

from common.errors import Diverged, RunError, UsageError
from common.text import one_line, reason
from launch import checkpoints, run_folder, saving
from launch.configs import SupervisedConfig
from launch.errors import way_out
from launch.reporting import summaries
from launch.scheduling.board import Board
from launch.scheduling.planned import JobOutcome, Planned
from launch.supervising.recording import Recording
from supervised.core.job import InputError
from supervised.core.sharing.group import ResultLost
from supervised.datasets.source import DataError


class Desk:
    """Keeps one job's messages. A new run's folder is made when there is something to keep."""

    def __init__(self, planned: Planned, config: SupervisedConfig, board: Board):
        """Opens the folder of a run to be continued.

        Args:
            planned: The run.
            config: Its config.
            board: Shows its progress.

        Raises:
            UsageError: The run cannot be continued.
            RunError: Its folder cannot be written.
        """
        self._planned, self._config, self._board = planned, config, board
        self._at_the_end = ExitStack()
        self._recording: Recording | None = None
        self._began: float | None = None  # when the job first started
        if planned.folder is not None:
            self._at_the_end.enter_context(run_folder.held(planned.folder))
            origin = saving.origin(planned.experiment, config)
            try:
                state = checkpoints.load_newest(planned.folder / run_folder.CHECKPOINTS, origin)
            except checkpoints.CheckpointError as error:
                raise UsageError(f"{error}; start a new run") from None
            self._record(planned.folder, state or {})

    @property
    def begun(self) -> bool:
        """Whether the job has started."""
        return self._began is not None

    def restored(self) -> dict[str, Any]:
        """What the job continues from."""
        return self._recording.restored() if self._recording is not None else {}

    def take(self, kind: str, arguments: tuple[Any, ...]) -> None:
        """Keeps a message.

        Raises:
            UsageError: The run's folder cannot be made.
            RunError: It cannot be written.
            OSError: Something else cannot be written.
        """
        name = self._planned.name
        if kind == "begins":
            self._began = self._began or time.monotonic()
            self._board.begins(name)
            if self._recording is not None:
                self._recording.begins(self._began)
        elif kind == "say":
            self._board.say(name, *arguments)
        elif kind == "progress":
            self._board.update(name, *arguments)
        else:
            getattr(self._kept(), kind)(*arguments)

    def lost(self) -> None:
        """The job's process died, and it starts again."""
        if self._recording is not None:
            self._recording.retries += 1

    def close(self, error: Exception | None, interrupted: bool = False) -> JobOutcome:
        """The job is over: says so, and leaves its folder."""
        recording, planned = self._recording, self._planned
        if recording is not None and (error is not None or interrupted):
            status = "failed" if error is not None else "interrupted"
            recording.stopped(status, getattr(error, "trace", ""))
            if isinstance(error, RunError):
                failure = recording.folder / run_folder.FAILURE
                traced = f" (traceback in {failure})" * bool(error.trace)
                error = RunError(f"{error}{traced}{way_out(recording.folder)}")
        self._at_the_end.close()
        folder = recording.folder if recording is not None else None
        outcome = JobOutcome(planned=planned, folder=folder, error=error, interrupted=interrupted)
        self._board.ends(planned.name, summaries.line(outcome))
        return outcome

    def _kept(self) -> Recording:
        """The run's folder."""
        if self._recording is None:
            folder = run_folder.new(self._planned.experiment, self._config, self._planned.arguments)
            self._record(self._at_the_end.enter_context(folder), None)
            assert self._recording is not None
            self._recording.begins(self._began or time.monotonic())
        return self._recording

    def _record(self, folder: Any, state: dict[str, Any] | None) -> None:
        self._recording = Recording(self._planned.experiment, self._config, folder, state)
        self._at_the_end.callback(self._recording.close)


def explained(error: BaseException, trace: str) -> Exception:
    """What a job raised, as the error that a user is shown.

    Args:
        error: What was raised.
        trace: Its traceback; empty where we raised it, as when a file cannot be written.
    """
    if isinstance(error, UsageError | RunError):
        return error
    if isinstance(error, DataError | InputError):
        return UsageError(str(error))
    if isinstance(error, Diverged):
        return RunError(f"{error}; the same settings repeat this: try a smaller step")
    if isinstance(error, ResultLost):
        return RunError(str(error))
    if isinstance(error, OSError) and not trace:
        return RunError(f"the results cannot be written: {reason(error)}")
    return RunError(f"{type(error).__name__}: {one_line(error)}", trace)
