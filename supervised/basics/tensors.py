"""Tensors, types, variables, fetches and feeds in today's TensorFlow."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf

from supervised.basics.configs import TensorsConfig
from supervised.core.job import Context, Result
from supervised.datasets.source import DataKind

_COUNTED = 5
_LINE = 96

# fmt: off
_DTYPES = (
    tf.float32, tf.float64, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8,
    tf.string, tf.bool, tf.complex64, tf.complex128, tf.qint8, tf.qint32, tf.quint8,
)
# fmt: on
_VALUES: Mapping[Any, Any] = {tf.string: "one", tf.bool: True}
_LIST, _ARRAY = [[2, 4], [6, 8]], np.array([[2, 4], [6, 6]], np.float32)
_CUBE = [[[1], [2], [3]], [[4], [5], [6]], [[7], [8], [9]]]
_RANKED: tuple[Any, ...] = (100, [1, 2, 3, 4, 5], [[1, 2, 3], [4, 5, 6]], _CUBE)
_OPERATIONS = ["zeros", "ones", "sum", "shape", "reshape", "arithmetic", "dot", "slicing"]

Matrix = npt.NDArray[np.float32]

BOOK: Mapping[str, tuple[object, Callable[[Matrix], object]]] = {
    "product of constants": (72, lambda _: int(tf.constant(8) * tf.constant(9))),
    "product in a function": (72.0, lambda _: float(product(tf.constant(8.0), tf.constant(9.0)))),
    "matrix product in a graph": (
        [[8.0]],
        lambda _: matrix_product(tf.constant([[2.0]]), tf.constant([[4.0]])).numpy().tolist(),
    ),
    "matrix product, eager": (
        "tf.Tensor([[8.]], shape=(1, 1), dtype=float32)",
        lambda _: str(tf.matmul([[2.0]], [[4.0]])),
    ),
    "types": (
        ["list", "ndarray", "Tensor"],
        lambda _: [_kind(value) for value in (_LIST, _ARRAY, tf.constant(_LIST))],
    ),
    "converted types": (
        ["Tensor", "Tensor"],
        lambda _: [_kind(tf.convert_to_tensor(value)) for value in (_LIST, _ARRAY)],
    ),
    "same as NumPy": (_OPERATIONS, lambda _: same_as_numpy()),
    "ranks": ([0, 1, 2, 3], lambda _: [tf.constant(value).numpy().ndim for value in _RANKED]),
    "shapes": (
        [(), (5,), (2, 3), (3, 3, 1)],
        lambda _: [tf.constant(value).numpy().shape for value in _RANKED],
    ),
    "data types": (
        [dtype.name for dtype in _DTYPES],
        lambda _: [tf.constant(_VALUES.get(dtype, 1), dtype).dtype.name for dtype in _DTYPES],
    ),
    "one dimension": (
        ((10,), list(range(1, 11))),
        lambda _: _described(tf.constant(np.arange(1, 11)))[1:],
    ),
    "two dimensions, variable": (
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        lambda _: tf.Variable(tf.reshape(tf.range(1, 10), (3, 3))).numpy().tolist(),
    ),
    "one to five": ([1, 2, 3, 4, 5], lambda _: tf.constant([1, 2, 3, 4, 5]).numpy().tolist()),
    "three dimensions": (
        ("float64", (3, 3, 3), [float(number) for number in range(27)]),
        lambda _: _described(tf.constant(np.arange(27.0).reshape(3, 3, 3))),
    ),
    "counter": (list(range(_COUNTED + 1)), lambda _: counter()),
    "fetches": ([[400.0], [300.0]], lambda _: fetches()),
    "feeds": (((3, 2), True), lambda matrix: feeds(matrix)),
}
"""What the book prints, in its order (3.1-3.9), and what gives it from the matrix that is fed.

For a listing that prints nothing or a mistake, the truth.
"""


@dataclass(frozen=True, kw_only=True)
class Feed:
    """The matrix [3, 2] that is fed: seeded numbers in [0, 1)."""

    matrix: npt.NDArray[np.float32]
    name: str = "uniform matrix"
    kind: DataKind = "synthetic"


def run(config: TensorsConfig, context: Context) -> Result:
    """Runs every demonstration of chapter 2 and compares it with what the book prints.

    Deviations from the book's listings (3.1-3.10), which are of TensorFlow 1: a placeholder is an
    argument of a `tf.function`, a session's fetches are its return values, `feed_dict` is
    `tf.data`. Bugs there: a session used after its end, missing brackets, Python 2's `print`, a
    1x1 product printed as 8 (it is [[8.]]), a counter "to 10" that counts to 5, a matrix called
    2x3 that is 3x2, unseeded.

    Returns:
        `equal`: the fraction of demonstrations that give the book's value.
    """
    rng = context.rng("feed")
    feed = context.load(lambda _: Feed(matrix=rng.random((3, 2), np.float32)))
    rows = [(name, repr(value), repr(ours(feed.matrix))) for name, (value, ours) in BOOK.items()]
    table = pd.DataFrame(rows, columns=["name", "book", "ours"])
    table["equal"] = table["book"] == table["ours"]
    for name, book, ours, equal in table.itertuples(index=False):
        verdict = "as the book" if equal else f"BOOK: {book}"
        context.say(f"{name}: {textwrap.shorten(ours, _LINE)}  ({verdict})")
    context.table("demonstrations", table)
    context.graph(graph_of_product())
    for step, count in enumerate(counter()):
        context.scalars(step, {"counter": float(count)})
    metrics = {"equal": float(np.mean(table["equal"]))}
    missed = [f"not as in the book: {name}" for name in table["name"][~table["equal"]]]
    return Result(metrics=metrics if context.final else {}, validation=metrics, notes=missed)


@tf.function
def product(x: Any, y: Any) -> Any:
    """The placeholder version: x times y in a graph (3.2)."""
    return x * y


matrix_product = tf.function(tf.matmul)  # of two placeholders (3.3)


def graph_of_product() -> bytes:
    """The graph of `product`, for TensorBoard (3.10)."""
    number = tf.TensorSpec((), tf.float32)
    graph = product.get_concrete_function(number, number).graph  # pyright: ignore
    return graph.as_graph_def().SerializeToString()


def same_as_numpy() -> list[str]:
    """The operations that TensorFlow and NumPy have in common and agree on (3.4)."""
    a = np.arange(6.0).reshape(2, 3)
    b = a[::-1].copy()
    s, t = tf.constant(a), tf.constant(b)
    pairs = {
        "zeros": (np.zeros((2, 3)), tf.zeros((2, 3))),
        "ones": (np.ones((2, 3)), tf.ones((2, 3))),
        "sum": (a.sum(axis=1), tf.reduce_sum(s, axis=1)),
        "shape": (np.array(a.shape), tf.shape(s)),
        "reshape": (a.reshape(1, 6), tf.reshape(s, (1, 6))),
        "arithmetic": (a * 5 + b, s * 5 + t),
        "dot": (a @ b.T, tf.matmul(s, tf.transpose(t))),
        "slicing": (a[0, 1:], s[0, 1:]),
    }
    return [name for name in _OPERATIONS if np.array_equal(pairs[name][0], pairs[name][1].numpy())]


def counter() -> list[int]:
    """The values of a variable that is incremented (3.7)."""
    count = tf.Variable(tf.constant(0))
    return [int(count)] + [int(count.assign_add(1)) for _ in range(_COUNTED)]


def fetches() -> list[list[float]]:
    """Two results of one call of a graph (3.8)."""

    @tf.function
    def both(a: Any, b: Any, c: Any) -> Any:
        return a + b, a * c

    a, b, c = (tf.constant([value]) for value in (100.0, 300.0, 3.0))
    return [result.numpy().tolist() for result in both(a, b, c)]


def feeds(matrix: npt.NDArray[np.float32]) -> tuple[tuple[int, ...], bool]:
    """Feeds the matrix through x + x; returns the shape, and whether all was doubled (3.9).

    Args:
        matrix: [3, 2] the matrix that is fed.
    """
    doubled = tf.data.Dataset.from_tensors(matrix).map(lambda x: x + x)
    (result,) = doubled.as_numpy_iterator()
    return result.shape, bool(np.array_equal(result, 2 * matrix))


def _described(tensor: Any) -> tuple[str, tuple[int, ...], list[float]]:
    """Type, shape and values of a tensor."""
    return tensor.dtype.name, tensor.numpy().shape, tensor.numpy().ravel().tolist()


def _kind(value: object) -> str:
    """The name of a type as users import it, not of the class behind it."""
    return next(kind.__name__ for kind in (list, np.ndarray, tf.Tensor) if isinstance(value, kind))
