"""The book's recurrent cells, written out once, for NumPy and for TensorFlow (chapter 6).

A cell turns an input x_t [B, D] and a state into the next state; `unrolled` applies it along a
sequence. Weights are arrays in the form of Keras' layers, whose gates are side by side in columns,
in Keras' order. Deviations from the book: the book's GRU has h = (1 - z) h_prev + z g and Keras'
has h = z h_prev + (1 - z) g, which are equal if z and 1 - z change places; cells have biases, which
the book's lack. The reset gate is applied before the product, as in the book
(`reset_after=False`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

Array = Any
"""A NumPy array or a tensor."""
State = tuple[Array, ...]
"""h [B, U], and of the LSTM also c [B, U]."""


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """The functions that the equations need beside + and @, from one of the two libraries."""

    tanh: Callable[[Array], Array]
    sigmoid: Callable[[Array], Array]
    array: Callable[[Array], Array]
    where: Callable[[Array, Array, Array], Array]
    stack: Callable[[Sequence[Array]], Array]
    zeros: Callable[[tuple[int, int]], Array]


NUMPY = Arithmetic(
    array=np.asarray,
    tanh=np.tanh,
    sigmoid=lambda x: 1 / (1 + np.exp(-x)),
    where=np.where,
    stack=lambda steps: np.stack(steps, axis=1),
    zeros=lambda shape: np.zeros(shape, np.float32),
)
TENSORFLOW = Arithmetic(
    array=tf.constant,
    tanh=tf.tanh,
    sigmoid=tf.sigmoid,
    where=tf.where,
    stack=lambda steps: tf.stack(steps, axis=1),
    zeros=lambda shape: tf.zeros(shape, tf.float32),
)


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A cell's weights, with G gates: 1 for the plain cell, 4 for the LSTM, 3 for the GRU.

    Attributes:
        kernel: [D, G U] weights of the input.
        recurrent: [U, G U] weights of the last h.
        bias: [G U] biases.
    """

    kernel: Array
    recurrent: Array
    bias: Array

    @property
    def units(self) -> int:
        """U, the number of units."""
        return int(self.recurrent.shape[0])


Cell = Callable[[Arithmetic, Array, State, Weights], State]


def rnn(maths: Arithmetic, x_t: Array, state: State, weights: Weights) -> State:
    """h_t = tanh(x_t W_x + h_tm1 W_h + b)."""
    (h_tm1,) = state
    return (maths.tanh(x_t @ weights.kernel + h_tm1 @ weights.recurrent + weights.bias),)


def lstm(maths: Arithmetic, x_t: Array, state: State, weights: Weights) -> State:
    """c_t = f c_tm1 + i g; h_t = o tanh(c_t), with gates i, f, o and the candidate g."""
    h_tm1, c_tm1 = state
    z = x_t @ weights.kernel + h_tm1 @ weights.recurrent + weights.bias  # [B, 4 U]
    i, f, g, o = _gates(z, weights.units)
    c_t = maths.sigmoid(f) * c_tm1 + maths.sigmoid(i) * maths.tanh(g)
    return maths.sigmoid(o) * maths.tanh(c_t), c_t


def gru(maths: Arithmetic, x_t: Array, state: State, weights: Weights) -> State:
    """h_t = z h_tm1 + (1 - z) g, and g = tanh(x_t W_g + (r h_tm1) U_g + b_g)."""
    (h_tm1,) = state
    from_x = _gates(x_t @ weights.kernel + weights.bias, weights.units)
    update, reset, candidate = _gates(weights.recurrent, weights.units)
    z_t = maths.sigmoid(from_x[0] + h_tm1 @ update)
    r_t = maths.sigmoid(from_x[1] + h_tm1 @ reset)
    g_t = maths.tanh(from_x[2] + (r_t * h_tm1) @ candidate)
    return (z_t * h_tm1 + (1 - z_t) * g_t,)


CELLS: dict[str, tuple[Cell, int]] = {"rnn": (rnn, 1), "lstm": (lstm, 2), "gru": (gru, 1)}
"""Each cell by name, and how many arrays its state has."""


def unrolled(
    name: str, maths: Arithmetic, x: Array, weights: Weights, lengths: Any = None
) -> tuple[Array, Array]:
    """Applies a cell along sequences, from a state of zeros.

    Args:
        maths: The library of x and the weights.
        x: [B, T, D] sequences.
        lengths: [B] NumPy integers, the steps of each sequence; after them its state stays. None
            uses all T. The book feeds lengths, and forgets to pass them to its layer.

    Returns:
        Every h [B, T, U], and the last h [B, U].
    """
    cell, parts = CELLS[name]
    state: State = (maths.zeros((x.shape[0], weights.units)),) * parts
    found = []
    for step in range(x.shape[1]):
        new = cell(maths, x[:, step], state, weights)
        if lengths is not None:
            inside = (step < np.asarray(lengths))[:, None]  # [B, 1]
            new = tuple(maths.where(inside, n, old) for n, old in zip(new, state, strict=True))
        state = new
        found.append(state[0])
    return maths.stack(found), state[0]


def _gates(columns: Array, units: int) -> list[Array]:
    """Cuts columns [..., G U] into G arrays [..., U]."""
    return [columns[..., i : i + units] for i in range(0, int(columns.shape[-1]), units)]
