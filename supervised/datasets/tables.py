"""Reads tables in CSV of any separator, encoding and order, and checks every column's values."""

import csv
import io
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.text import reason
from supervised.datasets.headers import plain
from supervised.datasets.source import DataError, File, decoded, read_bytes, refuse_impostor

_LOG = logging.getLogger(__name__)

_END = "\x1f"
_MISSING = ("", "na", "nan")


@dataclass(frozen=True, kw_only=True)
class Number:
    """A column of finite numbers from `low` to `high`.

    With `gaps`, an empty field, NA or NaN, in any case, is a number that is not known: NaN.
    """

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


def one_of(words: str) -> Category:
    """A column of these words, which are apart by gaps."""
    return Category(values=tuple(words.split()))


def numeric(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The names of the columns of numbers."""
    return tuple(name for name, column in columns.items() if isinstance(column, Number))


def categorical(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The names of the columns of words."""
    return tuple(name for name, column in columns.items() if isinstance(column, Category))


def read(
    path: File,
    columns: Mapping[str, Column],
    *,
    optional: tuple[str, ...] = (),
    aliases: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Reads a CSV file, separated by `;`, `,` or tabs, packed with gzip or not.

    Capitals, spaces and marks in the names of its columns do not matter. Columns that are not asked
    for are ignored, with a warning that names those that are not published, such as an index.

    Args:
        columns: The columns it must have, in any order, and what is in them.
        optional: Columns that are published and not asked for.
        aliases: Other names of columns, and the columns that they are names of.

    Returns:
        The columns in the order of `columns`: numbers as float64, words as str.

    Raises:
        DataError: It is not such a table, a column is missing, or a value is wrong.
    """
    known = {plain(name): name for name in (*columns, *optional)}
    known |= {plain(other): name for other, name in (aliases or {}).items()}
    refuse_impostor(path)
    data = read_bytes(path)
    try:  # numbers right away, in a fraction of the time and memory that text takes
        raw = _parse(path, io.BytesIO(data), _first_line(data), known, _dtypes(columns))
        return _table(path, raw, columns, optional)
    except (ValueError, DataError):  # told from the text, as it stands in the file
        text = decoded(data)
        try:
            raw = _parse(path, io.StringIO(text), text.partition("\n")[0], known, str)
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise DataError(f"{path}: expected a CSV file ({reason(error)})") from None
        return _table(path, raw, columns, optional)


def row(text: str, columns: Mapping[str, Column]) -> pd.DataFrame:
    """The table of the only row that a text has: a word for each column, apart by commas.

    Raises:
        ValueError, DataError: It has something else.
    """
    words = zip(columns.items(), text.split(","), strict=True)
    found = {name: (pd.Series([word.strip()], name=name), column) for (name, column), word in words}
    return pd.DataFrame({name: _checked(Path(text), *each) for name, each in found.items()})


def words(values: np.ndarray) -> pd.Series:
    """Words in the column type that `read` returns."""
    return pd.Series(values, dtype="str")


def header(path: File) -> list[str]:
    """The names of a file's columns, as they stand in it.

    Raises:
        DataError: It cannot be read.
    """
    line = decoded(read_bytes(path)).partition("\n")[0]
    return fields(line)


def records(path: File, text: str, head: str, said: str = "a CSV file") -> list[list[str]]:
    """The fields of each record of a table, those of its first line and of empty lines, too.

    Args:
        path: The file, for messages.
        text: Its contents.
        head: Their beginning, by which it is told what separates fields.
        said: What it should be, in words.

    Raises:
        DataError: A quote is never closed.
    """
    # A last line of our own: where a quote is open it is a part of what is quoted.
    ended = f"{text}{'' if text.endswith(chr(10)) else chr(10)}{_END}"
    try:
        *found, last = csv.reader(io.StringIO(ended, newline=""), delimiter=separator(head))
        if last == [_END]:
            return found
    except csv.Error:  # what is quoted is longer than it takes
        pass
    raise DataError(f"{path}: expected {said}; a quote in it is never closed")


def fields(line: str) -> list[str]:
    """The fields of a table's first line."""
    line = line.strip("\r\ufeff")
    between = separator(line)
    return next(csv.reader([line], delimiter=between, skipinitialspace=True), [])


def separator(header: str) -> str:
    """What separates the fields of a table, by its first line."""
    return max(",;\t", key=header.count)


def _first_line(data: bytes) -> str:
    return data.partition(b"\n")[0].decode("utf-8-sig")


def _dtypes(columns: Mapping[str, Column]) -> dict[str, type]:
    """How columns are read: numbers without gaps as float64, all others as text."""
    dtypes: dict[str, type] = defaultdict(lambda: str)
    for name, column in columns.items():
        if isinstance(column, Number) and not column.gaps:
            dtypes[name] = float
    return dtypes


def _table(
    path: File,
    raw: Mapping[str, pd.Series],
    columns: Mapping[str, Column],
    optional: tuple[str, ...],
) -> pd.DataFrame:
    missing = [name for name in columns if name not in raw]
    others = [name for name in raw if name not in columns and name not in optional]
    if missing:
        raise DataError(
            f"{path}: expected the {len(columns)} columns {_some(list(columns))}; "
            f"its header lacks {', '.join(missing)}"
            + (f" and has besides {_some(others)}" if others else "")
        )
    if raw[next(iter(columns))].empty:
        raise DataError(f"{path}: expected rows under the header, found none")
    table = pd.DataFrame({name: _checked(path, raw[name], columns[name]) for name in columns})
    if others:
        named = _some([name or "one without a name" for name in others])
        _LOG.warning("%s: columns that are not used: %s", path, named)
    return table


def _parse(
    path: File, file: io.BytesIO | io.StringIO, header: str, known: Mapping[str, str], dtype: Any
) -> dict[str, pd.Series]:
    """The columns of a table by the names that are known for them."""
    given = fields(header)
    frame: Any = pd.read_csv(
        file,
        sep=separator(header),
        header=0 if given else "infer",
        names=_names(given, known) or None,
        dtype=dtype,
        encoding="utf-8-sig",
        na_filter=False,
        skipinitialspace=True,
    )
    if not isinstance(frame.index, pd.RangeIndex) and not _is_numbering(frame.index):
        raise DataError(f"{path}: expected as many fields as the header has, found rows with more")
    return {str(name): column.reset_index(drop=True) for name, column in frame.items()}


def _names(given: list[str], known: Mapping[str, str]) -> list[str]:
    """The names of a header's columns: known ones once, all others as the file has them."""
    names: list[str] = []
    for number, name in enumerate(given):
        found = known.get(plain(name), name.strip())
        names.append(found if found not in names else f"{name.strip()} ({number + 1})")
    return names


def _is_numbering(index: pd.Index) -> bool:
    """Whether rows have a number before their fields, as R writes them."""
    numbers = np.asarray(pd.to_numeric(pd.Series(index), errors="coerce"), np.float64)
    return bool(np.all(numbers == np.floor(numbers)) and np.all(np.diff(numbers) > 0))


def _checked(path: File, raw: pd.Series, column: Column) -> pd.Series | npt.NDArray[np.float64]:
    if isinstance(column, Category):
        allowed = raw != "" if column.values is None else raw.isin(column.values)
        values = raw
    else:
        values = np.asarray(pd.to_numeric(raw, errors="coerce"), np.float64)
        allowed = (values >= column.low) & (values <= column.high)
        if column.gaps:
            allowed |= raw.str.lower().isin(_MISSING)
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
