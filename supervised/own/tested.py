"""Rows with answers: what is learned from, what is tested on, and what must be known of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from common.text import counted
from supervised.core import rows
from supervised.core.job import Context
from supervised.datasets.source import DataError, some
from supervised.own import columns, parts
from supervised.own.configs import RowsConfig
from supervised.own.parts import Parts, Rows
from supervised.own.targets import Target, labels

_FEW = 20  # rows; fewer tell no two models apart


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Rows and their answers; what inherits has their inputs, too.

    Attributes:
        answers: [N] numbers or classes.
    """

    answers: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.answers)

    def take(self, chosen: npt.NDArray[Any]) -> Self:
        """Those in these rows."""
        return replace(self, **{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


A = TypeVar("A", bound=Answered)


@dataclass(frozen=True, kw_only=True)
class Divided(Generic[A]):
    """Rows, divided.

    Attributes:
        target: What is predicted.
        every: All rows with an answer, but for a test in a file of its own.
        parts: Which of them are for what.
        test: The test rows.
        groups: [N] the group of each test row; None where errors take rows as independent.
        notes: What a reader of the scores must know.
    """

    target: Target
    every: A
    parts: Parts
    test: A
    groups: npt.NDArray[Any] | None = None
    notes: Sequence[str] = ()

    @property
    def seen(self) -> A:
        """The rows for training and validation."""
        return self.every.take(self.parts.seen)


def first_of_equals(values: npt.NDArray[Any]) -> Rows:
    """For each row [N] the first one with the same value; it is that row itself where it is new."""
    _, places, of_row = np.unique(values, return_index=True, return_inverse=True)
    return places[of_row]


def apart(
    found: rows.Hashes, seen: rows.Hashes, path: Path, what: str
) -> tuple[Rows, tuple[str, ...]]:
    """Which rows of --test were not trained on, by their hashes, and a note on the others.

    Raises:
        DataError: All were trained on.
    """
    new = np.flatnonzero(~np.isin(found, seen))
    if not len(new):
        raise DataError(f"--test {path}: has no {what} that is not trained on")
    known = len(found) - len(new)
    note = f"{known:,} {what}s of {path.name} are training {what}s: left out"
    return new, (note,) * bool(known)


def answerable(
    found: A,
    written: pd.Series,
    target: Target,
    what: tuple[str, str],
    path: Path,
    context: Context,
) -> A:
    """The rows of a file with an answer that the model can give; others are counted and named.

    Args:
        found: All rows [N] with an answer.
        written: Their answers [N] as the file has them.
        what: What a row and its answer are called.

    Raises:
        DataError: There are none.
    """
    row, answer = what
    can = found.answers >= 0 if target.task == "classification" else np.full(len(found), True)
    if not can.all():
        strange: Any = np.unique(labels(written.loc[~can]).astype(str))
        context.say(
            f"left out: {counted(int(np.sum(~can)), row)} of classes that the training has not: "
            f"{some([*strange])}"
        )
    if not can.any():
        which = some([repr(name) for name in target.classes])
        raise DataError(f"{path}: no {row} has a {answer} of the training, such as {which}")
    return found.take(np.flatnonzero(can))


def require_two_classes(
    classes: Sequence[str], seen: npt.NDArray[Any], divided_by: Mapping[str, str]
) -> None:
    """Makes sure that there is something to tell apart, before anything is trained.

    Args:
        classes: Names of the classes; empty where numbers are predicted.
        seen: [N] answers of what is for training and validation.
        divided_by: The columns by which it was divided, by their flags without dashes.

    Raises:
        DataError: All are of one class.
    """
    known = np.unique(seen)
    if not classes or len(known) > 1:
        return
    flags = "".join(f"--{flag} {column}: " for flag, column in divided_by.items())
    raise DataError(
        f"{flags}training and validation have only the class {classes[known[0]]!r}: there is "
        "nothing to tell apart; divide otherwise, or make the test smaller"
    )


def groups_of(
    config: RowsConfig, frame: pd.DataFrame, group: str, test: Rows, what: str
) -> tuple[npt.NDArray[Any] | None, tuple[str, ...]]:
    """The groups [N] of the test rows of a table by its column `group`, and a note on them."""
    if not group:
        return None, ()
    column = columns.of(frame, group)
    lacking = int((columns.to_words(column) == "").sum())
    notes = (f"{lacking:,} {what}s have no {group}: each is taken as a group of its own",)
    notes *= bool(lacking)
    if config.test is not None:
        return None, (
            *notes,
            f"errors take the test {what}s as independent, whatever their --group",
        )
    found = parts.groups_of(column)[test]
    many = len(np.unique(found))
    return found, (*notes, f"the test has {many:,} groups of {group}: errors are over these")


def few(count: int, what: str) -> tuple[str, ...]:
    """A note where a test is too small to tell models apart."""
    return (f"the test has {count:,} {what}s only: its scores say little",) * (count < _FEW)
