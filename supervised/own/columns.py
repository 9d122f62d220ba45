"""What the columns of a user's table are: numbers, words, dates, or nothing to learn from."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import dates as forms
from supervised.datasets.source import DataError, some
from supervised.own.configs import RowsConfig
from supervised.own.numbers import Form

NAMED = 8
"""Names in a line."""
_AGREED = 0.95  # share of a column's fields that settles what it is
_MOST_WORDS = 100  # of a column that are told apart
_OWN_WORDS = 30  # different words beyond which a column may be one of names
_FEW_ROWS = 10  # fewer say nothing about a column of names
_LARGEST = 1e30  # what a float32 still squares after scaling
_OF_DATES = ("day", "month", "weekday", "hour")
"""The numbers that a date becomes: days since 1970, 1 to 12, 0 for Monday to 6, 0 to 24."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns that a model takes.

    Attributes:
        dates: The form of each column of dates, as `strptime` has it.
        words: The words of each column of words that are told apart, the commonest.
        left_out: Why each of the other columns is left out.
        forms: How the numbers of columns are written that pandas would not read as meant.
    """

    numbers: tuple[str, ...]
    dates: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    left_out: Mapping[str, str]
    forms: Mapping[str, Form] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the model takes."""
        return (*self.numbers, *self.dates, *self.words)

    @property
    def text(self) -> tuple[str, ...]:
        """Those that are read as text, whatever they look like."""
        return (*self.dates, *self.words)

    def sources(self) -> list[str]:
        """The column that each number of the model's input comes from."""
        return [*self.numbers, *(name for name in self.dates for _ in _OF_DATES)]

    def number_names(self) -> list[str]:
        """What each number of the model's input is: of a date its parts."""
        return [*self.numbers, *(f"{name}: {part}" for name in self.dates for part in _OF_DATES)]

    def in_words(self) -> list[str]:
        """What the columns are, in lines."""
        kinds = {"numbers": self.numbers, "dates": [*self.dates], "words": [*self.words]}
        found = [f"{len(names):,} of {kind}" for kind, names in kinds.items() if names]
        lines = [f"columns: {', '.join(found)}"]
        for why in dict.fromkeys(self.left_out.values()):
            lines.append(
                f"left out, {why}: {some([n for n, w in self.left_out.items() if w == why], NAMED)}"
            )
        return lines

    def require(self, names: Collection[str], where: Any) -> None:
        """Makes sure that a table has the model's columns.

        Raises:
            DataError: It lacks some.
        """
        lacking = [name for name in self.names if name not in names]
        if lacking:
            near = suggestion(lacking[0], [n for n in names if n not in self.names])
            raise DataError(f"{where}: lacks the {quoted(lacking)} of the training{near}")

    def values(self, frame: pd.DataFrame) -> tuple[npt.NDArray[np.float32], npt.NDArray[Any]]:
        """The model's inputs: numbers [N, D] with NaN for missing ones, and words [N, W]."""
        numbers = [to_numbers(of(frame, name)) for name in self.numbers]
        for name, form in self.dates.items():
            numbers += _parts(forms.read(of(frame, name), form))
        words = [to_words(of(frame, name)) for name in self.words]
        return (
            np.column_stack(numbers).astype(np.float32)
            if numbers
            else np.empty((len(frame), 0), np.float32),
            np.column_stack(words) if words else np.empty((len(frame), 0), object),
        )

    def remarks(self, frame: pd.DataFrame, where: str) -> list[str]:
        """What of a new table the training has not seen, in lines that begin with its name.

        Raises:
            DataError: No field of a column can be read as in training.
        """
        lines: list[str] = []
        for name in self.numbers:
            column = of(frame, name)
            lines += _strays(column, np.isnan(to_numbers(column)), "number", where)
        for name, form in self.dates.items():
            column = of(frame, name)
            lines += _strays(column, forms.read(column, form).isna().to_numpy(), "date", where)
            if (found := forms.form_like(column.dropna(), form)) != form:
                lines.append(f"{where}: {name}: dates are read as {found}, in training {form}")
        for name, known in self.words.items():
            words = to_words(of(frame, name))
            new = pd.Series(words[~np.isin(words, known) & (words != "")])
            if len(new):
                which = some([repr(word) for word in new.value_counts().index], NAMED)
                lines.append(
                    f"{where}: {name}: {len(new):,} rows have words that are not told apart: "
                    f"{which}"
                )
        return lines


def told(frame: pd.DataFrame, ignored: Collection[str]) -> Columns:
    """What the columns of training rows are.

    Args:
        frame: The rows, and no others.
        ignored: Columns that are no inputs, such as the target; they are not listed.

    Raises:
        DataError: No column is left to learn from.
    """
    numbers: list[str] = []
    dates: dict[str, str] = {}
    words: dict[str, tuple[str, ...]] = {}
    left_out: dict[str, str] = {}
    for name in (str(name) for name in frame if name not in ignored):
        column = of(frame, name)
        known = column.dropna()
        if known.empty or (known.nunique() == 1 and (len(known) == len(column) or _numeric(known))):
            left_out[name] = "empty" if known.empty else "the same in all rows"
        elif _numeric(known):
            if _numbers_rows(known):
                left_out[name] = "numbers the rows"
            else:
                numbers.append(name)
        elif (form := forms.form_of(known)) is not None:
            dates[name] = form
        elif _names_rows(known):
            two = forms.two_forms_of(known)
            left_out[name] = two or "over half as many different words as fields"
        else:
            counts = pd.Series(to_words(column)).value_counts()
            words[name] = tuple(sorted(map(str, counts.index[:_MOST_WORDS])))
    if not (numbers or dates or words):
        none = f": there is none beside the {quoted([*ignored])}" if ignored else ""
        out = f"; left out: {some([*left_out], NAMED)}" if left_out else none
        raise DataError(f"no column is left to learn from{out}")
    return Columns(numbers=tuple(numbers), dates=dates, words=words, left_out=left_out)


def named(given: str, names: Sequence[str], flag: str) -> str:
    """The column that a user means by its name or its number, from 1.

    Raises:
        DataError: There is none.
    """
    if given in names:
        return given
    if given.isdigit() and 1 <= int(given) <= len(names):
        return names[int(given) - 1]
    near = suggestion(given, names) or f"; there are the {quoted(names)}"
    raise DataError(f"{flag} {given!r}: no such column{near}")


def order_of(config: RowsConfig, names: Sequence[str]) -> dict[str, str]:
    """The columns of --group and --time, by these names; only those that the settings name.

    Raises:
        DataError: There is no such column.
    """
    given = {"group": config.group, "time": config.time}
    return {what: named(name, names, f"--{what}") for what, name in given.items() if name}


def suggestion(given: str, names: Sequence[str]) -> str:
    """The end of a message: which names may have been meant, or ""."""
    by_case = {name.lower(): name for name in names}
    near = difflib.get_close_matches(given.lower(), by_case, n=3, cutoff=0.6)
    return f"; did you mean {', '.join(repr(by_case[name]) for name in near)}?" if near else ""


def quoted(names: Sequence[str]) -> str:
    """Columns in a line, their names in quotes, in which a blank at an end is seen."""
    return f"column{'s' * (len(names) > 1)} {some([repr(name) for name in names], NAMED)}"


def of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of a table."""
    column: Any = frame[name]
    return column


def to_numbers(column: pd.Series) -> npt.NDArray[np.float64]:
    """A column as numbers, NaN for what is none, or infinite, or beyond 1e30."""
    found = np.asarray(pd.to_numeric(column, errors="coerce"), np.float64)
    return np.where(np.abs(found) <= _LARGEST, found, np.nan)


def to_words(column: pd.Series) -> npt.NDArray[np.object_]:
    """A column as words without blanks around them, "" for what is missing."""
    found = column.astype(object).map(lambda field: str(field).strip(), na_action="ignore")
    return found.where(column.notna(), "").to_numpy(object)


def _numeric(known: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(known) or pd.api.types.is_datetime64_any_dtype(known):
        return False
    return bool(np.mean(~np.isnan(to_numbers(known))) >= _AGREED)


def _numbers_rows(known: pd.Series) -> bool:
    """Whether whole numbers count the rows: all different, and about as many as their range.

    Training rows are at least half of all rows.
    """
    values = to_numbers(known)
    if len(values) < 2 * _FEW_ROWS or not np.array_equal(values, np.floor(values)):
        return False
    return len(np.unique(values)) == len(values) and bool(np.ptp(values) < 2 * len(values))


def _names_rows(known: pd.Series) -> bool:
    different, count = known.nunique(), len(known)
    if count >= _FEW_ROWS and different == count:
        return True
    return different > _OWN_WORDS and different > count / 2


def _parts(dates: pd.Series) -> list[npt.NDArray[np.float64]]:
    days = (dates - pd.Timestamp(0)) / pd.Timedelta(days=1)
    hours = dates.dt.hour + dates.dt.minute / 60
    parts = (np.floor(days), dates.dt.month, dates.dt.weekday, hours)
    return [np.asarray(part, np.float64) for part in parts]


def _strays(column: pd.Series, missing: npt.NDArray[Any], what: str, where: str) -> list[str]:
    strays: Any = column[missing & column.notna().to_numpy()]
    if strays.empty:
        return []
    which = some([repr(str(field)) for field in strays.unique()[:3]])
    if len(strays) == column.notna().sum():
        raise DataError(
            f"{where}: no field of the column {column.name!r} is a {what} as in training, such as "
            f"{which}"
        )
    return [
        f"{where}: {column.name}: {len(strays):,} fields are no {what}, such as {which}: "
        "taken as missing"
    ]
