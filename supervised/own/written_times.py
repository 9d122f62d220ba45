"""How the times of a series are written: which columns have them, and what they are then."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import dates
from supervised.own import columns

FEWEST = 3
"""Times of which a period can be told."""
QUARTERS = "%YQ%q"
"""The form of quarters, which `strftime` has not."""
_AGREED = 0.95  # share of a column's fields that settles what it is
_QUARTER = re.compile(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[-/ ]?(\d{4}))", re.IGNORECASE)
_WEEK = re.compile(r"^(\d{4})-?W(\d{2})$", re.IGNORECASE)
_ISO_WEEKS = "%G-W%V"
_LIKE_A_TIME = re.compile(r"\d[-./ ]\d|\d:\d|\b(?:1[5-9]|2[01])\d\d\b")
_SINCE_1970 = {10: "s", 13: "ms"}
"""Digits of times since 1970, from 2001 to 2286, and their unit."""
_BEGINNINGS = {"1": "01", "2": "04", "3": "07", "4": "10"}
"""The first month of each quarter."""
_LOOKED_AT = 1_000  # fields in which times that cannot be read are looked for


def is_time(column: pd.Series) -> bool:
    """Whether a column, as text, has dates: then it may be the times of a series."""
    known = column.dropna()
    if known.empty or known.nunique() < FEWEST:
        return False
    if _as_quarters(known) is not None or _as_weeks(known) is not None or _year_column(known):
        return True
    if _unit_since_1970(known):
        return True
    is_text = np.isnan(columns.to_numbers(known)).mean() > 0.5 or _compact(known)
    return bool(is_text) and dates.form_of(known) is not None


def unread_times(column: pd.Series) -> str:
    """That a column, as text, seems to have times that cannot be read, and the ways out; or ""."""
    known = column.dropna()
    if known.empty or np.isnan(columns.to_numbers(known)).mean() <= 1 - _AGREED:
        return ""
    found = dates.two_forms_of(known)
    every = known.iloc[:_LOOKED_AT]
    if (
        not found
        and every.str.contains(_LIKE_A_TIME).mean() >= _AGREED
        and every.nunique() > len(every) / 2
    ):
        found = f"what looks like times of a form that is not known, such as {every.iloc[0]!r}"
    way_out = "write them as 2024-02-29 13:00, or --time rows takes the rows as the steps"
    return found and f"has {found}: {way_out}"


def _year_column(known: pd.Series) -> bool:
    """Whether whole numbers are years that follow one another."""
    numbers = columns.to_numbers(known)
    if np.isnan(numbers).mean() > 1 - _AGREED:
        return False
    years = np.unique(numbers[~np.isnan(numbers)])
    whole = np.array_equal(years, np.floor(years))
    return whole and 1500 <= years[0] <= years[-1] <= 2200 and bool((np.diff(years) == 1).all())


def readings(column: pd.Series) -> Iterator[tuple[str, Any]]:
    """The forms in which times can be read, and what they are then: numbers, or dates."""
    known = column.dropna()
    if known.empty:
        return
    for form, found in ((QUARTERS, _as_quarters(column)), (_ISO_WEEKS, _as_weeks(column))):
        if found is not None:
            yield form, found
            return
    numbers = columns.to_numbers(column)
    if np.isnan(numbers[column.notna()]).mean() <= 1 - _AGREED:
        if _compact(known):
            form = "%Y%m" if known.str.len().median() == 6 else "%Y%m%d"
            yield form, pd.to_datetime(column, format=form, errors="coerce").to_numpy()
        if unit := _unit_since_1970(known):
            yield "%Y-%m-%d %H:%M:%S", pd.to_datetime(numbers, unit=unit).to_numpy()
        yield "", numbers
        return
    for form in dates.forms_of(known):
        yield form, dates.read(column, form).to_numpy()


def _compact(known: pd.Series) -> bool:
    """Whether numbers are dates without signs between, such as 20240229 or 202402."""
    return bool(known.str.fullmatch(r"(1[89]|20)\d\d[01]\d([0-3]\d)?").mean() >= _AGREED)


def _as_quarters(column: pd.Series) -> Any:
    found = column.str.strip().str.extract(_QUARTER)
    year, quarter = (found[i].fillna(found[j]) for i, j in ((0, 3), (1, 2)))
    if year.notna().sum() < _AGREED * column.notna().sum():
        return None
    found = pd.to_datetime(year + "-" + quarter.map(_BEGINNINGS), format="%Y-%m", errors="coerce")
    return found.to_numpy()


def _as_weeks(column: pd.Series) -> Any:
    """The Mondays of weeks such as 2024-W09; None where they are none."""
    found = column.str.strip().str.extract(_WEEK)
    if found[0].notna().sum() < _AGREED * column.notna().sum():
        return None
    mondays = found[0] + "-" + found[1] + "-1"
    return pd.to_datetime(mondays, format="%G-%V-%u", errors="coerce").to_numpy()


def _unit_since_1970(known: pd.Series) -> str:
    """The unit of whole numbers that are times since 1970 in equal steps; "" of others."""
    unit = _SINCE_1970.get(int(known.str.len().median()), "")
    if not unit or not known.str.fullmatch(r"\d+").all():
        return ""
    steps = np.diff(np.unique(columns.to_numbers(known)))
    equal = len(steps) > 1 and np.mean(steps == commonest(steps)) >= _AGREED
    return unit if equal else ""


def commonest(steps: npt.NDArray[Any]) -> float:
    """The commonest length of steps; of several the shortest."""
    counts = Counter(steps.tolist())
    return float(max(counts, key=lambda step: (counts[step], -step)))
