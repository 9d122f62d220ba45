"""Splits of a data set into training, validation and test rows, as index arrays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def split(
    count: int,
    fractions: Sequence[float],
    rng: np.random.Generator,
    labels: npt.NDArray | None = None,
) -> tuple[Indices, ...]:
    """Cuts `count` rows at random into disjoint parts that together have all rows.

    Args:
        fractions: Fraction of each part; their sum is 1. Sizes are rounded to whole rows.
        rng: Draws the order.
        labels: [count] classes; if given, each part has them in the proportions of the whole.

    Returns:
        The rows of each part, in random order.

    Raises:
        ValueError: The fractions do not sum to 1, or a part would be empty.
    """
    cuts = _cuts(np.rint(np.cumsum(fractions) * count), fractions)
    order = rng.permutation(count)
    if labels is None:
        return tuple(np.split(order, cuts))
    order = order[np.argsort(_places(labels[order]), kind="stable")]
    return tuple(rng.permutation(part) for part in np.split(order, cuts))


def aside(groups: npt.NDArray, count: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Sets whole groups aside, so that no group has rows on both sides.

    Args:
        groups: [N] the group that each row belongs to.
        count: How many groups are set aside; at least one stays.
        rng: Chooses them.

    Returns:
        [N], whether each row is set aside.
    """
    every = np.unique(groups)
    return np.isin(groups, rng.permutation(every)[: min(count, len(every) - 1)])


def time_split(times: npt.NDArray, fractions: Sequence[float]) -> tuple[Indices, ...]:
    """Cuts rows into parts of which each is later than the one before.

    Args:
        times: [N] when each row happened; rows of the same time keep their order.
        fractions: Fraction of each part; their sum is 1. Cuts are rounded down to whole rows.

    Returns:
        The rows of each part, in the order of time.

    Raises:
        ValueError: The fractions do not sum to 1, or a part would be empty.
    """
    order = np.argsort(times, kind="stable")
    exact = np.cumsum(fractions) * len(times)
    return tuple(np.split(order, _cuts(np.floor(exact + 1e-6), fractions)))  # 7.999... is 8


def _cuts(ends: npt.NDArray[np.float64], fractions: Sequence[float]) -> list[int]:
    """The rows at which the parts are cut; `ends` has the end of each part, and is checked."""
    if abs(sum(fractions) - 1) > 1e-9:
        raise ValueError(f"fractions {list(fractions)} sum to {sum(fractions):g}, expected 1")
    if np.any(np.diff(ends, prepend=0) < 1):
        raise ValueError(f"fractions {list(fractions)} of {ends[-1]:.0f} rows leave a part empty")
    return [int(end) for end in ends[:-1]]


def _places(labels: npt.NDArray) -> npt.NDArray[np.float64]:
    """The place of each row within its own class, from 0 to 1.

    In the order of these places the classes are spread evenly, so any cut keeps their proportions.
    """
    places = np.empty(len(labels))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        places[rows] = (np.arange(len(rows)) + 0.5) / len(rows)
    return places


def book_split(count: int) -> tuple[Indices, Indices]:
    """The book's own split: scikit-learn's, 25 % for the test, `random_state=100`.

    Returns:
        The rows for training and for the test: 30,891 and 10,297 of the bank's 41,188.
    """
    from sklearn.model_selection import train_test_split  # slow to import

    train, test = train_test_split(np.arange(count), test_size=0.25, random_state=100)
    return np.asarray(train), np.asarray(test)
