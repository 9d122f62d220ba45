"""Passengers of international airlines by month, 1949 to 1960 (Box and Jenkins 1970)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import dates, finding, tables
from supervised.datasets.source import (
    DataError,
    File,
    Info,
    Loaded,
    RemoteFile,
    read_text,
    refuse_impostor,
)

INFO = Info(
    name="airline",
    title="Airline passengers: 144 months of passengers, in thousands",
    source="https://doi.org/10.1002/9781118619193",
    licence="none stated; a series of Box and Jenkins' book",
    size="2 KB",
    files=(
        RemoteFile(
            name="international-airline-passengers.csv",
            alternatives=(
                *("airline-passengers.csv", "AirPassengers.csv", "flights.csv"),
                *("airline_passengers.csv", "air_passengers.csv", "passengers.csv"),
            ),
        ),
    ),
    how="international-airline-passengers.csv, or seaborn's flights.csv: a month, a number a line",
)

_FORMS = (*dates.FORMS, "%y-%b", "%Y %m", "%d/%m/%y", "%Y%m")
"""How months may be written; the first of these that makes them follow one another is taken."""
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_YEAR_AND_PART = re.compile(r"((?:1[89]|20)\d\d)(\.\d+)?")
_NUMBERED = re.compile(r"\d{1,3}")

Months = npt.NDArray[np.datetime64]
Line = tuple[int, str, list[str]]
"""The number of a line, its month, and the fields behind it."""

_REAL = (144, 112.0, 432.0)  # months, first and last value
_FEWEST = 60  # months: of fewer there is no season to learn


@dataclass(frozen=True, kw_only=True)
class Passengers(Loaded):
    """A monthly series.

    Attributes:
        kind: 144 months, 112 to 432, where real; any other series of the format is a sample; 144
            months where synthetic.
        months: [N] datetime64[M], one after the other.
        values: [N] float64, thousands of passengers.
    """

    name: str = INFO.name
    months: Months
    values: npt.NDArray[np.float64]


def _read(path: File) -> Passengers:
    months, values = read_series(path)
    if len(values) < _FEWEST:
        raise DataError(f"{path}: has {len(values)} months, expected {_FEWEST} or more")
    real = (len(values), values[0], values[-1]) == _REAL
    said = f"{len(values)} months from {months[0]} on, not the published 144"
    return Passengers(kind="sample", months=months, values=values).judged(real, said)


def read_series(path: File) -> tuple[Months, npt.NDArray[np.float64]]:
    """Reads months and positive numbers; a header before and remarks after them are left out.

    Fields are apart by commas, semicolons or tabs. A month may be written as in 1949-01, Jan-49,
    01/01/1949 or 1949.083, or with its year in a field of its own; before it may be a number of
    the row.

    Returns:
        Months [N], datetime64[M], and values [N].

    Raises:
        DataError: It cannot be read, a month is missing, or a number is missing or not positive.
    """
    refuse_impostor(path)
    text = read_text(path)
    rows = tables.records(path, text, text[:200])
    split = [(number, *_month_and_rest(row)) for number, row in enumerate(rows, 1) if row]
    months, lines = _series(split)
    if not len(months):
        raise DataError(
            f"{path}: has no line such as 1949-01,112; expected months and numbers, apart by commas"
        )
    gaps = np.flatnonzero(np.diff(months) != np.timedelta64(1, "M"))
    if len(gaps):
        raise DataError(f"{path}: {months[gaps[0]]} is followed by {months[gaps[0] + 1]}")
    return months, np.array([_value(rows[n - 1], rest, f"{path}: line {n}") for n, rest in lines])


def _month_and_rest(row: list[str]) -> tuple[str, list[str]]:
    """What a row says of its month, and the fields behind it."""
    row = [field.strip() for field in row]
    if len(row) > 2 and _NUMBERED.fullmatch(row[0] or "0"):
        row = row[1:]
    if len(row) > 2 and _YEAR.fullmatch(row[0]):
        return f"{row[0]} {row[1]}", row[2:]
    if part := _YEAR_AND_PART.fullmatch(row[0]):
        return f"{part[1]}-{round(12 * float(part[2] or 0)) + 1:02d}", row[1:]
    return row[0], row[1:]


def _series(split: Sequence[Line]) -> tuple[Months, list[tuple[int, list[str]]]]:
    """The months of lines, and the number and the rest of each line that has one.

    They are read in the way of writing in which they follow one another, else in that in which most
    can be read.
    """
    best: tuple[Months, list[tuple[int, list[str]]]] = (np.array([], "datetime64[M]"), [])
    written = pd.Series([text for _, text, _ in split], dtype=str)
    for form in _FORMS:
        found = dates.parsed(written, form)
        months = found.dropna().to_numpy("datetime64[M]")
        known = zip(split, found.notna(), strict=True)
        lines = [(number, rest) for (number, _, rest), is_month in known if is_month]
        if len(months) > 1 and np.all(np.diff(months) == np.timedelta64(1, "M")):
            return months, lines
        if len(months) > len(best[0]):
            best = (months, lines)
    return best


def _value(row: list[str], rest: list[str], where: str) -> float:
    try:
        value = float(rest[0])
    except (IndexError, ValueError):
        raise DataError(f"{where} is {','.join(row)[:40]!r}; expected a month, a number") from None
    if not 0 < value < np.inf:
        raise DataError(f"{where}: {value:g} is not a positive number")
    return value


def synthetic(rng: np.random.Generator, *, months: int = 144) -> Passengers:
    """Generates a series that grows by a tenth a year, as do its summer peaks, with noise."""
    time = np.arange(months)
    season = 0.2 * np.sin(2 * np.pi * (time - 3) / 12) + 0.06 * np.sin(4 * np.pi * time / 12)
    level = np.log(110) + np.log(1.1) * time / 12
    return Passengers(
        kind="synthetic",
        months=np.datetime64("1949-01", "M") + time,
        values=np.exp(level + season + rng.normal(0, 0.03, months)).round(),
    )


load = finding.loader(INFO, read=_read, synthetic=synthetic)
