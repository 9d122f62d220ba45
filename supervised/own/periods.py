"""The period of a series: told from its times, which it turns into numbers of steps and back."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets.source import DataError
from supervised.own import columns
from supervised.own import dates as forms

Unit = Literal["month", "second", "business day", "number", "row"]

_AGREED = 0.95  # share of a column's fields that settles what it is
_FEWEST = 3  # times of which a period can be told
_HOUR, _DAY = 3_600, 86_400
_NAMES = {7 * _DAY: "week", _DAY: "day", _HOUR: "hour", 60: "minute"}
_WEEKS = 52  # in a year, of which the last day or two are left over
_MOST_IN_A_DAY = 96  # steps of a season that is a day; of shorter ones an hour is the season
_LOOKED_AT = 1_000  # fields in which times that cannot be read are looked for
_NEAR = 0.05  # of a step: numbers such as 1949.083 are rounded
_QUARTER = re.compile(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[-/ ]?(\d{4}))", re.IGNORECASE)
_QUARTERS = "%YQ%q"
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
_ISO_WEEKS = "%G-W%V"
_LIKE_A_TIME = re.compile(r"\d[-./ ]\d|\d:\d|\b(?:1[5-9]|2[01])\d\d\b")
_SINCE_1970 = {10: "s", 13: "ms"}
"""Digits of times since 1970, from 2001 to 2286, and their unit."""
_BEGINNINGS = {"1": "01", "2": "04", "3": "07", "4": "10"}
"""The first month of each quarter."""
_REGULAR = (
    "bring them to equal steps first, such as with pandas' resample; or --time rows takes the rows "
    "as the steps"
)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Period:
    """Steps of equal length.

    Attributes:
        unit: What the length is counted in.
        length: Months, seconds, business days or numbers of a step.
        start: The time of step 0: a number, or a date and time as in ISO 8601.
        form: How times are written, as `strftime` has it; "" of numbers.
        month_end: Whether the times of months are their last days.
    """

    unit: Unit
    length: float
    start: str
    form: str = ""
    month_end: bool = False

    @property
    def season(self) -> int:
        """Steps of the usual season: a day, a week or a year; 1 where there is none."""
        if self.unit == "business day":
            return 5
        if self.unit in ("month", "number"):
            year = 12 / self.length if self.unit == "month" else self._parts_of_a_year()
            return max(1, round(year)) if np.isclose(year, round(year)) else 1
        if self.unit == "row":
            return 1
        if self.length >= _DAY:
            return {_DAY: 7, 7 * _DAY: _WEEKS}.get(round(self.length), 1)
        of_day, of_hour = _DAY / self.length, _HOUR / self.length
        return round(of_day) if of_day <= _MOST_IN_A_DAY else max(1, round(of_hour))

    @property
    def words(self) -> str:
        """The length of a step for a reader."""
        if self.unit == "month":
            return {1: "months", 3: "quarters", 12: "years"}.get(
                int(self.length), f"steps of {self.length:g} months"
            )
        if self.unit == "second":
            for seconds, name in _NAMES.items():
                if self.length % seconds == 0:
                    many = round(self.length / seconds)
                    return f"{name}s" if many == 1 else f"steps of {many} {name}s"
            return f"steps of {self.length:g} s"
        if self.unit == "business day":
            return "business days"
        return "rows as steps" if self.unit == "row" else f"steps of {self.length:.4g}"

    def places(self, times: Any) -> npt.NDArray[np.float64]:
        """The numbers of steps [N] of times; parts of a step where a time is none of the steps."""
        if self.unit in ("number", "row"):
            return (np.asarray(times, np.float64) - float(self.start)) / self.length
        start, times = pd.Timestamp(self.start), pd.DatetimeIndex(times)
        if self.unit == "month":
            return (_months(times) - _months(pd.DatetimeIndex([start]))[0]) / self.length
        if self.unit == "business day":
            days = times.to_numpy("datetime64[D]")
            whole = np.busday_count(start.to_numpy().astype("datetime64[D]"), days)
            return np.where(np.is_busday(days), whole, whole + 0.5)
        return np.asarray((times - start) / pd.Timedelta(seconds=self.length), np.float64)

    def times(self, steps: Numbers) -> npt.NDArray[Any]:
        """The times [N] of steps: numbers, or datetime64[us]."""
        if self.unit in ("number", "row"):
            return float(self.start) + self.length * steps
        start = pd.Timestamp(self.start).to_numpy().astype("datetime64[us]")
        if self.unit == "second":
            return start + (self.length * 1e6 * steps).astype("timedelta64[us]")
        day = start.astype("datetime64[D]")
        if self.unit == "business day":
            return np.busday_offset(day, steps) + (start - day)
        months = start.astype("datetime64[M]") + (self.length * steps).astype(np.int64)
        last = (months + 1).astype("datetime64[D]") - 1
        same = months.astype("datetime64[D]") + (day - start.astype("datetime64[M]"))
        return (last if self.month_end else np.minimum(same, last)) + (start - day)

    def labels(self, steps: Numbers) -> list[str]:
        """How the times of steps are written, as in the file."""
        times = self.times(steps)
        if self.unit in ("number", "row"):
            digits = 1 - int(np.floor(np.log10(self.length))) if self.length % 1 else 0
            return [f"{time:.{max(digits, 0)}f}" for time in times]
        dates = pd.DatetimeIndex(times)
        if self.form == _QUARTERS:
            return [f"{date.year}Q{date.quarter}" for date in dates]
        return dates.strftime(self.form.replace("%z", "+0000")).tolist()

    def _parts_of_a_year(self) -> float:
        """Steps of a year where numbers are years with decimals; else 1."""
        of_year = 1500 <= float(self.start) <= 2200 and 0.01 < self.length < 0.9
        return 1 / self.length if of_year and abs(1 / self.length % 1 - 0.5) > 0.4 else 1.0


def of_rows() -> Period:
    """The period of a series without times: its rows are the steps 1, 2, ..."""
    return Period(unit="row", length=1.0, start="1")


def told(column: pd.Series, flag: str) -> tuple[Period, npt.NDArray[np.float64]]:
    """The period of a column of times, and the number of each row's step; NaN where it has none.

    Of several forms that fit, as of 01/02/1949, that is taken in which the times are regular.

    Args:
        column: The times of all series of a table, as text.
        flag: What a user names the column with, for messages.

    Raises:
        DataError: They are no times, or not regular.
    """
    fault: DataError | None = None
    found: list[tuple[Period, npt.NDArray[np.float64]]] = []
    for form, times in _readings(column):
        known = times[pd.notna(times)]
        unique = np.unique(known)
        if len(unique) < _FEWEST:
            raise DataError(f"{flag}: has {len(unique)} different times, too few for a series")
        period = _of_numbers(unique) if form == "" else _of_times(pd.DatetimeIndex(unique), form)
        places = np.full(len(column), np.nan)
        places[pd.notna(times)] = period.places(known)
        stray = np.abs(places - np.rint(places)) > _NEAR
        if not stray.any():
            found.append((period, np.rint(places)))
        elif fault is None:
            fault = DataError(
                f"{flag}: the times are not regular: most come in {period.words}, and "
                f"{str(next(iter(column[stray])))!r} is none of them: {_REGULAR}"
            )
    if found:
        return min(found, key=lambda each: np.nanmax(each[1]))  # the fewest gaps
    if fault is not None:
        raise fault
    if unread := unread_times(column):
        raise DataError(f"{flag}: {unread}")
    such = [f", but such as {str(field)!r}" for field in column.dropna()[:1]]
    raise DataError(f"{flag}: has no dates of one form and no numbers{''.join(such)}")


def is_time(column: pd.Series) -> bool:
    """Whether a column, as text, has dates: then it may be the times of a series."""
    known = column.dropna()
    if known.empty or known.nunique() < _FEWEST:
        return False
    if _as_quarters(known) is not None or _as_weeks(known) is not None or _year_column(known):
        return True
    if _unit_since_1970(known):
        return True
    is_text = np.isnan(columns.to_numbers(known)).mean() > 0.5 or _compact(known)
    return bool(is_text) and forms.form_of(known) is not None


def unread_times(column: pd.Series) -> str:
    """That a column, as text, seems to have times that cannot be read, and the ways out; or ""."""
    known = column.dropna()
    if known.empty or np.isnan(columns.to_numbers(known)).mean() <= 1 - _AGREED:
        return ""
    found = forms.two_forms_of(known)
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


def _readings(column: pd.Series) -> Iterator[tuple[str, Any]]:
    """The forms in which times can be read, and what they are then: numbers, or dates."""
    known = column.dropna()
    if known.empty:
        return
    for form, found in ((_QUARTERS, _as_quarters(column)), (_ISO_WEEKS, _as_weeks(column))):
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
    for form in forms.forms_of(known):
        yield form, forms.read(column, form).to_numpy()


def _compact(known: pd.Series) -> bool:
    """Whether numbers are dates without signs between, such as 20240229 or 202402."""
    return bool(known.str.fullmatch(r"(1[89]|20)\d\d[01]\d([0-3]\d)?").mean() >= _AGREED)


def _as_quarters(column: pd.Series) -> Any:
    found = column.str.strip().str.extract(_QUARTER)
    year, quarter = (found[i].fillna(found[j]) for i, j in ((0, 3), (1, 2)))
    if year.notna().sum() < _AGREED * column.notna().sum():
        return None
    dates = pd.to_datetime(year + "-" + quarter.map(_BEGINNINGS), format="%Y-%m", errors="coerce")
    return dates.to_numpy()


def _as_weeks(column: pd.Series) -> Any:
    """The Mondays of weeks such as 2024-W09; None where they are none."""
    found = column.str.strip().str.extract(rf"^{_WEEK.pattern}$", flags=re.IGNORECASE)
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
    equal = len(steps) > 1 and np.mean(steps == _commonest(steps)) >= _AGREED
    return unit if equal else ""


def _of_numbers(unique: npt.NDArray[np.float64]) -> Period:
    steps = np.diff(unique)
    usual = float(np.median(steps))
    near = steps[np.abs(steps - usual) <= _NEAR * usual]
    length = round(usual) if abs(usual - round(usual)) < 1e-9 else float(near.mean())
    if length % 1 != 0 and abs(12 * length - 1) < _NEAR:
        length = 1 / 12  # months in years with decimals, which are rounded
    return Period(unit="number", length=length, start=f"{unique[0]:.15g}")


def _of_times(unique: pd.DatetimeIndex, form: str) -> Period:
    """The period in which the times, or most of them, follow one another."""
    start = pd.Timestamp(unique.to_numpy()[0]).isoformat()
    seconds = np.diff(unique.to_numpy()) / np.timedelta64(1, "s")
    usual = _commonest(seconds)
    since = np.asarray((unique - unique[0]) / pd.Timedelta(seconds=usual))
    regular = np.allclose(since, np.rint(since), atol=1e-9)
    if regular and usual == _DAY and (unique.weekday < 5).all() and seconds.max() > _DAY:
        return Period(unit="business day", length=1, start=start, form=form)
    if regular or seconds.min() < 28 * _DAY:
        return Period(unit="second", length=usual, start=start, form=form)
    months = _months(unique)
    length = _commonest(np.diff(months))
    # Their days may be 31, 28, 31: the last ones. A series of 28ths is none of last days.
    return Period(
        unit="month",
        length=length,
        start=start,
        form=form,
        month_end=bool(unique.is_month_end.all()),
    )


def _months(times: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
    return np.asarray(12 * times.year + times.month, np.float64)


def _commonest(steps: npt.NDArray[Any]) -> float:
    counts = Counter(steps.tolist())
    return float(max(counts, key=lambda step: (counts[step], -step)))
