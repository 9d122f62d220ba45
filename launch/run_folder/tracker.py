"""Metrics of a run: one `metrics.jsonl` and one TensorBoard series, both resumable to the byte."""

import logging
import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog  # pyright: ignore
from tensorboard.compat.proto.summary_pb2 import Summary  # pyright: ignore
from tensorboard.summary.writer.record_writer import RecordWriter

from common import jsons
from common.errors import RunError
from common.text import reason
from launch.run_folder.names import EPISODES, EVENTS, METRICS

_HEADER = b"env,episode,return,length,env_step\n"
_LOG = logging.getLogger(__name__)


class _Log:
    """A file that is only appended to; what the disk refuses waits in memory for the next flush."""

    def __init__(self, path: Path):
        self._path, self.name = path, path.name
        self._file = open(path, "ab", buffering=0)
        self._pending = bytearray()

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written to it."""
        return not self._pending and not os.fstat(self._file.fileno()).st_size

    def write(self, data: bytes) -> None:
        """Appends, at the next flush."""
        self._pending += data

    def flush(self) -> None:
        """Hands everything to the operating system."""
        while self._pending:
            written = self._file.write(self._pending)
            del self._pending[:written]

    def sync(self) -> int:
        """Makes everything durable; returns the file's length in bytes."""
        self.flush()
        os.fsync(self._file.fileno())
        return os.fstat(self._file.fileno()).st_size

    def in_place(self) -> bool:
        """Whether the file still lies where it was opened."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        self._file.close()


class Tracker:
    """Writes records to `metrics.jsonl`, episodes to `episodes.csv` and the rest for TensorBoard.

    The event file is written record by record through TensorBoard's own record writer, not through
    `tf.summary`: a table needs no TensorFlow, and a file of known length can be cut back to the
    moment of a checkpoint. While the disk refuses them, metrics wait in memory.
    """

    def __init__(
        self, folder: Path, resume: Mapping[str, Any] | None = None, *, has_episodes: bool = False
    ):
        """Opens the files.

        Args:
            folder: The run's folder.
            resume: What `get_state` gave at the checkpoint; everything later is cut off.
            has_episodes: Whether there is an `episodes.csv`: supervised runs have none.

        Raises:
            OSError: They cannot be written.
        """
        self._folder = folder
        self._waiting = False  # for a disk that takes nothing
        if resume is not None:
            _cut_back(folder, resume["lengths"])
        self._jsonl = _Log(folder / METRICS)
        self._events = _Log(_event_path(folder))
        self._logs = [self._jsonl, self._events]
        if has_episodes:
            self._episodes = _Log(folder / EPISODES)
            self._logs.append(self._episodes)
            if self._episodes.empty:
                self._episodes.write(_HEADER)
        self._writer = RecordWriter(self._events)
        self._write_event(Event(file_version="brain.Event:2"))
        if resume is not None:
            start = SessionLog(status=SessionLog.START)
            self._write_event(Event(step=int(resume["step"]) + 1, session_log=start))

    def record(self, values: Mapping[str, Any]) -> None:
        """Appends one JSON object to `metrics.jsonl`."""
        self._jsonl.write(jsons.dumps(values).encode() + b"\n")

    def episodes(self, rows: Iterable[Sequence[float]]) -> None:
        """Appends lines to `episodes.csv`, which begins with the names of its columns."""
        lines = (",".join(map(str, row)) + "\n" for row in rows)
        self._episodes.write("".join(lines).encode())

    def summary(self, step: int, summary: Summary) -> None:
        """Adds to TensorBoard's series what `summaries.py` makes of values."""
        self._write_event(Event(step=step, summary=summary))

    def graph(self, graph_def: bytes) -> None:
        """Shows a serialized TensorFlow graph."""
        self._write_event(Event(graph_def=graph_def))

    def flush(self) -> None:
        """Hands everything written so far to the operating system, for readers beside the run.

        Raises:
            OSError: It takes no more; nothing is lost, the next flush tries again.
        """
        for log in self._logs:
            log.flush()

    def hand_over(self) -> None:
        """Writes everything out; while the disk takes nothing, it waits and training goes on.

        Raises:
            RunError: The folder is gone: nothing of this run can be kept any more.
        """
        if not self.in_place():
            raise RunError(f"{self._folder} was deleted or moved under the run")
        try:
            self.flush()
        except OSError as error:
            if not self._waiting:
                _LOG.warning(
                    "%s: metrics cannot be written (%s): they wait in memory, training goes on",
                    *(self._folder, reason(error)),
                )
            self._waiting = True
        else:
            if self._waiting:
                _LOG.warning("%s: metrics are written again, none is missing", self._folder)
            self._waiting = False

    def in_place(self) -> bool:
        """Whether the run's folder is still where it was."""
        return self._jsonl.in_place()

    def get_state(self, step: int) -> dict[str, Any]:
        """The files' lengths now, for a checkpoint at `step`.

        Raises:
            OSError: A checkpoint must not outlive the metrics it counts on, and they cannot be
                made durable.
        """
        own = {log.name: log.sync() for log in self._logs}
        older = {path.name: path.stat().st_size for path in _files(self._folder)}
        return {"step": step, "lengths": {**older, **own}}

    def close(self) -> None:
        """Closes the files, with as much in them as the disk takes."""
        with suppress(OSError):
            self.flush()
        for log in self._logs:
            log.close()

    def _write_event(self, event: Event) -> None:
        event.wall_time = time.time()
        self._writer.write(event.SerializeToString())


def _cut_back(folder: Path, lengths: Mapping[str, int]) -> None:
    """Cuts the files back to their lengths at a checkpoint, and says where one is too short."""
    for path in _files(folder):
        length = lengths.get(path.name, 0)
        if not length:
            path.unlink()
        elif path.stat().st_size > length:
            os.truncate(path, length)
    for name, length in lengths.items():
        found = (folder / name).stat().st_size if (folder / name).exists() else 0
        if found < length:
            _LOG.warning(
                "%s holds %d of the %d bytes it had at the checkpoint: its series have a gap",
                *(folder / name, found, length),
            )
            if name in (METRICS, EPISODES) and found:
                whole = (folder / name).read_bytes().rfind(b"\n") + 1
                os.truncate(folder / name, whole)


def _files(folder: Path) -> list[Path]:
    return [*folder.glob(METRICS), *folder.glob(EPISODES), *folder.glob(EVENTS + "*")]


def _event_path(folder: Path) -> Path:
    """A new event file that TensorBoard reads after every older one of the folder."""
    older = [int(path.name.split(".")[3]) for path in folder.glob(EVENTS + "*")]
    second = max([int(time.time()), *(second + 1 for second in older)])
    return folder / f"{EVENTS}{second}.{socket.gethostname()}.{os.getpid()}"
