"""The period of a series: told from its times, which it turns into numbers of steps and back."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets.source import DataError
from supervised.own import written_times as written

Unit = Literal["month", "second", "business day", "number", "row"]

_HOUR, _DAY = 3_600, 86_400
_NAMES = {7 * _DAY: "week", _DAY: "day", _HOUR: "hour", 60: "minute"}
_WEEKS = 52  # in a year, of which the last day or two are left over
_MOST_IN_A_DAY = 96  # steps of a season that is a day; of shorter ones an hour is the season
_NEAR = 0.05  # of a step: numbers such as 1949.083 are rounded
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
        if self.form == written.QUARTERS:
            return [f"{date.year}Q{date.quarter}" for date in dates]
        return dates.strftime(self.form.replace("%z", "+0000")).tolist()

    def _parts_of_a_year(self) -> float:
        """Steps of a year where numbers are years with decimals; else 1."""
        of_year = 1500 <= float(self.start) <= 2200 and 0.01 < self.length < 0.9
        return 1 / self.length if of_year and abs(1 / self.length % 1 - 0.5) > 0.4 else 1.0


OF_ROWS = Period(unit="row", length=1.0, start="1")
"""The period of a series without times: its rows are the steps 1, 2, ..."""


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
    for form, times in written.readings(column):
        known = times[pd.notna(times)]
        unique = np.unique(known)
        if len(unique) < written.FEWEST:
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
    if unread := written.unread_times(column):
        raise DataError(f"{flag}: {unread}")
    such = [f", but such as {str(field)!r}" for field in column.dropna()[:1]]
    raise DataError(f"{flag}: has no dates of one form and no numbers{''.join(such)}")


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
    usual = written.commonest(seconds)
    since = np.asarray((unique - unique[0]) / pd.Timedelta(seconds=usual))
    regular = np.allclose(since, np.rint(since), atol=1e-9)
    if regular and usual == _DAY and (unique.weekday < 5).all() and seconds.max() > _DAY:
        return Period(unit="business day", length=1, start=start, form=form)
    if regular or seconds.min() < 28 * _DAY:
        return Period(unit="second", length=usual, start=start, form=form)
    months = _months(unique)
    length = written.commonest(np.diff(months))
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
