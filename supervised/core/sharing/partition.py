"""Which rows of which variable live on which parameter server."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from common.ranges import split
from supervised.core.sharing.sums import Gradient, Rows

_SMALL = 1 << 14  # numbers: a variable of less stays whole


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Every server has a range of rows of every variable, often an empty one.

    So each optimizer has the same variables in the same places, and what servers have of one is
    joined along its first axis. Optimizers work on each number by itself: where a variable is cut
    changes no bit.

    Attributes:
        bounds: For each variable, where the rows of the servers begin, and behind the last ones;
            nothing for what every server has whole.
    """

    bounds: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, variables: Sequence[Any], servers: int) -> "Layout":
        """Cuts large variables; small ones, or under a constraint, go where there is least."""
        load = [0] * servers
        bounds = []
        for variable in variables:
            shape = tuple(variable.shape)
            rows, size = (shape[0] if shape else 1), int(np.prod(shape))
            if size >= _SMALL and rows >= servers and variable.constraint is None:
                cuts = [part.start for part in split(rows, servers)] + [rows]
            else:
                whole = load.index(min(load))
                cuts = [0] * (whole + 1) + [rows] * (servers - whole)
            for server, (start, stop) in enumerate(pairwise(cuts)):
                load[server] += size // max(rows, 1) * (stop - start)
            bounds.append(tuple(cuts))
        return cls(bounds=tuple(bounds))

    @property
    def servers(self) -> int:
        """Servers."""
        return len(self.bounds[0]) - 1

    def cut(self, values: Sequence[Any], server: int) -> list[Any]:
        """What a server has of values or gradients, one for each variable."""
        return [
            _rows(value, bounds[server], bounds[server + 1]) if bounds else value
            for value, bounds in zip(values, self.bounds, strict=True)
        ]

    def joined(self, parts: Sequence[Sequence[npt.NDArray[Any]]]) -> list[npt.NDArray[Any]]:
        """Values [V] from what each server has."""
        return [
            np.concatenate(pieces) if bounds else pieces[0]
            for *pieces, bounds in zip(*parts, self.bounds, strict=True)
        ]

    def of_slots(self, owners: Sequence[int | None]) -> "Layout":
        """The same of an optimizer's variables, given whose they are; counters are nobody's."""
        return Layout(bounds=tuple(() if o is None else self.bounds[o] for o in owners))


def owners(optimizer: keras.optimizers.Optimizer, variables: int) -> list[int | None]:
    """For each variable of an optimizer, the model's that it belongs to; None for counters."""
    probe: Any = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    probe.build([keras.Variable(np.zeros(number + 1, np.float32)) for number in range(variables)])
    return [v.shape[0] - 1 if len(v.shape) else None for v in probe.variables]


def _rows(value: Gradient, start: int, stop: int) -> Gradient:
    if isinstance(value, Rows):
        return value.within(start, stop)
    return np.atleast_1d(value)[start:stop]
