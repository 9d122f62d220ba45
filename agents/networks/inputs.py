"""How observations become the input of a network's first layer."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportIncompatibleMethodOverride=false

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.networks.layer import Shape
from agents.weights import Array

if TYPE_CHECKING:  # workers run networks without these
    import keras
    import tensorflow as tf


class Inputs(ABC):
    """An encoding of raw observations [B, ...] as float32 rows, in NumPy, TensorFlow and Keras."""

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """Shape of an encoded row."""

    @abstractmethod
    def numpy(self, observations: Array, out: Array) -> None:
        """Writes the encoded rows of observations [B, ...] into `out` [B, *shape] of float32."""

    @abstractmethod
    def tensor(self, observations: "tf.Tensor") -> "tf.Tensor":
        """Encoded rows [B, *shape] of observations [B, ...]."""

    @abstractmethod
    def keras(self) -> "tuple[keras.KerasTensor, keras.KerasTensor]":
        """A new Keras input of observations [B, ...], and its encoded rows [B, *shape]."""


@dataclass(frozen=True)
class OneHot(Inputs):
    """One of `n` discrete observations as a row [n] of zeros with a single 1."""

    n: int

    @property
    def shape(self) -> Shape:
        return (self.n,)

    def numpy(self, observations: Array, out: Array) -> None:
        out[...] = np.eye(self.n, dtype=np.float32)[observations]

    def tensor(self, observations):
        import tensorflow as tf

        return tf.one_hot(observations, self.n)

    def keras(self):
        import keras

        inputs = keras.Input((), dtype="int32", name="observation")
        return inputs, keras.ops.one_hot(inputs, self.n)


def divisor(space: Box, *, picture: bool) -> float:
    """What a network divides observations by, so that they lie in [0, 1]; 1 leaves them.

    Bytes are divided by 255, and pictures of other numbers by the end of their box, where this is
    from 0 to one finite number above 1.

    Args:
        space: The box of an observation.
        picture: Whether the network sees pictures; flat rows may mix numbers of any kind.
    """
    if space.dtype == np.uint8:
        return 255.0
    high = float(space.high.flat[0])
    alike = bool((space.low == 0).all() and (space.high == high).all())
    return high if picture and alike and 1 < high < np.inf else 1.0


@dataclass(frozen=True)
class _Numbers(Inputs):
    """Observations of a box, reshaped to `shape` and divided by `divisor`."""

    space: Box
    is_picture: ClassVar[bool] = False

    @cached_property
    def _whole(self) -> float:
        return divisor(self.space, picture=self.is_picture)

    def numpy(self, observations: Array, out: Array) -> None:
        rows = observations.reshape(out.shape)
        if self._whole == 1:
            out[...] = rows
        else:
            np.divide(rows, np.float32(self._whole), out=out, dtype=np.float32)

    def tensor(self, observations):
        import tensorflow as tf

        rows = tf.reshape(tf.cast(observations, tf.float32), (-1, *self.shape))
        return rows if self._whole == 1 else rows / self._whole

    def keras(self):
        import keras

        assert self.space.dtype is not None
        inputs = keras.Input(self.space.shape, dtype=self.space.dtype.name, name="observation")
        x = keras.ops.cast(inputs, "float32")
        if self._whole != 1:
            x = keras.layers.Rescaling(1 / self._whole)(x)
        return inputs, keras.layers.Reshape(self.shape)(x)


@dataclass(frozen=True)
class Vector(_Numbers):
    """Observations of a box as flat rows [D]; bytes are scaled to [0, 1]."""

    @cached_property
    def shape(self) -> Shape:
        return (math.prod(self.space.shape),)


@dataclass(frozen=True)
class Image(_Numbers):
    """Observations of a box [H, W] or [H, W, C] as pictures [H, W, C], scaled as `divisor` says.

    Raises:
        ValueError: The box has neither 2 nor 3 dimensions.
    """

    is_picture: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if len(self.space.shape) not in (2, 3):
            raise ValueError(
                "Pictures have the dimensions [height, width] or [height, width, channels]; "
                f"these observations have the shape {list(self.space.shape)}. "
                "Take --agent.network mlp, or a wrapper that leaves nothing but a picture."
            )

    @cached_property
    def shape(self) -> Shape:
        return self.space.shape if len(self.space.shape) == 3 else (*self.space.shape, 1)


def flat_inputs(space: Box | Discrete) -> Inputs:
    """Observations as flat rows [D]: discrete ones one-hot, boxes flattened."""
    return OneHot(int(space.n)) if isinstance(space, Discrete) else Vector(space)
