"""Passengers of international airlines by month, 1949 to 1960 (Box and Jenkins 1970)."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.text import reason
from supervised.datasets import finding
from supervised.datasets.source import (
    DataError,
    DataKind,
    Info,
    RemoteFile,
    Source,
    read_bytes,
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
            alternatives=("airline-passengers.csv", "AirPassengers.csv"),
        ),
    ),
    sample=None,
    how="the file international-airline-passengers.csv: month and passengers on each line",
)

_REAL = (144, 112.0, 432.0)  # months, first and last value
_FEWEST = 60  # months: of fewer there is no season to learn


@dataclass(frozen=True, kw_only=True)
class Passengers:
    """A monthly series.

    Attributes:
        name: Name of the set.
        kind: 144 months, 112 to 432, where real; any other series of the format is a sample; 144
            months where synthetic.
        months: [N] datetime64[M], one after the other.
        values: [N] float64, thousands of passengers.
    """

    name: str = INFO.name
    kind: DataKind
    months: npt.NDArray[np.datetime64]
    values: npt.NDArray[np.float64]


def load(source: Source, *, seed: int = 0) -> Passengers:
    """Loads the series as the source wants it; `seed` is that of the generated one.

    Raises:
        DataError: It is missing, or the file is not in the published format.
    """
    return finding.load(
        INFO,
        source,
        read=_read,
        synthetic=lambda: synthetic(np.random.default_rng(seed)),
    )


def _read(paths: tuple[Path, ...]) -> Passengers:
    (path,) = paths
    months, values = read_series(path)
    if len(values) < _FEWEST:
        raise DataError(f"{path}: has {len(values)} months, expected {_FEWEST} or more")
    real = (len(values), values[0], values[-1]) == _REAL
    return Passengers(kind="real" if real else "sample", months=months, values=values)


def read_series(
    path: Path,
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.float64]]:
    """Reads months and positive numbers; a header before and remarks after them are left out.

    Returns:
        Months [N] and values [N].

    Raises:
        DataError: It cannot be read, a month is missing, or a number is missing or not positive.
    """
    try:
        rows = list(csv.reader(io.StringIO(read_bytes(path).decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: expected a CSV file ({reason(error)})") from None
    months, values = [], []
    for number, row in enumerate(rows, 1):
        month = _month(row[0]) if row else None
        if month is None:
            continue
        months.append(month)
        values.append(_value(row, f"{path}: line {number}"))
    if not months:
        raise DataError(
            f"{path}: has no line such as 1949-01,112; expected months and numbers, apart by commas"
        )
    found = np.array(months, "datetime64[M]")
    gaps = np.flatnonzero(np.diff(found) != np.timedelta64(1, "M"))
    if len(gaps):
        raise DataError(f"{path}: {found[gaps[0]]} is followed by {found[gaps[0] + 1]}")
    return found, np.array(values)


def _month(text: str) -> np.datetime64 | None:
    try:
        stamp: Any = pd.Timestamp(text.strip()) if text[:4].isdecimal() else None
        return None if stamp is None else np.datetime64(stamp, "M")
    except ValueError:
        return None


def _value(row: list[str], where: str) -> float:
    try:
        value = float(row[1])
    except (IndexError, ValueError):
        raise DataError(f"{where} is {','.join(row)[:40]!r}; expected a month, a number") from None
    if not 0 < value < np.inf:
        raise DataError(f"{where}: {value:g} is not a positive number")
    return value


def synthetic(rng: np.random.Generator, *, months: int = 144) -> Passengers:
    """Generates a series that grows by a tenth a year, as do its summer peaks, with noise.

    Args:
        rng: Draws the noise.
        months: How many months the series has.
    """
    time = np.arange(months)
    season = 0.2 * np.sin(2 * np.pi * (time - 3) / 12) + 0.06 * np.sin(4 * np.pi * time / 12)
    level = np.log(110) + np.log(1.1) * time / 12
    return Passengers(
        kind="synthetic",
        months=np.datetime64("1949-01", "M") + time,
        values=np.exp(level + season + rng.normal(0, 0.03, months)).round(),
    )
