"""Sums of gradients whose bits do not depend on which worker adds which parts.

A batch is cut into parts, numbered from 0. Their gradients are added up along one binary tree,
whose shape depends on the number of parts alone. A worker that has all parts below a node of the
tree may send their sum in place of the parts: the tree would add up the same numbers in that order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Node = tuple[int, int]
"""A node of the tree, named by the parts below it: all from `first` up to, not with, `behind`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """The gradient of a table that is 0 in all rows but a few.

    Attributes:
        places: [R] numbers of those rows, in rising order.
        values: [R, ...] the gradient of those rows.
    """

    places: npt.NDArray[np.integer]
    values: npt.NDArray[np.floating]

    @classmethod
    def of(cls, places: npt.NDArray[Any], values: npt.NDArray[Any]) -> "Rows":
        """The gradient from rows [R, ...] at places [R]; rows of equal places are added."""
        unique, of = np.unique(places, return_inverse=True)
        if len(unique) == len(places):
            found = np.empty_like(values)
            found[of] = values
        else:
            found = np.zeros((len(unique), *values.shape[1:]), values.dtype)
            np.add.at(found, of, values)
        return cls(places=unique, values=found)

    def __add__(self, other: "Rows") -> "Rows":
        places = np.union1d(self.places, other.places)
        values = np.zeros((len(places), *self.values.shape[1:]), self.values.dtype)
        for rows in (self, other):  # within each, a place comes once
            values[np.searchsorted(places, rows.places)] += rows.values
        return Rows(places=places, values=values)

    def within(self, start: int, stop: int) -> "Rows":
        """The gradient of the table's rows from `start` to before `stop`, numbered from `start`."""
        first, behind = np.searchsorted(self.places, [start, stop])
        return Rows(places=self.places[first:behind] - start, values=self.values[first:behind])


Gradient = npt.NDArray[Any] | Rows

Sums = dict[Node, list[Gradient]]
"""At some nodes of the tree, the sum of the gradients of each variable."""


def nodes(held: range, parts: int) -> list[Node]:
    """The highest nodes of the tree over `parts` parts, all of whose parts are in `held`."""

    def below(first: int, behind: int) -> list[Node]:
        if held.start <= first and behind <= held.stop:
            return [(first, behind)]
        if behind <= held.start or held.stop <= first:
            return []
        middle = _middle(first, behind)
        return below(first, middle) + below(middle, behind)

    return below(0, parts)


def whole(parts: int, given: Iterable[Sums]) -> list[Gradient]:
    """For each variable the sum over all parts of a batch.

    Args:
        given: From each worker the sums at its nodes; together they cover all parts.
    """
    together: Sums = {}
    for sums in given:
        together |= sums
    return total((0, parts), together)


def total(node: Node, given: Mapping[Node, Sequence[Gradient]]) -> list[Gradient]:
    """For each variable the sum at a node, from the sums given at nodes below it."""
    if node in given:
        return list(given[node])
    first, behind = node
    middle = _middle(first, behind)
    left, right = total((first, middle), given), total((middle, behind), given)
    return [a + b for a, b in zip(left, right, strict=True)]  # type: ignore[operator]


def _middle(first: int, behind: int) -> int:
    """Where a node's parts are divided: the left has the largest power of two that is less."""
    return first + (1 << ((behind - first - 1).bit_length() - 1))
