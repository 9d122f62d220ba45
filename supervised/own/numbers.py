"""How the numbers of a user's table are written, told from all fields of a column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from supervised.datasets.source import some

Form = Literal["comma", "grouped"]
"""Numbers with a decimal comma, whose digits points may group: 1.234,5; or grouped by commas:
1,234.5. All others are as pandas reads them."""

_WRITTEN: Mapping[Form, re.Pattern[str]] = {
    "comma": re.compile(r"[-+]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?"),
    "grouped": re.compile(r"[-+]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d*)?"),
}
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")  # three decimals, or a thousand and more
_AGREED = 0.95  # share of a column's fields that settles how they are written
_NAMED = 8  # columns in a line


@dataclass(frozen=True, kw_only=True)
class Told:
    """How a column is written.

    Attributes:
        form: The likeliest.
        is_certain: Whether the other form cannot be meant.
    """

    form: Form
    is_certain: bool


def told(column: pd.Series) -> Told | None:
    """How a column of text is written; None if as pandas reads numbers, or not as numbers.

    Three digits behind every comma are thousands: numbers with decimals have seldom three in all
    rows, and what is read as a thousandth in some rows only is worse than what is in all.

    Args:
        column: Its fields; missing ones say nothing.
    """
    counts = column.value_counts()  # words that come again need no second look
    fields: Any = counts.index.to_series(index=range(len(counts))).str.strip()
    marked = fields.str.contains(",", regex=False) | (fields.str.count(r"\.") > 1)
    if not marked.any():
        return None
    for form in ("grouped", "comma"):
        fits = fields.str.fullmatch(_WRITTEN[form])
        agreed = counts.to_numpy()[fits].sum() >= _AGREED * counts.sum()
        if agreed and (fits & marked).any():
            either = fields[fits & marked].str.fullmatch(_EITHER).all()
            return Told(form=form, is_certain=not either or _has_points(fields[fits]))
    return None


def are_grouped(column: pd.Series) -> bool:
    """Whether in a table with decimal commas a column of text has points that group digits only."""
    fields: Any = column.dropna().str.strip()
    return _has_points(fields) and bool(fields.str.fullmatch(_WRITTEN["comma"]).all())


def converted(column: pd.Series, form: Form) -> pd.Series:
    """A column of text as numbers; as text, with points for decimals, where some are none."""
    text = column.str.strip()
    fits: Any = text.str.fullmatch(_WRITTEN[form]).fillna(False).astype(bool)
    plain = text.str.replace("." if form == "comma" else ",", "", regex=False)
    plain = plain.str.replace(",", ".", regex=False).where(fits, column)
    found: Any = pd.to_numeric(plain) if fits[column.notna()].all() else plain
    return found


def in_words(forms: Mapping[str, Form]) -> list[str]:
    """How columns are written, in lines."""
    said: dict[Form, str] = {"comma": "decimal commas", "grouped": "commas that group digits"}
    lines = []
    for form, what in said.items():
        if names := [name for name, each in forms.items() if each == form]:
            lines.append(f"numbers with {what}: {some(names, _NAMED)}")
    return lines


def _has_points(fields: pd.Series) -> bool:
    return bool(fields.str.contains(".", regex=False).any())
