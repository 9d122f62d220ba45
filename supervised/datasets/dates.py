"""Dates in the columns of a table: their forms, and what they are as times."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

_AGREED = 0.95  # share of a column's fields that settles its form
_DAYS = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y%m%d"),
    *("%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d.%m.%y", "%m/%d/%y", "%b-%y", "%Y-%m"),
    *("%b %Y", "%B %Y", "%b-%Y", "%Y %b", "%Y-%b", "%Y %B", "%Y/%m", "%m/%Y", "%d-%b-%y"),
    *("%B %d, %Y", "%d %B %Y"),
)
_TIMES = (
    *("", " %H:%M:%S", "T%H:%M:%S", " %H:%M", "T%H:%M", " %H:%M:%S.%f", "T%H:%M:%S%z"),
    *("T%H:%M:%S.%f", " %H:%M:%S%z", "T%H:%M:%S.%f%z", " %I:%M %p", " %I:%M:%S %p"),
)
FORMS = tuple(day + time for time in _TIMES for day in _DAYS)
"""All forms of dates and times, as `strptime` has them, the likeliest first."""
_LOOKED_AT = 1_000  # fields by which the form is told
_LAST_OF_TWO_DIGITS = 2029  # years such as 49 are those before 2030: 1949


def read(column: pd.Series, form: str) -> pd.Series:
    """A column as times without a zone, NaT for what is none.

    Args:
        column: Its fields; they may all have another form, where only one fits them.
        form: The form that dates are expected to have.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        found: Any = column
    else:
        found = parsed(column.astype(str), form_like(column.dropna(), form))
    return found.dt.tz_localize(None) if found.dt.tz is not None else found


def form_of(known: pd.Series) -> str | None:
    """The form of dates that most of a column's fields have; None where they are no dates."""
    return next(forms_of(known), None)


def forms_of(known: pd.Series) -> Iterator[str]:
    """All forms of dates that most of a column's fields have."""
    if pd.api.types.is_datetime64_any_dtype(known):
        yield "%Y-%m-%d"
        return
    fields = _looked_at(known)
    if not fields.str.contains(r"\d", regex=True).all():
        return
    for form in FORMS:
        if parsed(fields, form).notna().mean() >= _AGREED:
            yield form


def two_forms_of(known: pd.Series) -> str:
    """That a column has dates of two forms, with a field of each; "" if not so.

    It is so where nearly all fields have one of the two, and not nearly all have the same one.
    """
    if pd.api.types.is_datetime64_any_dtype(known) or known.empty:
        return ""
    fields = _looked_at(known)
    if fields.str.contains(r"\d", regex=True).mean() < _AGREED:  # words, told at once
        return ""
    first = _in_commonest_form(fields)
    if not first.any():
        return ""
    rest: Any = fields[~first]
    second = _in_commonest_form(rest)
    both = (first.sum() + second.sum()) / len(fields)
    if first.mean() >= _AGREED or both < _AGREED or not second.any():
        return ""
    ones: Any = fields[first]
    one, other = ones.iloc[0], rest[second].iloc[0]
    return f"dates of two forms, such as {one!r} and {other!r}"


def odd_one(known: pd.Series) -> str:
    """A field that has not the form of dates that most have, for a message."""
    fields = _looked_at(known)
    others: Any = fields[~_in_commonest_form(fields)]
    return (fields if others.empty else others).iloc[0]


def _in_commonest_form(fields: pd.Series) -> pd.Series:
    """Which fields have the form of dates that most of them have."""
    best = pd.Series(False, fields.index)
    for form in FORMS:
        found = parsed(fields, form).notna()
        if found.sum() > best.sum():
            best = found
    return best


def form_like(known: pd.Series, form: str) -> str:
    """The form of a column's dates: that expected, or the only other one that most fields have.

    Two others, as of 01/02/2013, may mean different days: then the dates are not read.
    """
    if known.empty or pd.api.types.is_datetime64_any_dtype(known):
        return form
    if parsed(_looked_at(known), form).notna().mean() >= _AGREED:
        return form
    others = [*forms_of(known)]
    return others[0] if len(others) == 1 else form


def _looked_at(known: pd.Series) -> pd.Series:
    return known.iloc[:: max(1, len(known) // _LOOKED_AT)].astype(str)


def parsed(fields: pd.Series, form: str) -> Any:
    """Fields as times [N], NaT for those that have not this form."""
    found: Any = pd.to_datetime(fields, format=form, errors="coerce", utc="%z" in form)
    if "%y" not in form:
        return found
    return found.mask(found.dt.year > _LAST_OF_TWO_DIGITS, found - pd.DateOffset(years=100))
