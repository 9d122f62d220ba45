"""Progress of runs: which are under way, and how far each is."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from launch.terminal import console, views
from launch.terminal.blocks import WIDTH
from launch.terminal.console import emit, say
from launch.terminal.run_line import RunLine
from launch.terminal.typed import tensorboard


class ProgressDisplay:
    """Shows which runs are under way and how far each is."""

    def __init__(self, *, tells_ends: bool = True, left: Callable[[], int] | None = None) -> None:
        """Makes a display without lines; they are drawn while it is entered.

        Args:
            tells_ends: Whether what became of each run is told in a line.
            left: How many runs are under way or may still come; None where those that are expected
                all do.
        """
        self._left = left
        self._tells_ends = tells_ends
        self._expected = self._ended = 0
        self._lines: dict[str, RunLine] = {}
        self._view = views.chosen()

    def __enter__(self) -> Self:
        self._view.start(self._lines)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._view.stop()

    @property
    def is_for_one(self) -> bool:
        """Whether only one run is known, so that what is told needs no name."""
        return self._expected <= 1

    def expect(self, runs: int) -> None:
        """Notes how many runs are known by now, unless more were known before."""
        self._expected = max(self._expected, runs)

    def begin(self, name: str, done: int | None = None) -> None:
        """Gives a run a line, or a new one where it starts again.

        Args:
            name: The run's name.
            done: Units of work that are done already; None takes those of the first update.
        """
        line = self._lines[name] = RunLine(name=name)
        if done is not None:
            line.advance(done)
        self._view.begin(line)

    def activity(self, name: str, activity: str) -> None:
        """Shows what a run does until its next update, such as "compiling"."""
        if name not in self._lines:
            self.begin(name)
        line = self._lines[name]
        if line.activity != activity:
            line.enter(activity)
            self._view.activity(line, self._told(name, activity))

    def update(
        self,
        name: str,
        done: int,
        total: int,
        text: str = "",
        *,
        unit: str = "",
        values: Mapping[str, float] | None = None,
    ) -> None:
        """Shows how far a run is; plain lines come every few seconds only.

        Args:
            name: The run's name.
            done: Units of work that are done.
            total: Units of work that there are.
            text: What it is doing: pieces between two blanks, the most important first.
            unit: What a unit of work is, where its speed is worth a word.
            values: What it measures, by name, in the order of importance.
        """
        line = self._lines[name]
        line.total, line.unit, line.text, line.values = total, unit, text, values or {}
        line.advance(done)
        self._view.update(line)

    def folder(self, name: str, folder: Path) -> None:
        """Says where a run writes, and how to watch it; of several runs the end says that."""
        emit("folder", run=name, folder=str(folder))
        if self.is_for_one and console.style() == "lines":
            say(f"run folder  {folder}")
            say(f"watch it    {tensorboard(folder)}")

    def say(self, name: str, text: str) -> None:
        """Prints what a run has to tell, with the run's name where there are several."""
        say(self._told(name, text))

    def end(self, name: str, text: str = "") -> None:
        """Removes a run's line, and prints what became of the run."""
        # Whoever counts what is left has not been told yet that this run is over.
        total = self._expected if self._left is None else self._ended + self._left()
        self._ended += 1
        self._lines.pop(name, None)
        count = "" if self.is_for_one else f"[{self._ended}/{total}] "
        if text and self._tells_ends:
            told = f"{count}{name}: {text}"
            scores, _, rest = told.partition("  ")  # a terminal would break it anywhere
            say(f"{scores}\n    {rest}" if rest and len(told) > WIDTH else told)

    def _told(self, name: str, text: str) -> str:
        return text if self.is_for_one else f"{name}: {text}"
