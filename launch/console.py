"""What a person sees while a job runs: one live line on a terminal, plain lines elsewhere."""

import functools
import logging
import os
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column

PLAIN_SECONDS = 5.0
"""Between two plain lines about the same job."""
_WIDE = 130  # columns from which there is room for a bar


@functools.cache
def stderr() -> Console:
    """The one console for progress and warnings, so that lines land above a live one."""
    return Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """Tells the person at the terminal what is going on."""
    stderr().print(line, markup=False, emoji=False, soft_wrap=True)


class WarningLines(logging.Handler):
    """Shows each warning as one line."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{record.levelname.lower()}: {' '.join(self.format(record).split())}")


class LiveLines:
    """Lines that are redrawn on a terminal while this is entered; none elsewhere."""

    def __init__(self, done: ProgressColumn):
        """Makes the lines.

        Args:
            done: The column that says how much is done.
        """
        console = stderr()
        self._live: Progress | None = None
        if console.is_terminal and os.environ.get("TERM") != "dumb":
            bar = [BarColumn(bar_width=20)] if console.width >= _WIDE else []
            self._live = Progress(
                TextColumn("[bold]{task.description}"),
                *bar,
                done,
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


class ProgressLine(LiveLines):
    """Progress towards a budget of environment steps."""

    def __init__(self, experiment: str, env_steps: int, done: int):
        """Starts the line.

        Args:
            experiment: Shown in front.
            env_steps: The budget.
            done: Steps that a resumed run starts from.
        """
        super().__init__(MofNCompleteColumn())
        self._experiment, self._total, self._first = experiment, env_steps, done
        self._started = self._printed = time.monotonic()
        if self._live:
            self._task = self._live.add_task(experiment, total=env_steps, completed=done, text="")

    def update(
        self,
        env_steps: int,
        updates: int,
        mean_return: float | None,
        exploration: Mapping[str, float],
        dropped: int,
    ) -> None:
        """Shows where the run stands; plain lines come every few seconds only."""
        now = time.monotonic()
        rate = (env_steps - self._first) / max(now - self._started, 1e-9)
        last = "-" if mean_return is None else f"{mean_return:.4g}"
        settings = "".join(f"{name} {value:.3f}  " for name, value in exploration.items())
        text = f"return {last}  {settings}{rate:,.0f} steps/s  {updates:,} updates"
        if dropped:
            text += f"  {dropped:,} episodes dropped"
        if self._live:
            self._live.update(self._task, completed=env_steps, text=text)
        elif now - self._printed >= PLAIN_SECONDS:
            self._printed = now
            left = max(self._total - env_steps, 0) / max(rate, 1e-9)
            self.say(
                f"{self._experiment}: {env_steps:,}/{self._total:,} env steps  {text}  "
                f"{left:.0f} s left"
            )

    def say(self, line: str) -> None:
        """Prints a line above the live one."""
        say(line)
