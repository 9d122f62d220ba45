"""What a model is trained on: examples in memory, or whatever comes in batches."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

_WINDOW = 50  # batches among which examples of like length are looked for

Inputs = npt.NDArray[Any] | Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Examples in memory.

    Attributes:
        x: [N, ...] inputs, or several by name.
        y: [N, ...] targets.
        lengths: [N] steps used of each x [N, T, ...]. Training then puts examples of similar length
            into a batch, and cuts it after its longest example. None uses all T steps.
    """

    x: Inputs
    y: npt.NDArray[Any]
    lengths: npt.NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: npt.NDArray[Any]) -> "Examples":
        """The examples in these rows."""
        x = {k: v[rows] for k, v in self.x.items()} if isinstance(self.x, Mapping) else self.x[rows]
        lengths = None if self.lengths is None else self.lengths[rows]
        return Examples(x=x, y=self.y[rows], lengths=lengths)

    def order(self, size: int, seed: int, epoch: Any) -> Any:
        """Rows [N] in the order of an epoch: each batch takes the next `size` of them."""
        seeds = [seed, epoch]
        rows = _shuffled(tf.range(len(self)), seeds)
        if self.lengths is not None:
            rows = _alike(rows, tf.constant(self.lengths, tf.int64), size, seeds)
        return rows

    def batch(self, rows: npt.NDArray[Any]) -> "Examples":
        """The examples in these rows as a batch, which is cut after its longest example."""
        batch = self.take(rows)
        if batch.lengths is None:
            return batch
        assert isinstance(batch.x, np.ndarray)
        return Examples(x=batch.x[:, : max(batch.lengths.max(), 1)], y=batch.y)

    def batches(self, size: int, seed: int, epoch: tf.Variable) -> tf.data.Dataset:
        """Batches of one epoch, in the order that seed and epoch give when the iteration starts."""
        columns = tf.nest.map_structure(tf.constant, (keras_inputs(self.x), self.y))
        lengths = None if self.lengths is None else tf.constant(self.lengths, tf.int64)

        def gather(rows: Any) -> Any:
            x, y = tf.nest.map_structure(lambda column: tf.gather(column, rows), columns)
            if lengths is not None:
                x = x[:, : tf.maximum(tf.reduce_max(tf.gather(lengths, rows)), 1)]
            return x, y

        return _batches(lambda: self.order(size, seed, epoch.read_value()), gather, len(self), size)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Examples on disk, of which a batch is in memory at a time; batches are those of `Examples`.

    Attributes:
        x: [M, ...] inputs, mapped from a file.
        y: [M] targets.
        rows: [N] which of them the examples are.
    """

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
    rows: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def batches(self, size: int, seed: int, epoch: tf.Variable) -> tf.data.Dataset:
        """Batches of one epoch, in the order that seed and epoch give when the iteration starts."""
        return self._in(lambda: _shuffled(tf.range(len(self)), [seed, epoch.read_value()]), size)

    def in_order(self, size: int) -> tf.data.Dataset:
        """All examples in batches, in their own order."""
        return self._in(lambda: tf.range(len(self)), size)

    def _in(self, order: Callable[[], Any], size: int) -> tf.data.Dataset:
        def read(places: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
            rows = self.rows[places]
            return self.x[rows], self.y[rows]

        def gather(places: Any) -> Any:
            kinds = (self.x.dtype, self.y.dtype)
            found: Any = tf.numpy_function(read, [places], kinds)
            for part, whole in zip(found, (self.x, self.y), strict=True):
                part.set_shape((None, *whole.shape[1:]))
            return tuple(found)

        return _batches(order, gather, len(self), size)


class Batched(Protocol):
    """What a model can be trained on: `Examples`, or data that are too large for the memory."""

    def __len__(self) -> int:
        """Number of examples of an epoch."""
        ...

    def batches(self, size: int, seed: int, epoch: tf.Variable) -> tf.data.Dataset:
        """Batches of one epoch, in an order that follows from seed and epoch.

        The last batch may be smaller than `size`.
        """
        ...


def _batches(
    order: Callable[[], Any], gather: Callable[[Any], Any], count: int, size: int
) -> tf.data.Dataset:
    """Batches of `size`; the order [count] of an epoch is asked for when its iteration starts."""

    def ordered(_: Any) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(order()).batch(size)

    batches = tf.data.Dataset.range(1).flat_map(ordered).map(gather).prefetch(2)
    return batches.apply(tf.data.experimental.assert_cardinality(math.ceil(count / size)))


def _shuffled(values: Any, seeds: Any) -> Any:
    return tf.random.experimental.stateless_shuffle(values, seed=seeds)  # pyright: ignore


def _alike(rows: Any, lengths: Any, size: int, seeds: Any) -> Any:
    """Sorts the rows by length within every `_WINDOW` batches, then shuffles whole batches.

    So the examples of a batch have similar lengths, and short and long batches take turns. The rows
    that do not fill a batch stay last.
    """
    window = tf.range(len(rows), dtype=tf.int64) // (size * _WINDOW)
    longest = tf.reduce_max(lengths) + 1
    rows = tf.gather(rows, tf.argsort(window * longest + tf.gather(lengths, rows), stable=True))
    whole = len(rows) // size * size
    mixed = _shuffled(tf.reshape(rows[:whole], [-1, size]), seeds)
    return tf.concat([tf.reshape(mixed, [-1]), rows[whole:]], axis=0)


def keras_inputs(x: Inputs) -> Any:
    """Inputs as Keras takes them."""
    return dict(x) if isinstance(x, Mapping) else x
