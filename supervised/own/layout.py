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
"""The likeliest in the end first: where all lines agree on a semicolon, commas are decimal."""
_AGREED = 0.95  # share of lines with equally many fields that settles a separator
_GROUPED = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The layout of a text file.

    Attributes:
        separator: What stands between fields.
        names: Names of the columns, all different.
        header: Whether the first line has them; else they are column_1, column_2, ...
        repeated: The name that stands in the first line, by that of a column where it comes again.
        decimal: The sign before the decimals.
        thousands: The sign that groups digits, or None.
    """

    separator: str
    names: tuple[str, ...]
    header: bool
    repeated: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    thousands: str | None = None

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
        if self.decimal == ",":
            parts.append("decimal commas")
        return ", ".join(parts)


def told(text: str, header: Header) -> Layout:
    """The layout of a text.

    Args:
        text: The file's contents, or their beginning; not empty.
        header: Whether the first line names the columns; `auto` tells it from the fields.
    """
    head = text[:_HEAD]
    separator = _separator(head, whole=len(text) <= _HEAD)
    records = _records(head, separator, whole=len(text) <= _HEAD)
    has_header = headers.has_names(records) if header == "auto" else header == "yes"
    width = max(map(len, records))
    fields = [*records[0], *[""] * (width - len(records[0]))] if has_header else [""] * width
    below = records[1:] if has_header else records
    comma = separator != "," and _decimal_comma(below)
    grouped = comma and any(_GROUPED.fullmatch(f.strip()) for record in below for f in record)
    names = _different(fields)
    given = [field.strip() for field in fields]
    return Layout(
        separator=separator,
        names=names,
        header=has_header,
        repeated={n: g for n, g in zip(names, given, strict=True) if g and n != g},
        decimal="," if comma else ".",
        thousands="." if grouped else None,
    )


def _records(head: str, separator: str, whole: bool) -> list[list[str]]:
    """The first records; the last one of a part of a file may be cut, and is left out."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=separator, skipinitialspace=True)
    found: list[list[str]] = []
    try:
        for record in reader:
            if any(field.strip() for field in record):
                found.append(record)
            if len(found) > _RECORDS:
                break
    except csv.Error:  # told where the whole file is read
        pass
    return found if whole or len(found) <= 1 else found[:-1]


def _separator(head: str, whole: bool) -> str:
    shares: dict[str, float] = {}
    for separator in _SEPARATORS:
        widths = Counter(map(len, _records(head, separator, whole)))
        (width, count), *_ = widths.most_common(1) or [(1, 1)]
        shares[separator] = count / widths.total() if width > 1 else 0.0
        if shares[separator] >= _AGREED:
            return separator
    best = max(shares, key=lambda separator: shares[separator])
    return best if shares[best] else ","


def _decimal_comma(records: Sequence[Sequence[str]]) -> bool:
    fields = [field.strip() for record in records for field in record]
    commas = sum(bool(headers.COMMA.fullmatch(field)) for field in fields)
    points = sum("." in field and bool(headers.POINT.fullmatch(field)) for field in fields)
    return commas > points


def _different(fields: Sequence[str]) -> tuple[str, ...]:
    """Names that are all different: one that is empty is its number, one that repeats has one."""
    found: list[str] = []
    for number, given in enumerate(fields, 1):
        name = given.strip() or f"column_{number}"
        while name in found:
            name = f"{name}_{number}"
        found.append(name)
    return tuple(found)
