"""The batches of a training, numbered from 0 through all of its epochs."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from supervised.core.examples import Examples


@dataclass(frozen=True, kw_only=True)
class Order:
    """How a training's examples are divided into batches, and batches into parts.

    Attributes:
        batch_size: Examples of a batch.
        parts: Parts into which a batch is cut.
        seed: Decides the order of the examples in each epoch.
    """

    batch_size: int
    parts: int
    seed: int

    def per_epoch(self, examples: int) -> int:
        """Number of batches of an epoch; the last batch may be smaller."""
        return math.ceil(examples / self.batch_size)

    def parts_of(self, batch: int, examples: int) -> int:
        """Number of parts of a batch; the last batch of an epoch may have fewer."""
        left = examples - batch % self.per_epoch(examples) * self.batch_size
        return min(self.parts, self.batch_size, left)


class Batches:
    """Gives the examples of each batch; every process that has one gets equal batches."""

    def __init__(self, examples: Examples, order: Order):
        """Takes all examples of the training, and their order."""
        self.order = order
        self._examples = examples
        self._epoch, self._rows = -1, np.empty(0, np.int64)

    def of(self, batch: int) -> Examples:
        """The examples of a batch; sequences are cut after the longest of the batch."""
        return self._examples.batch(self._rows_of(batch))

    def epochs(self, first: int, count: int) -> list[Examples]:
        """The examples of several batches, joined to one `Examples` for each epoch."""
        found: dict[int, list[npt.NDArray[np.int64]]] = {}
        for batch in range(first, first + count):
            epoch = batch // self.order.per_epoch(len(self._examples))
            found.setdefault(epoch, []).append(self._rows_of(batch))
        return [self._examples.take(np.concatenate(rows)) for rows in found.values()]

    def _rows_of(self, batch: int) -> npt.NDArray[np.int64]:
        size = self.order.batch_size
        epoch, update = divmod(batch, self.order.per_epoch(len(self._examples)))
        if epoch != self._epoch:
            order = self._examples.order(size, self.order.seed, epoch)
            self._epoch, self._rows = epoch, np.asarray(order)
        return self._rows[update * size : (update + 1) * size]
