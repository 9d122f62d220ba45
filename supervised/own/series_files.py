"""A user's series, read from a table: their steps, with gaps filled and everything odd counted."""

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows
from supervised.datasets.source import DataError
from supervised.own import columns, files, numbers, periods, written_times
from supervised.own.columns import of
from supervised.own.files import OwnFile
from supervised.own.layout import Header
from supervised.own.periods import Period

_FEW = 0.05  # share of a series' steps that may be missing, or come twice
_STRAY = 0.05  # share of fields that may be no numbers
_TAIL = 200  # lines at the end of a table, among which are remarks

Floats = npt.NDArray[np.float64]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Named:
    """Which columns of a table have what.

    Attributes:
        value: The values.
        time: Their times; "" where the rows are the steps.
        series: Which series each row is of; "" where there is one.
    """

    value: str
    time: str
    series: str

    @property
    def text(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.value, self.time, self.series)))


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series.

    Attributes:
        name: Its name; "" where a table has one.
        start: Number of its first step.
        values: [N] its values; missing ones lie on the line between their neighbours.
        known: [N] whether each was in the file.
    """

    name: str
    start: int
    values: Floats
    known: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """The numbers of its steps [N]."""
        return self.start + np.arange(len(self))

    @property
    def truth(self) -> Floats:
        """Its values [N], NaN where they were missing."""
        return np.where(self.known, self.values, np.nan)


@dataclass(frozen=True, kw_only=True)
class Found:
    """The series of a file.

    Attributes:
        named: Which of its columns have what.
        period: The length of their steps.
    """

    file: OwnFile
    named: Named
    period: Period
    series: tuple[Series, ...]

    def hashes(self) -> list[rows.Hashes]:
        """For each series the hashes [N] of its steps: name, time and value."""
        return [
            rows.of_table(
                each.values[:, None],
                self.period.times(each.steps),
                np.full(len(each), each.name, object),
            )
            for each in self.series
        ]


def columns_of(file: OwnFile, value: str, time: str, series: str) -> Named:
    """The columns that the settings name; that of the times is found, where they name none.

    Raises:
        DataError: There is no such column, one is meant twice, or none has times and one seems to
            have some that cannot be read.
    """
    found = columns.named(value, file.names, "--value")
    of_series = series and columns.named(series, file.names, "--series")
    if time == "rows" and time not in file.names:
        of_times = ""
    elif time:
        of_times = columns.named(time, file.names, "--time")
    else:
        others = [name for name in file.names if name not in (found, of_series)]
        frame = file.frame(others)
        of_times = next((n for n in others if written_times.is_time(of(frame, n))), "")
        for name in others if not of_times else ():
            if unread := written_times.unread_times(of(frame, name)):
                raise DataError(f"{file.path}: column {name!r} {unread}")
    named = Named(value=found, time=of_times, series=of_series)
    if len(set(named.text)) < len(named.text):
        raise DataError("--value, --time and --series must name different columns")
    return named


def read(
    path: Path, header: Header, find: Callable[[OwnFile], Named], say: Say = lambda _: None
) -> Found:
    """Reads the series of a file.

    Args:
        find: Finds its columns.
        say: Is told what was found, and all that is odd.

    Raises:
        DataError: It is no such table, its times are not regular, or too many are missing.
    """
    file, remarks = _without_remarks(files.opened(path, header), header)
    named = find(file)
    say(f"{path.name}: {file.words}")
    frame = file.frame(named.text)
    values = _numbers(of(frame, named.value), file)
    # Remarks below a table have no value: they are no times, either.
    end = int(np.flatnonzero(np.isfinite(values))[-1]) + 1 if np.isfinite(values).any() else 0
    if not end:
        raise DataError(f"{path}: --value {named.value}: the column has no numbers")
    if after := remarks + len(frame) - end:
        say(f"{path.name}: {after:,} lines at the end have no {named.value}: left out")
    frame, values = frame.iloc[:end], values[:end]
    names: npt.NDArray[Any] = np.full(end, "", object)
    if named.series:
        names = columns.to_words(of(frame, named.series))
        if nameless := int((names == "").sum()):
            say(f"{path.name}: {nameless:,} rows have no {named.series}: left out")
    if named.time:
        period, places = periods.told(of(frame, named.time), f"{path}: --time {named.time}")
    else:
        period = periods.OF_ROWS
        places = pd.Series(names).groupby(names).cumcount().to_numpy(np.float64)
    if lost := int(np.isnan(places).sum()):
        which = next(iter(of(frame, named.time)[np.isnan(places)]))
        say(f"{path.name}: {lost:,} rows have no time, such as {str(which)!r}: left out")
    of_some = names != "" if named.series else np.full(end, True)
    kept, odd = _series(path, period, names[of_some], places[of_some], values[of_some])
    for line in odd:
        say(f"{path.name}: {line}")
    what = f"{named.time}: {period.words}" if named.time else "no column of times: the rows"
    say(f"{what}, {_extent(kept, period)}{', in UTC' * ('%z' in period.form)}")
    return Found(file=file, named=named, period=period, series=tuple(kept))


def _without_remarks(file: OwnFile, header: Header) -> tuple[OwnFile, int]:
    """The table without lines at its end that have other numbers of fields; and their number."""
    if file.layout is None:
        return file, 0
    lines = file.data.decode(file.encoding).splitlines(keepends=True)
    records = [
        next(csv.reader([line], delimiter=file.layout.separator), []) for line in lines[-_TAIL:]
    ]
    (width, _), *_ = Counter(len(fields) for fields in records if fields).most_common(1)
    kept = max(place for place, fields in enumerate(records, 1) if len(fields) == width)
    remarks = sum(bool(fields) for fields in records[kept:])
    if not remarks:
        return file, 0
    table = "".join(lines[: len(lines) - len(records) + kept])
    return files.told_of(file.path, file.sha256, table.encode(), header), remarks


def _extent(series: Sequence[Series], period: Period) -> str:
    """How many steps there are, from which to which."""
    ends = np.array(
        [min(each.start for each in series), max(each.steps[-1] for each in series)], np.int64
    )
    first, last = period.labels(ends)
    many = sum(len(each) for each in series)
    of_series = f" of {len(series):,} series" if len(series) > 1 or series[0].name else ""
    return f"{many:,} steps{of_series} from {first} to {last}"


def _numbers(column: pd.Series, file: OwnFile) -> Floats:
    """The values of a column that is read as text, since remarks may stand below it.

    Raises:
        DataError: It has fields that are no numbers.
    """
    form = numbers.told(column)
    found = columns.to_numbers(numbers.converted(column, form.form) if form else column)
    strays: Any = column[np.isnan(found) & column.notna().to_numpy()]
    if len(strays) > max(1, _STRAY * column.notna().sum()):
        raise DataError(
            f"{file.path}: --value {column.name}: {len(strays):,} of {column.notna().sum():,} "
            f"fields are no numbers, such as {str(strays.iloc[0])!r}"
        )
    return found


def _series(
    path: Path, period: Period, names: npt.NDArray[Any], places: Floats, values: Floats
) -> tuple[list[Series], list[str]]:
    """The series of a table with numbers of steps, and what is odd about them."""
    frame: Any = pd.DataFrame({"name": names, "place": places, "value": values}).dropna()
    odd = _twice(path, period, frame)
    found, few, filled = [], [], 0
    for name, part in frame.groupby("name", sort=True):
        by_place: Any = part.groupby("place")["value"].mean()
        steps = by_place.index.to_numpy(np.int64)
        whole = np.arange(steps[0], steps[-1] + 1)
        known = np.isin(whole, steps)
        missing = int((~known).sum())
        if missing > _FEW * len(whole):
            first = period.labels(whole[~known][:1])[0]
            which = f"series {name}: " if name else ""
            few.append(
                f"{which}{missing:,} of {len(whole):,} {period.words} are missing, first {first}"
            )
            continue
        filled += missing
        series = np.interp(whole, steps, by_place.to_numpy())
        found.append(Series(name=str(name), start=int(steps[0]), values=series, known=known))
    if few and not found:
        how = "begin behind the gaps, or bring it to longer steps, such as with pandas' resample"
        raise DataError(f"{path}: {few[0]}, too many to be interpolated: {how}")
    if few:
        odd.append(f"{len(few):,} series are left out, too much is missing: {few[0]}")
    if filled:
        odd.append(f"{filled:,} missing values are interpolated, and never scored")
    return found, odd


def _twice(path: Path, period: Period, frame: Any) -> list[str]:
    """What is to be said of rows of the same time.

    Raises:
        DataError: There are many with different values.
    """
    different = frame.drop_duplicates()
    again = different[different.duplicated(["name", "place"])]
    if again.empty:
        many = len(frame) - len(different)
        return [f"{many:,} rows come twice: taken once"] * bool(many)
    label = period.labels(again["place"].to_numpy(np.int64)[:1])[0]
    said = f"{len(again):,} times come twice with different values, such as {label}"
    if len(again) > _FEW * len(frame):
        how = "if there are several series, name their column with --series"
        raise DataError(f"{path}: {said}: {how}")
    return [f"{said}: their mean is taken"]
