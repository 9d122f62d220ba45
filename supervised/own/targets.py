"""What a column is as a target: classes or numbers."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import dates
from supervised.datasets.source import DataError, some
from supervised.own import columns
from supervised.own.configs import Task

_FEW = 20  # different whole numbers that are taken for classes
_MOST = 1_000  # classes
_WHOLE = re.compile(r"(-?\d+)(\.0)?")  # a number that was read as text
_NUMERIC = 0.95  # share of fields that are numbers in a column of numbers


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is predicted.

    Attributes:
        name: Its column.
        task: Classes or numbers.
        classes: Names of the classes; empty of numbers.
    """

    name: str
    task: Task
    classes: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """What it is, in a line."""
        if self.task == "regression":
            return f"target {self.name}: a number, so this is regression"
        what = f"{len(self.classes):,} classes, {some(self.classes, 6)}"
        return f"target {self.name}: {what}, so this is classification"

    def values(self, column: pd.Series) -> npt.NDArray[Any]:
        """The answers [N]: numbers, NaN for what is none; or places of classes, -1 for others."""
        if self.task == "regression":
            return columns.to_numbers(column)
        places = {name: place for place, name in enumerate(self.classes)}
        return np.array([places.get(name, -1) for name in labels(column)], np.int32)


def told(column: pd.Series, task: Literal["auto", "classification", "regression"]) -> Target:
    """What the target of a table is.

    Args:
        column: Its fields; those that are missing say nothing.
        task: What the user says it is.

    Raises:
        DataError: It has one value, or cannot be what the user says.
    """
    name = str(column.name)
    known: Any = column.dropna()
    numbers = columns.to_numbers(known)
    is_number = len(known) > 0 and np.mean(~np.isnan(numbers)) >= _NUMERIC
    is_number = is_number and not pd.api.types.is_bool_dtype(known)
    if known.nunique() < 2:
        found = f"only {str(known.iloc[0])!r}" if len(known) else "nothing"
        none = " (NA, None, null and such are nothing, too)" * bool(column.hasnans)
        raise DataError(
            f"--target {name}: the column has {found}: there is nothing to predict{none}"
        )
    if task != "classification" and _are_dates(known, is_number):
        raise DataError(
            f"--target {name}: has dates, such as {str(known.iloc[0])!r}: add a column of numbers, "
            "such as the days since a day, to the file; for classes: --task classification"
        )
    if task == "regression" or (task == "auto" and is_number and not _are_classes(numbers)):
        if not is_number:
            raise DataError(
                f"--task regression: {name} has fields that are no numbers, such as "
                f"{str(known[np.isnan(numbers)].iloc[0])!r}"
            )
        return Target(name=name, task="regression")
    classes = pd.unique(pd.Series(labels(known)))
    if len(classes) > min(_MOST, len(known) // 2):
        way_out = "; for numbers: --task regression" * bool(is_number and task == "auto")
        raise DataError(
            f"--target {name}: has {len(classes):,} different values in {len(known):,} rows, too "
            f"many for classes{way_out}"
        )
    return Target(name=name, task="classification", classes=tuple(sorted(classes, key=_place)))


def labels(column: pd.Series) -> npt.NDArray[np.object_]:
    """Names of classes [N]: 1.0 is 1, as in a file where none is missing."""
    if pd.api.types.is_float_dtype(column):
        return np.array([f"{value:.15g}" for value in column], object)
    words = columns.to_words(column)
    different = [word for word in pd.unique(words) if word]
    if all(map(_WHOLE.fullmatch, different)) and any(word.endswith(".0") for word in different):
        return np.array([_WHOLE.sub(r"\1", word) for word in words], object)
    return words


def _are_dates(known: pd.Series, is_number: Any) -> bool:
    of_times = pd.api.types.is_datetime64_any_dtype(known)
    return of_times or (not is_number and dates.form_of(known) is not None)


def _are_classes(numbers: npt.NDArray[np.float64]) -> bool:
    known = numbers[~np.isnan(numbers)]
    return np.array_equal(known, np.floor(known)) and len(np.unique(known)) <= _FEW


def _place(name: str) -> tuple[float, str]:
    """Numbers in their order, before words in theirs."""
    try:
        return float(name), name
    except ValueError:
        return np.inf, name
