"""Layers of a multi-layer perceptron."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agents.networks.layer import (
    Layer,
    Nonlinearity,
    Shape,
    activate,
    activate_tensor,
    check_activation,
    check_units,
    row_shape,
    stock,
    uniform,
    width,
)
from agents.weights import Array


@dataclass(frozen=True)
class Dense(Layer):
    """A linear map with a bias and a nonlinearity: [.., D] to [.., units].

    Kernels start He-uniform (He et al. 2015) or Glorot-uniform (Glorot and Bengio 2010), biases
    zero. As the last layer of a network, `Dense(actions, "linear", "glorot")` gives action values.
    """

    units: int
    activation: Nonlinearity = "relu"
    initializer: Literal["he", "glorot"] = "he"

    def __post_init__(self) -> None:
        check_units(self.units)
        check_activation(self.activation)

    @property
    def names(self) -> tuple[str, ...]:
        return "kernel", "bias"

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "dense")
        return (self.units,)

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        inputs = width(shape, "dense")
        fan = inputs if self.initializer == "he" else inputs + self.units
        kernel = uniform(rng, (inputs, self.units), 2.0 / fan)
        return kernel, np.zeros(self.units, np.float32)

    def numbers(self, shape: Shape) -> int:
        return (width(shape, "dense") + 1) * self.units

    def numpy(self, w, x, state, noise):
        kernel, bias = w  # [D, U], [U]
        h = np.matmul(x, kernel)  # [N, BLOCK, U]
        h += bias  # in place: with few environments the calls cost the time
        return activate(h, self.activation), state

    def tensor(self, w, x, state, noise):
        kernel, bias = w  # [D, U], [U]
        return activate_tensor(x @ kernel + bias, self.activation), state  # [B, U]

    def keras(self, w, x, state):
        import keras

        return stock(keras.layers.Dense(self.units, self.activation), w, x), state


@dataclass(frozen=True)
class Flatten(Layer):
    """All numbers of a row in one dimension: [.., H, W, C] to [.., H * W * C]."""

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def numpy(self, w, x, state, noise):
        return x.reshape(*x.shape[:2], -1), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        return tf.reshape(x, (-1, math.prod(row_shape(x)))), state

    def keras(self, w, x, state):
        import keras

        return keras.layers.Flatten()(x), state


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Layer normalisation over the last axis (Ba et al. 2016), with a scale and an offset.

    The last axis gets mean 0 and variance 1. `epsilon` is added to the variance before the root.
    Of a picture [H, W, C] it normalises the channels of each pixel. Scales start at 1, offsets
    at 0.
    """

    epsilon: float = 1e-6

    @property
    def names(self) -> tuple[str, ...]:
        return "scale", "offset"

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        return np.ones(shape[-1], np.float32), np.zeros(shape[-1], np.float32)

    def numpy(self, w, x, state, noise):
        scale, offset = w  # [C], [C]
        h = x - x.mean(axis=-1, keepdims=True)  # [N, BLOCK, ..., C]
        variance = np.square(h).mean(axis=-1, keepdims=True)  # [N, BLOCK, ..., 1]
        variance += np.float32(self.epsilon)
        h /= np.sqrt(variance)
        h *= scale
        h += offset
        return h, state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        scale, offset = w  # [C], [C]
        h = x - tf.reduce_mean(x, axis=-1, keepdims=True)  # [B, ..., C]
        variance = tf.reduce_mean(tf.square(h), axis=-1, keepdims=True)  # [B, ..., 1]
        return h / tf.sqrt(variance + self.epsilon) * scale + offset, state

    def keras(self, w, x, state):
        import keras

        return stock(keras.layers.LayerNormalization(epsilon=self.epsilon), w, x), state


@dataclass(frozen=True)
class Activation(Layer):
    """A nonlinearity as a layer of its own, such as after `LayerNorm`."""

    name: Nonlinearity

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def __post_init__(self) -> None:
        check_activation(self.name)

    def numpy(self, w, x, state, noise):
        # A copy: the input may be a recurrent layer's state as well.
        return activate(x.copy(), self.name), state

    def tensor(self, w, x, state, noise):
        return activate_tensor(x, self.name), state

    def keras(self, w, x, state):
        import keras

        return keras.layers.Activation(self.name)(x), state
