"""How the fields of a text file are laid out: told from its first lines."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from supervised.datasets import headers
from supervised.datasets.source import some

Header = Literal["auto", "yes", "no"]

_HEAD = 200_000  # characters from which a layout is told
_RECORDS = 200
_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
"""Where lines agree on several alike the first: commas beside a semicolon are decimal."""
_SAID = re.compile(r"sep=([\t;|,])\s*\n", re.IGNORECASE)  # to Excel, in a line above


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The layout of a text file.

    Attributes:
        separator: What stands between fields.
        names: Names of the columns, all different.
        header: Whether the first line has them; else they are column_1, column_2, ...
        above: How many lines stand above the first one: empty ones, titles, or what Excel is told.
        repeated: The name that stands in the first line, by that of a column where it comes again.
    """

    separator: str
    names: tuple[str, ...]
    header: bool
    above: int = 0
    repeated: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The layout for a reader."""
        parts = [f"separated by {_SEPARATORS[self.separator]}"] if len(self.names) > 1 else []
        parts.append("names in the first line" if self.header else "no line of names")
        again = [
            f"of which {given!r} comes again: column {place} is called {name!r}"
            for place, name in enumerate(self.names, 1)
            if (given := self.repeated.get(name)) is not None
        ]
        if again:
            parts.append(some(again, 3))
        if self.above:
            parts.append(f"lines above that are left out: {self.above}")
        return ", ".join(parts)


def told(text: str, header: Header) -> Layout:
    """The layout of a text.

    Args:
        text: The file's contents, or their beginning; not empty.
        header: Whether the first line names the columns; `auto` tells it from the fields.
    """
    head, whole = text[:_HEAD], len(text) <= _HEAD
    said = _SAID.match(head)
    separator = said[1] if said else _separator(head, whole)
    above, records = _below_titles(_records(head, separator, whole))
    has_header = headers.has_names(records) if header == "auto" else header == "yes"
    width = max(map(len, records))
    fields = _header(records, width) if has_header else [""] * width
    names = _different(fields)
    given = [field.strip() for field in fields]
    return Layout(
        separator=separator,
        names=names,
        header=has_header,
        above=above,
        repeated={n: g for n, g in zip(names, given, strict=True) if g and n != g},
    )


def _header(records: Sequence[Sequence[str]], width: int) -> list[str]:
    """The names of the columns, "" where there is none.

    A name less than there are fields is that of the first column where all rows have the last one,
    as R writes rows with names; else rows end with a separator.
    """
    first, below = [*records[0]], records[1:]
    if len(first) == width - 1 and all(len(r) == width and r[-1].strip() for r in below):
        return ["", *first]
    return [*first, *[""] * (width - len(first))]


def _below_titles(records: Sequence[tuple[int, list[str]]]) -> tuple[int, list[list[str]]]:
    """The table's own records, and how many lines stand above them.

    What stands above is a record of one field where the others have several, or one that has only
    its first of three or more: a title, or `sep=;`.
    """
    widths = Counter(len(fields) for _, fields in records)
    (width, _), *_ = widths.most_common(1) or [(1, 1)]
    first = 0
    while first < len(records) - 1 and _is_title(records[first][1], width):
        first += 1
    above = records[first][0] if records else 0
    return above, [fields for _, fields in records[first:]] or [[]]


def _is_title(fields: Sequence[str], width: int) -> bool:
    if len(fields) == 1 or fields[0].lower() == "sep=":
        return width > 1
    return width > 2 and bool(fields[0].strip()) and not any(f.strip() for f in fields[1:])


def _records(head: str, separator: str, whole: bool) -> list[tuple[int, list[str]]]:
    """The first records, and how many lines stand above each.

    The last one of a part of a file may be cut, and is left out.
    """
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for above, record in enumerate(reader):
            if any(field.strip() for field in record):
                found.append((above, record))
            if len(found) > _RECORDS:
                break
    except csv.Error:  # told where the whole file is read
        pass
    return found if whole or len(found) <= 1 else found[:-1]


def _separator(head: str, whole: bool) -> str:
    """The separator that the largest share of lines agrees on.

    Below titles first, which may hold any; then in all lines, since what looks like a title may be
    names without the semicolon that stands in a text of each row.
    """
    shares: dict[str, tuple[float, float]] = {}
    for separator in _SEPARATORS:
        records = _records(head, separator, whole)
        shares[separator] = _agreed(_below_titles(records)[1]), _agreed([f for _, f in records])
    best = max(shares, key=lambda separator: shares[separator])
    return best if any(shares[best]) else ","


def _agreed(records: Sequence[Sequence[str]]) -> float:
    """The share of records with equally many fields; 0 where that is one."""
    widths = Counter(map(len, records))
    (width, count), *_ = widths.most_common(1) or [(1, 1)]
    return count / widths.total() if width > 1 else 0.0


def _different(fields: Sequence[str]) -> tuple[str, ...]:
    """Names that are all different: one that is empty is its number, one that repeats has one."""
    found: list[str] = []
    for number, given in enumerate(fields, 1):
        name = given.strip() or f"column_{number}"
        while name in found:
            name = f"{name}_{number}"
        found.append(name)
    return tuple(found)
