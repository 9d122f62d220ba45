"""Lines for a terminal of any width, and for a pipe."""

import textwrap
from collections.abc import Iterable, Iterator

from rich.text import Text

from launch.terminal.blocks import WIDTH, beside
from launch.terminal.console import stdout

NARROW = WIDTH
"""Columns of lines that go to a file or a pipe."""
_WIDEST = 132  # columns: longer lines are hard to follow
_LABEL = 10  # columns of the word before a paragraph


def columns() -> int:
    """How many columns lines may have."""
    console = stdout()
    return max(NARROW, min(console.width, _WIDEST)) if console.is_terminal else NARROW


def show(lines: Iterable[str | Text]) -> None:
    """Prints lines as they are; colours only reach a terminal."""
    console = stdout()
    for line in lines:
        console.print(line, soft_wrap=True)


def labelled(label: str, text: str) -> Iterator[str]:
    """A paragraph beside a word, its lines one below the other; nothing if there is no text."""
    if text:
        yield from beside(f"{label:<{_LABEL}}", text, columns())


def paragraphs(text: str) -> Iterator[str]:
    """A docstring's paragraphs, filled, with an empty line between two."""
    for number, part in enumerate(text.split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(" ".join(part.split()), columns(), break_on_hyphens=False)
