"""Sums whose bits do not depend on who added up what.

A batch is cut into parts, numbered from 0. Their gradients are added up along one binary tree,
which the number of parts decides. Whoever has the parts below a node of it may add those up before
sending them on: that is what the tree would have done with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Node = tuple[int, int]
"""Parts [first, behind) that are added up there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """A gradient that is 0 but for some rows of a table.

    Attributes:
        places: [R] of the rows, rising.
        values: [R, ...].
    """

    places: npt.NDArray[np.integer]
    values: npt.NDArray[np.floating]

    @classmethod
    def of(cls, places: npt.NDArray[Any], values: npt.NDArray[Any]) -> "Rows":
        """Rows that may come several times: added up in their order."""
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
        """Those of a range of the table, numbered from its start."""
        first, behind = np.searchsorted(self.places, [start, stop])
        return Rows(places=self.places[first:behind] - start, values=self.values[first:behind])


Gradient = npt.NDArray[Any] | Rows

Sums = dict[Node, list[Gradient]]
"""Gradients, variable by variable, at nodes of the tree over a batch's parts."""


def nodes(held: range, parts: int) -> list[Node]:
    """The highest nodes of the tree over `parts` that lie in a range."""

    def below(first: int, behind: int) -> list[Node]:
        if held.start <= first and behind <= held.stop:
            return [(first, behind)]
        if behind <= held.start or held.stop <= first:
            return []
        middle = _middle(first, behind)
        return below(first, middle) + below(middle, behind)

    return below(0, parts)


def whole(parts: int, given: Iterable[Sums]) -> list[Gradient]:
    """The sums over all parts of a batch, variable by variable, of what several have of them."""
    together: Sums = {}
    for sums in given:
        together |= sums
    return total((0, parts), together)


def total(node: Node, given: Mapping[Node, Sequence[Gradient]]) -> list[Gradient]:
    """The sums at a node, variable by variable, of what is given at nodes below it."""
    if node in given:
        return list(given[node])
    first, behind = node
    middle = _middle(first, behind)
    left, right = total((first, middle), given), total((middle, behind), given)
    return [a + b for a, b in zip(left, right, strict=True)]  # type: ignore[operator]


def _middle(first: int, behind: int) -> int:
    """Where a node's parts are divided: the left has the largest power of two that is less."""
    return first + (1 << ((behind - first - 1).bit_length() - 1))
