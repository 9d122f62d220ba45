"""The contract of layers, and functions that several layers share."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from agents.weights import Array

if TYPE_CHECKING:  # workers run networks without these
    import keras
    import tensorflow as tf

Shape = tuple[int, ...]
"""The shape of one row: of a batch [B, ...], without B."""

Nonlinearity = Literal["relu", "tanh", "linear"]
"""The function applied after a linear map; linear applies none."""

_ZERO = np.float32(0)


class Layer(ABC):
    """A layer and its three forward passes, which agree to rounding.

    A layer keeps no arrays: each pass takes them, in the order of `names`. A layer without a state
    gives back the state that it is handed, and one without noise ignores its noise. Keras' layers
    are those of Keras itself, so that a saved model loads without anything of ours.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the layer's arrays, in order."""
        return ()

    @property
    def state_size(self) -> int:
        """Numbers S that the layer carries from one step of a row to the row's next step."""
        return 0

    def noise_size(self, shape: Shape) -> int:
        """Standard normal draws Z that the layer takes for a row of the input shape."""
        return 0

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Shape of an output row, given that of an input row.

        Raises:
            ValueError: The layer takes no rows of this shape.
        """

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        """Fresh float32 arrays in the order of `names`.

        Args:
            shape: Shape of an input row.
            rng: Draws them, in the order of `names`.
        """
        return ()

    def numbers(self, shape: Shape) -> int:
        """How many numbers its arrays have; a layer that may have many tells it without them.

        Args:
            shape: Shape of an input row.
        """
        return sum(array.size for array in self.initial_weights(shape, np.random.default_rng(0)))

    @abstractmethod
    def numpy(
        self, w: Sequence[Array], x: Array, state: Array | None, noise: Array | None
    ) -> tuple[Array, Array | None]:
        """The pass of workers, whose rows do not depend on each other in a single bit.

        Args:
            w: The arrays.
            x: [N, BLOCK, ...] float32 input. It is left as it is.
            state: [N, BLOCK, S] state before this step. It is left as it is.
            noise: [N, BLOCK, Z] standard normal draws, or None for no noise.

        Returns:
            The output [N, BLOCK, ...] and the state after this step.
        """

    @abstractmethod
    def tensor(
        self,
        w: "Sequence[tf.Tensor]",
        x: "tf.Tensor",
        state: "tf.Tensor | None",
        noise: "tf.Tensor | None",
    ) -> "tuple[tf.Tensor, tf.Tensor | None]":
        """The pass of learners, differentiable and fit for XLA.

        Args:
            w: The arrays.
            x: [B, ...] float32 input.
            state: [B, S] state before this step.
            noise: [B, Z] standard normal draws, [1, Z] for the same in all rows, or None for no
                noise.

        Returns:
            The output [B, ...] and the state after this step.
        """

    @abstractmethod
    def keras(
        self, w: Sequence[Array], x: "keras.KerasTensor", state: "keras.KerasTensor | None"
    ) -> "tuple[keras.KerasTensor, keras.KerasTensor | None]":
        """The pass without noise as Keras layers, which it makes and gives the arrays.

        Args:
            w: The arrays.
            x: [B, ...] float32 symbolic input.
            state: [B, S] symbolic state before this step.

        Returns:
            The output [B, ...] and the state after this step.
        """


def uniform(rng: np.random.Generator, shape: Shape, variance: float) -> Array:
    """A float32 array of uniform draws around 0.

    Args:
        rng: Draws them, in double precision.
        shape: Shape of the array.
        variance: Variance of the draws. He et al. 2015 take 2 / inputs, Glorot and Bengio 2010
            take 2 / (inputs + outputs).
    """
    limit = math.sqrt(3.0 * variance)
    return rng.uniform(-limit, limit, shape).astype(np.float32)


def width(shape: Shape, layer: str) -> int:
    """Numbers D of a row [D].

    Raises:
        ValueError: The row has not exactly one dimension.
    """
    if len(shape) != 1:
        raise ValueError(f"A {layer} layer takes rows of one dimension, not of {len(shape)}.")
    return shape[0]


def row_shape(x: "tf.Tensor") -> Shape:
    """Shape of a row of a tensor [B, ...] of which all but B is known."""
    return tuple(x.shape[1:])  # pyright: ignore[reportReturnType]


def check_activation(nonlinearity: str) -> None:
    """Makes sure that there is such a nonlinearity.

    Raises:
        ValueError: There is not.
    """
    known = get_args(Nonlinearity)
    if nonlinearity not in known:
        raise ValueError(f"activation {nonlinearity!r}: expected one of {', '.join(known)}")


def check_units(units: int) -> None:
    """Makes sure that a layer has units.

    Raises:
        ValueError: It has not.
    """
    if units < 1:
        raise ValueError(f"a layer of {units} units: expected 1 or more")


def activate(x: Array, nonlinearity: Nonlinearity) -> Array:
    """Applies a nonlinearity to every number of `x` in place, and returns `x`."""
    if nonlinearity == "relu":
        np.maximum(x, _ZERO, out=x)
    elif nonlinearity == "tanh":
        np.tanh(x, out=x)
    return x


def activate_tensor(x: "tf.Tensor", nonlinearity: Nonlinearity) -> "tf.Tensor":
    """The nonlinearity of every number of a tensor."""
    import tensorflow as tf

    if nonlinearity == "relu":
        return tf.nn.relu(x)
    return tf.tanh(x) if nonlinearity == "tanh" else x


def stock(
    layer: "keras.layers.Layer", w: Sequence[Array], x: "keras.KerasTensor"
) -> "keras.KerasTensor":
    """The output of a new Keras layer at `x`, after which the layer holds the arrays `w`."""
    output = layer(x)
    layer.set_weights(list(w))
    return output
