"""Names and what belongs to them, in a block of lines."""

import textwrap
from collections.abc import Iterable

WIDTH = 80
"""Columns that what is printed for people keeps to."""


def block(title: str, rows: Iterable[tuple[str, str]], width: int = WIDTH) -> list[str]:
    """A title and rows of a name and a text, the texts below each other.

    Args:
        title: The first line.
        rows: Names and texts; one without a text is left out.
        width: Columns; a longer text goes on below itself, but nothing is cut.
    """
    told = [(name, text) for name, text in rows if text]
    indent = max((len(name) for name, _ in told), default=0) + 4
    lines = [title]
    for name, text in told:
        lines += beside(f"  {name}".ljust(indent), text, width)
    return lines


def beside(first: str, text: str, width: int = WIDTH) -> list[str]:
    """The lines of a text beside what stands first, below each other; no word is broken."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
