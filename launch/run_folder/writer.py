"""The one writer of a run's folder: metrics, files, checkpoints and the result."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, assert_never

from common.errors import RunError
from common.text import reason
from launch.config.execution import CheckpointConfig
from launch.run_folder import result, scores, summaries
from launch.run_folder.checkpoints import Origin
from launch.run_folder.events import (
    Episodes,
    File,
    Graph,
    Histograms,
    Kept,
    Layout,
    Metric,
    Model,
    Picture,
    Record,
    Scalars,
    Table,
)
from launch.run_folder.files import replacing
from launch.run_folder.names import FAILURE
from launch.run_folder.run_result import RunResult
from launch.run_folder.saver import Saver
from launch.run_folder.tracker import Tracker

_NO_CHECKPOINT = {"step": -1, "lengths": {}}


class RunWriter:
    """Writes what a run hands over into its folder.

    Metrics wait until they are committed. So those of an attempt that died can be discarded back
    to its last checkpoint, because the next attempt makes them again.
    """

    def __init__(
        self,
        folder: Path,
        origin: Origin,
        config: CheckpointConfig,
        state: Mapping[str, Any] | None,
        *,
        has_episodes: bool = False,
    ):
        """Opens the run's files.

        Args:
            folder: The run's folder, locked by this process.
            origin: What its checkpoints belong to.
            config: How often checkpoints are written, and how many are kept.
            state: The checkpoint to continue from; None for a new run, and empty for one that
                stopped before its first checkpoint: its metrics begin again.
            has_episodes: Whether it lists its episodes.

        Raises:
            RunError: The files cannot be written.
        """
        files = None if state is None else state.get("files", _NO_CHECKPOINT)
        try:
            self._tracker = Tracker(folder, files, has_episodes=has_episodes)
        except OSError as error:
            raise RunError(f"{folder}: metrics cannot be written: {reason(error)}") from None
        self.folder = folder
        self._settings = origin.run
        self._saver = Saver(folder, config, origin)
        self._waiting: list[Metric | Picture] = []
        self._step = max(0, int(files["step"])) if files else 0  # the newest one committed

    def write(self, event: Metric | File) -> None:
        """Takes a metric, which waits for `commit`, or a file, which is written at once.

        Raises:
            OSError: A file cannot be written.
        """
        match event:
            case Record() | Episodes() | Scalars() | Histograms() | Layout() | Graph():
                self._waiting.append(event)
            case Picture():
                self._waiting.append(event)
                self.write_file(f"{event.name}.png", event.png)
            case Table():
                self.write_file(f"{event.name}.csv", event.csv)
            case Model():
                self.write_file(f"{event.name}.keras", event.contents)
            case Kept():
                self.write_file(event.name, event.contents)
            case _:
                assert_never(event)

    def write_file(self, name: str, contents: bytes) -> None:
        """Writes a file of the run's folder, whole or not at all.

        Raises:
            OSError: It cannot be written.
        """
        with replacing(self.folder / name) as path:
            path.write_bytes(contents)

    def commit(self) -> None:
        """Writes the metrics that wait; while the disk takes nothing, they wait in memory.

        Raises:
            RunError: The run's folder is gone.
        """
        for event in self._waiting:
            match event:
                case Record():
                    self._tracker.record(event.values)
                case Episodes():
                    self._tracker.episodes(event.rows)
                case Scalars():
                    self._step = max(self._step, event.step)
                    self._tracker.summary(event.step, summaries.scalars(event.values))
                case Histograms():
                    self._tracker.summary(event.step, summaries.histograms(event.values))
                case Layout():
                    self._tracker.summary(0, summaries.layout(event.title, event.charts))
                case Graph():
                    self._tracker.graph(event.graph_def)
                case Picture():
                    self._show(event.name, event.png)
                case _:
                    assert_never(event)
        self._waiting.clear()
        self._tracker.hand_over()

    def discard(self) -> None:
        """Forgets the metrics that wait: the attempt that made them died."""
        self._waiting.clear()

    def checkpoint_due(self) -> bool:
        """Whether it is time for the next checkpoint."""
        return self._saver.due()

    def checkpoint_affordable(self) -> bool:
        """Whether a checkpoint out of turn would keep the share of time that they may take."""
        return self._saver.affordable()

    def checkpoint(
        self, step: int, state: Callable[[], Mapping[str, Any]], score: float | None = None
    ) -> bool:
        """Writes a checkpoint, and says whether that worked; older ones stay where it did not.

        Args:
            step: Names and orders the checkpoint.
            state: Gives what it holds.
            score: The evaluation made at this very moment, if there was one.
        """

        def whole() -> Mapping[str, Any]:
            return {**state(), "files": self._tracker.get_state(self._step)}

        return self._saver.save(step, whole, score)

    def flush(self) -> None:
        """Writes everything committed out.

        Raises:
            OSError: The disk takes nothing.
        """
        self._tracker.flush()

    def failure(self, trace: str) -> None:
        """Keeps the traceback of what ended the run.

        Raises:
            OSError: It cannot be written.
        """
        (self.folder / FAILURE).write_text(trace)

    def result(self, found: RunResult) -> None:
        """Writes `result.json`, and for TensorBoard the settings and scores of a finished run.

        Only at its end, after its last checkpoint: a run that goes on with another budget has them
        cut off, and comes to others.

        Raises:
            OSError: It cannot be written.
        """
        if found.status == "finished":
            run = {name: value for name, value in self._settings.items() if name != "ends"}
            self._tracker.summary(self._step, summaries.settings(run, found.wall_seconds))
            self._tracker.summary(self._step, summaries.scalars(scores.of(found)))
            self._tracker.flush()  # a run with a result is not made again
        result.write(self.folder, found)

    def show_pictures(self) -> None:
        """Shows the pictures of the run's folder in TensorBoard.

        Raises:
            OSError: One cannot be read.
        """
        for path in sorted(self.folder.glob("*.png")):
            self._show(path.stem, path.read_bytes())
        self._tracker.hand_over()

    def _show(self, name: str, png: bytes) -> None:
        self._tracker.summary(self._step, summaries.image(name, png))

    def in_place(self) -> bool:
        """Whether the run's folder is still where it was."""
        return self._tracker.in_place()

    def close(self) -> None:
        """Closes the files, with as much in them as the disk takes."""
        self._tracker.close()
