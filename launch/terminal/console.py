"""What the person at the terminal is told: lines, or JSON for a program that reads along."""

import functools
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from rich.console import Console

T = TypeVar("T")
Style = Literal["lines", "quiet", "json"]
"""How much is told: lines on standard error; warnings and errors only; or events as JSON, an
object a line, on standard output."""


@dataclass
class _Voice:
    style: Style = "lines"


_voice = _Voice()


@contextmanager
def speaking(style: Style) -> Iterator[None]:
    """Has this process tell what is going on in a style, inside the context."""
    before, _voice.style = _voice.style, style
    try:
        yield
    finally:
        _voice.style = before


def style() -> Style:
    """How this process tells what is going on."""
    return _voice.style


@functools.cache
def stderr() -> Console:
    """The one console for progress and warnings, so that lines land above a live one."""
    return Console(stderr=True, highlight=False)


class _Screen(Console):
    """A console that leaves it to the command line what a reader that has gone means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def stdout() -> Console:
    """A console for what a command was asked for."""
    return _Screen(highlight=False, markup=False, emoji=False)


def waited_for(what: str, things: Iterator[T]) -> Iterator[T]:
    """The things, with a sign of life while somebody waits for the next one."""
    while True:
        with stderr().status(what):
            each = next(things, None)
        if each is None:
            return
        yield each  # when the sign of life has left the line that this one goes to


def say(line: str) -> None:
    """Tells the person at the terminal what is going on."""
    if _voice.style == "lines":
        _print(line)
    else:
        emit("said", text=line)


def emit(event: str, **values: Any) -> None:
    """Tells a program what is going on; does nothing unless that is the style.

    Args:
        event: What kind of event it is.
        values: Further fields of the JSON object.
    """
    if _voice.style != "json":
        return
    try:
        print(json.dumps({"event": event, **values}), flush=True)
    except BrokenPipeError:  # such as `| head`: the run goes on, and nobody is told
        _voice.style = "quiet"
        drop_output()


def drop_output() -> None:
    """Has standard output go nowhere, also Python's last flush, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class WarningLines(logging.Handler):
    """Shows each warning as one line, in every style."""

    def emit(self, record: logging.LogRecord) -> None:
        _print(f"{record.levelname.lower()}: {' '.join(self.format(record).split())}")


def _print(line: str) -> None:
    stderr().print(line, markup=False, emoji=False, soft_wrap=True)
