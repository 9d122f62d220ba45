"""Lines for a terminal of any width, and for a pipe."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from launch.terminal.blocks import WIDTH, beside
from launch.terminal.console import stdout

if TYPE_CHECKING:
    import pandas as pd

NARROW = WIDTH
"""Columns of lines that go to a file or a pipe."""
_WIDEST = 132  # columns: longer lines are hard to follow
_LABEL = 10  # columns of the word before a paragraph
_SHORTEST = 8  # columns to which a text is cut at most


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
        yield from beside(f"{label:<{_LABEL - 1}} ", text, columns())


def rows(table: "pd.DataFrame", first: Sequence[str]) -> str:
    """A table of numbers and texts; on a terminal its texts are cut so that each row has one line.

    Args:
        table: The table.
        first: Names of the columns whose texts are cut first, such as titles. Others are only if
            that is not enough.
    """
    console = stdout()
    if console.is_terminal:
        texts = [n for n in map(str, table) if any(isinstance(each, str) for each in table[n])]
        for names in ([n for n in texts if n in first], texts):
            table = _cut(table, names, console.width)
    return _as_text(table)


def _cut(table: "pd.DataFrame", names: Sequence[str], room: int) -> "pd.DataFrame":
    """The table with the texts of these columns cut at the one width at which all rows fit."""
    whole = max(map(cell_len, _as_text(table).splitlines()))
    longest = {name: max(map(cell_len, (name, *table[name].map(str)))) for name in names}
    others = whole - sum(longest.values())

    def taken(width: int) -> int:
        """Columns of a row, if texts are cut at a width; names of columns stay whole."""
        return others + sum(max(min(each, width), cell_len(n)) for n, each in longest.items())

    width = max(longest.values(), default=0)
    while width > _SHORTEST and taken(width) > room:
        width -= 1
    return table.assign(**{n: [_beginning(each, width) for each in table[n]] for n in names})


def _beginning(text: object, width: int) -> object:
    """As much of a text as has room; an ellipsis says where it was cut. What is none stays."""
    if not isinstance(text, str) or cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def _as_text(table: "pd.DataFrame") -> str:
    import pandas as pd  # slow to import

    with pd.option_context("display.unicode.east_asian_width", True):
        return table.to_string(index=False, float_format=lambda value: f"{value:.4g}")


def paragraphs(text: str) -> Iterator[str]:
    """A docstring's paragraphs, filled, with an empty line between two."""
    for number, part in enumerate(text.split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(" ".join(part.split()), columns(), break_on_hyphens=False)
