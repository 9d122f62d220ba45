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
class Partition:
    """Every server holds a range of rows of every variable; the range is often empty.

    So the optimizers of all servers have the same variables in the same order, and the servers'
    rows of a variable are joined along its first axis. Optimizers work on each number by itself, so
    the place of a cut changes no bit.

    Attributes:
        bounds: For each variable the first row of each server, in order, and then the number of
            rows; empty for a variable that every server holds as a whole.
    """

    bounds: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, variables: Sequence[Any], servers: int) -> "Partition":
        """Cuts large variables into ranges, and gives each other variable to one server.

        A variable is not cut if it is small, or if a constraint needs all of its rows; it goes to
        the server that holds the fewest numbers so far.

        Args:
            variables: The model's trainable variables.
        """
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
        """Number of parameter servers."""
        return len(self.bounds[0]) - 1

    def cut(self, values: Sequence[Any], server: int) -> list[Any]:
        """A server's rows of values or gradients, of which there is one for each variable."""
        return [
            _rows(value, bounds[server], bounds[server + 1]) if bounds else value
            for value, bounds in zip(values, self.bounds, strict=True)
        ]

    def joined(self, parts: Sequence[Sequence[npt.NDArray[Any]]]) -> list[npt.NDArray[Any]]:
        """The whole values, one for each variable, from the rows that each server holds."""
        return [
            np.concatenate(pieces) if bounds else pieces[0]
            for *pieces, bounds in zip(*parts, self.bounds, strict=True)
        ]

    def of_slots(self, owners: Sequence[int | None]) -> "Partition":
        """The partition of an optimizer's variables, each of which is cut as its owner is.

        Args:
            owners: For each of the optimizer's variables the number of the model's variable that
                it belongs to; None for a counter, which every server holds as a whole.
        """
        return Partition(bounds=tuple(() if o is None else self.bounds[o] for o in owners))


def owners(optimizer: keras.optimizers.Optimizer, variables: int) -> list[int | None]:
    """Which of the model's variables each variable of an optimizer belongs to.

    Args:
        variables: How many trainable variables the model has.

    Returns:
        For each of the optimizer's variables the number of the model's variable, from 0; None for a
        counter.
    """
    probe: Any = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    probe.build([keras.Variable(np.zeros(number + 1, np.float32)) for number in range(variables)])
    return [v.shape[0] - 1 if len(v.shape) else None for v in probe.variables]


def _rows(value: Gradient, start: int, stop: int) -> Gradient:
    if isinstance(value, Rows):
        return value.within(start, stop)
    return np.atleast_1d(value)[start:stop]
