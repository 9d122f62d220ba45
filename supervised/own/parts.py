"""Divides the rows of a user's table: at random, by groups, or by time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core.job import Context
from supervised.datasets import dates as forms
from supervised.datasets import splits
from supervised.datasets.source import DataError
from supervised.own import columns

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Rows of a table.

    Attributes:
        test: Empty where the test rows are in a file of their own.
        words: How they were divided, in a line.
        left_out: What was left out of them, in lines.
    """

    train: Rows
    validation: Rows
    test: Rows
    words: str
    left_out: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """How they were divided, and what was left out, in lines."""
        return self.words, *self.left_out

    @property
    def seen(self) -> Rows:
        """Those for training and validation."""
        return np.concatenate([self.train, self.validation])


def divided(
    frame: pd.DataFrame,
    labels: npt.NDArray[np.int32] | None,
    fractions: Sequence[float],
    context: Context,
    *,
    group: str = "",
    time: str = "",
) -> Parts:
    """Divides the rows.

    Args:
        labels: [N] classes, which random parts have in the proportions of the whole; or None.
        fractions: Of training, validation and test; that of the test may be 0.
        group: A column whose values are each in one part only; see `groups_of`.
        time: A column by which parts follow each other.

    Raises:
        DataError: A part would be empty, or a time is missing.
    """
    names = [fraction for fraction in fractions if fraction]
    try:
        if group:
            cut = _by_group(groups_of(columns.of(frame, group)), names, context.rng("split"))
            how = f"no {group} on two sides"
        elif time:
            cut = by_time(times_of(columns.of(frame, time)), names)
            how = f"in the order of {time}"
        else:
            cut = splits.split(len(frame), names, context.rng("split"), labels)
            how = "at random" if labels is None else "at random, classes in proportion"
    except ValueError:
        what = f"of {group} or " * bool(group) + f"rows: {len(frame):,} cannot be divided"
        raise DataError(f"there are too few {what} into {len(names)} parts") from None
    train, validation, test = (*cut, np.empty(0, np.int64)) if len(cut) == 2 else cut
    words = in_words("rows", train, validation, test, how)
    return Parts(train=train, validation=validation, test=test, words=words)


def in_words(what: str, train: Rows, validation: Rows, test: Rows, how: str) -> str:
    """The sizes of parts, and how they were divided, in a line."""
    sizes = f"{len(train):,} {what} for training, {len(validation):,} for validation"
    return f"{sizes}{f', {len(test):,} for the test' if len(test) else ''}: {how}"


def groups_of(column: pd.Series) -> npt.NDArray[np.str_]:
    """The group [N] of each row; one that has none shares its group with no other row."""
    words = columns.to_words(column)
    return np.array([word or f"\0{row}" for row, word in enumerate(words)], str)


def _by_group(
    groups: npt.NDArray[np.str_], fractions: Sequence[float], rng: np.random.Generator
) -> tuple[Rows, ...]:
    """Whole groups in an order that is drawn, cut where the parts come nearest to their sizes."""
    of_row = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(of_row)
    order = rng.permutation(len(sizes))
    ends = np.cumsum(sizes[order])
    cuts = [
        int(np.abs(ends - share * len(groups)).argmin()) + 1 for share in np.cumsum(fractions)[:-1]
    ]
    parts = np.split(order, cuts)
    if min(map(len, parts)) == 0:
        raise ValueError
    return tuple(np.flatnonzero(np.isin(of_row, part)) for part in parts)


def by_time(times: npt.NDArray[np.float64], fractions: Sequence[float]) -> tuple[Rows, ...]:
    """Parts of which each is later than the one before; rows of one time stay together."""
    rough = splits.time_split(times, fractions)
    starts = [times[part[0]] for part in rough[1:]]
    edges = [-np.inf, *starts, np.inf]
    order = np.argsort(times, kind="stable")
    parts = [order[(times[order] >= low) & (times[order] < high)] for low, high in pairwise(edges)]
    if min(map(len, parts)) == 0:
        raise ValueError
    return tuple(parts)


def times_of(column: pd.Series) -> npt.NDArray[np.float64]:
    """A column's numbers, or the seconds since 1970 of its dates.

    Raises:
        DataError: A field is neither.
    """
    known = column.dropna()
    numbers = columns.to_numbers(column)
    if not np.isnan(numbers).any():
        return numbers
    form = forms.form_of(known) if len(known) else None
    dates = forms.read(column, form) if form else pd.Series(numbers)
    lacking = dates.isna().to_numpy()
    if lacking.any():
        raise DataError(f"--time {column.name}: {_no_times(column, lacking, form is not None)}")
    return np.asarray((dates - pd.Timestamp(0)) / pd.Timedelta(seconds=1), np.float64)


def _no_times(column: pd.Series, lacking: npt.NDArray[np.bool_], of_dates: bool) -> str:
    """Why a column has not a time in each row, where `lacking` [N] has none."""
    strays: Any = column[lacking & column.notna().to_numpy()]
    if of_dates or strays.empty:
        such = [f", but such as {str(field)!r}" for field in strays[:1]]
        return f"{lacking.sum():,} rows have no date and no number there{''.join(such)}"
    if two := forms.two_forms_of(column.dropna()):
        return f"has {two}: bring them to one"
    odd = forms.odd_one(strays)
    return f"has fields that are neither numbers nor dates of one form, such as {odd!r}"
