"""Reads tables in CSV, and checks the values of every column."""

import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.text import reason
from supervised.datasets.source import DataError, DataKind, read_bytes

_MISSING = ("", "NA")


@dataclass(frozen=True, kw_only=True)
class Number:
    """A column of finite numbers from `low` to `high`; with `gaps`, an empty field or NA is NaN."""

    low: float
    high: float
    gaps: bool = False

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, kw_only=True)
class Category:
    """A column of words; `values` are the published words, None allows any."""

    values: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return "a word" if self.values is None else f"one of {', '.join(self.values)}"


Column = Number | Category


def numeric(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The names of the columns of numbers."""
    return tuple(name for name, column in columns.items() if isinstance(column, Number))


def categorical(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The names of the columns of words."""
    return tuple(name for name, column in columns.items() if isinstance(column, Category))


def read(
    path: Path,
    columns: Mapping[str, Column],
    *,
    optional: tuple[str, ...] = (),
    any_case: bool = False,
) -> pd.DataFrame:
    """Reads a CSV file, separated by `;` or `,`, packed with gzip or not.

    Args:
        path: The file.
        columns: The columns it must have, in any order, and what is in them.
        optional: Columns that it may also have; they are left out.
        any_case: Whether its header may be in other capitals than `columns`.

    Returns:
        The columns in the order of `columns`: numbers as float64, words as str.

    Raises:
        DataError: It is not such a table, a column is missing or unknown, or a value is wrong.
    """
    data = read_bytes(path)
    if any_case:
        header, line_end, rest = data.partition(b"\n")
        data = header.lower() + line_end + rest
    try:  # numbers right away, in a fraction of the time and memory that text takes
        return _table(path, _parse_numbers(path, data, columns), columns, optional)
    except (ValueError, DataError):  # told from the text, as it stands in the file
        return _table(path, _parse_text(path, data), columns, optional)


def kind_by_rows(
    path: Path, frame: pd.DataFrame, published: Mapping[int, tuple[DataKind, str]]
) -> DataKind:
    """The kind of data that a table is, by the number of its rows.

    Args:
        path: The file's path, for the message.
        frame: The table.
        published: By number of rows, the kind and the name of the file that is published with it.

    Raises:
        DataError: The table has another number of rows.
    """
    if len(frame) not in published:
        expected = " or ".join(f"{rows:,} ({name})" for rows, (_, name) in published.items())
        raise DataError(f"{path}: has {len(frame):,} rows, expected {expected}")
    return published[len(frame)][0]


def words(values: np.ndarray) -> pd.Series:
    """Words in the column type that `read` returns."""
    return pd.Series(values, dtype="str")


def _table(
    path: Path,
    raw: Mapping[str, pd.Series],
    columns: Mapping[str, Column],
    optional: tuple[str, ...],
) -> pd.DataFrame:
    missing = [name for name in columns if name not in raw]
    unknown = [name for name in raw if name not in columns and name not in optional]
    if missing or unknown:
        problems = [f"lacks {', '.join(missing)}"] if missing else []
        problems += [f"has besides {', '.join(unknown)}"] if unknown else []
        raise DataError(
            f"{path}: expected the {len(columns)} columns {_some(list(columns))}; "
            f"its header {' and '.join(problems)}"
        )
    if raw[next(iter(columns))].empty:
        raise DataError(f"{path}: expected rows under the header, found none")
    return pd.DataFrame({name: _checked(path, raw[name], columns[name]) for name in columns})


def _parse_numbers(path: Path, data: bytes, columns: Mapping[str, Column]) -> dict[str, pd.Series]:
    """The table's columns: numbers without gaps as float64, all others as text.

    Raises:
        ValueError: A number cannot be read.
    """
    dtype: dict[str, type] = defaultdict(lambda: str)
    for name, column in columns.items():
        if isinstance(column, Number) and not column.gaps:
            dtype[name] = float
    header = data.partition(b"\n")[0].decode("utf-8-sig")
    return _fields(path, io.BytesIO(data), header, dtype)


def _parse_text(path: Path, data: bytes) -> dict[str, pd.Series]:
    """The table's columns with every value as text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected a CSV file in UTF-8, found other bytes") from None
    if text.lstrip().startswith("<"):
        raise DataError(f"{path}: expected a CSV file, found a web page (HTML); fetch it again")
    header = text.partition("\n")[0]
    try:
        return _fields(path, io.StringIO(text), header, str)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{path}: expected a CSV file ({reason(error)})") from None


def _fields(
    path: Path, file: io.BytesIO | io.StringIO, header: str, dtype: Any
) -> dict[str, pd.Series]:
    frame = pd.read_csv(
        file,
        sep=";" if header.count(";") > header.count(",") else ",",
        dtype=dtype,
        encoding="utf-8-sig",
        na_filter=False,
        skipinitialspace=True,
    )
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"{path}: expected as many fields as the header has, found rows with more")
    return {str(name): column for name, column in frame.items()}


def _checked(path: Path, raw: pd.Series, column: Column) -> pd.Series | npt.NDArray[np.float64]:
    if isinstance(column, Category):
        allowed = raw != "" if column.values is None else raw.isin(column.values)
        values = raw
    else:
        values = np.asarray(pd.to_numeric(raw, errors="coerce"), np.float64)
        allowed = (values >= column.low) & (values <= column.high)
        if column.gaps:
            allowed |= raw.isin(_MISSING)
    wrong = np.flatnonzero(~np.asarray(allowed))
    if len(wrong):
        row, others = int(wrong[0]), len(wrong) - 1
        raise DataError(
            f"{path}: data row {row + 1:,}: {raw.name} is {raw.iloc[row]!r}, expected {column}"
            + (f" (and {others:,} more rows like it)" if others else "")
        )
    return values


def _some(names: list[str]) -> str:
    return ", ".join(names if len(names) <= 22 else [*names[:10], "...", *names[-2:]])
