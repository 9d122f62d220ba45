"""Lines on standard error: what is going on, and warnings."""

import functools
import logging

from rich.console import Console


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
