"""Progress of runs: a live line for each on a terminal, plain lines elsewhere."""

import os
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column

from launch.terminal.console import say, stderr

PLAIN_SECONDS = 5.0
"""Seconds between two plain lines about one run."""
_WIDE = 130  # columns from which there is room for a bar


@dataclass(kw_only=True)
class _Line:
    """A run under way: how far it was at first, and when it last said something."""

    first: int | None
    began: float
    printed: float
    task: TaskID | None = None

    def rate(self, done: int) -> float:
        """Units of work per second since the line began."""
        first = done if self.first is None else self.first
        return (done - first) / max(time.monotonic() - self.began, 1e-9)


class ProgressDisplay:
    """Shows which runs are under way and how far each is."""

    def __init__(self) -> None:
        """Makes a display without lines; they are drawn while it is entered."""
        console = stderr()
        self._expected = self._ended = 0
        self._lines: dict[str, _Line] = {}
        self._live: Progress | None = None
        if console.is_terminal and os.environ.get("TERM") != "dumb":
            bar = [BarColumn(bar_width=20)] if console.width >= _WIDE else []
            self._live = Progress(
                TextColumn("[bold]{task.description}"),
                *bar,
                TextColumn("{task.percentage:3.0f}%"),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[text]}", table_column=Column(no_wrap=True, ratio=1)),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def expect(self, runs: int) -> None:
        """Notes how many runs are known by now."""
        self._expected = runs

    def begin(self, name: str, done: int | None = None) -> None:
        """Gives a run a line, or a new one where it starts again.

        Args:
            name: The run's name.
            done: Units of work that are done already; None takes those of the first update.
        """
        self._remove(name)
        now = time.monotonic()
        line = self._lines[name] = _Line(first=done, began=now, printed=now)
        if self._live:
            line.task = self._live.add_task(name, total=None, text="starting")

    def rate(self, name: str, done: int) -> float:
        """Units of work per second that a run has done since its line began."""
        return self._lines[name].rate(done)

    def update(self, name: str, done: int, total: int, text: str) -> None:
        """Shows how far a run is; plain lines come every few seconds only."""
        line, now = self._lines[name], time.monotonic()
        if line.first is None:
            line.first = done
        if self._live and line.task is not None:
            self._live.update(line.task, completed=done, total=total or None, text=text)
        elif now - line.printed >= PLAIN_SECONDS:
            line.printed = now
            rate = line.rate(done)
            left = f"  {max(total - done, 0) / rate:.0f} s left" if rate else ""
            say(f"{name}: {done / max(total, 1):.0%}  {text}{left}")

    def say(self, name: str, text: str) -> None:
        """Prints what a run has to tell, with the run's name where there are several."""
        say(f"{name}: {text}" if self._expected > 1 else text)

    def end(self, name: str, text: str = "") -> None:
        """Removes a run's line, and prints what became of the run."""
        self._ended += 1
        self._remove(name)
        count = f"[{self._ended}/{self._expected}] " if self._expected > 1 else ""
        if text:
            say(f"{count}{name}: {text}")

    def _remove(self, name: str) -> None:
        line = self._lines.pop(name, None)
        if self._live and line is not None and line.task is not None:
            self._live.remove_task(line.task)
