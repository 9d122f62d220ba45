"""Progress of several jobs: a live line for each on a terminal, plain lines elsewhere."""

import time
from dataclasses import dataclass

from rich.progress import TaskID, TextColumn

from launch.console import PLAIN_SECONDS, LiveLines, say


@dataclass(kw_only=True)
class _Line:
    began: float
    first: int | None = None
    printed: float = 0.0
    task: TaskID | None = None


class Board(LiveLines):
    """Shows which jobs run and how far they are."""

    def __init__(self) -> None:
        """Makes an empty board."""
        super().__init__(TextColumn("{task.percentage:3.0f}%"))
        self._jobs = 0
        self._over = 0
        self._lines: dict[str, _Line] = {}

    def expect(self, jobs: int) -> None:
        """So many jobs are known by now."""
        self._jobs = jobs

    def begins(self, name: str) -> None:
        """A job runs, maybe for a second time."""
        self._forget(name)
        line = self._lines[name] = _Line(began=time.monotonic(), printed=time.monotonic())
        if self._live:
            line.task = self._live.add_task(name, total=None, text="starting")

    def update(self, name: str, done: int, total: int, text: str) -> None:
        """A job got somewhere; plain lines come every few seconds only."""
        line, now = self._lines[name], time.monotonic()
        if line.first is None:
            line.first = done
        if self._live and line.task is not None:
            self._live.update(line.task, completed=done, total=total or None, text=text)
        elif now - line.printed >= PLAIN_SECONDS:
            line.printed = now
            left = ""
            if done > line.first:
                rate = (done - line.first) / (now - line.began)
                left = f"  {(total - done) / rate:.0f} s left"
            say(f"{name}: {done / max(total, 1):.0%}  {text}{left}")

    def say(self, name: str, line: str) -> None:
        """A job has something to tell."""
        say(f"{name}: {line}" if self._jobs > 1 else line)

    def ends(self, name: str, line: str) -> None:
        """A job is over."""
        self._over += 1
        self._forget(name)
        count = f"[{self._over}/{self._jobs}] " if self._jobs > 1 else ""
        say(f"{count}{name}: {line}")

    def _forget(self, name: str) -> None:
        line = self._lines.pop(name, None)
        if self._live and line is not None and line.task is not None:
            self._live.remove_task(line.task)
