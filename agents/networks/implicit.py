"""Quantiles of returns at any place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.networks.layer import Layer, Shape, check_units, stock, uniform, width
from agents.weights import Array

if TYPE_CHECKING:  # workers run networks without it
    import tensorflow as tf

_MIDDLE = np.float32(0.5)


@dataclass(frozen=True)
class Implicit(Layer):
    """Numbers for each unit and quantile: [.., D] to [.., units * quantiles] (Dabney et al. 2018b).

    With a quantile's place τ in (0, 1), the row x, and c_i = cos(π i τ) for i below `cosines`, its
    numbers are

        (x * relu(c E + e)) K + b.

    Each place is in a part of its own of equal parts of (0, 1). The layer takes a draw for each
    quantile, whose normal distribution function says where in its part; without noise, and in
    Keras, it is the middle. E starts He-uniform, K Glorot-uniform, the biases zero.
    """

    units: int
    quantiles: int
    cosines: int = 64

    def __post_init__(self) -> None:
        check_units(self.units)

    @property
    def names(self) -> tuple[str, ...]:
        return "embedding_kernel", "embedding_bias", "kernel", "bias"

    def noise_size(self, shape: Shape) -> int:
        return self.quantiles

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "quantile")
        return (self.units * self.quantiles,)

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        inputs = width(shape, "quantile")
        embedding = uniform(rng, (self.cosines, inputs), 2.0 / self.cosines)
        kernel = uniform(rng, (inputs, self.units), 2.0 / (inputs + self.units))
        biases = np.zeros(inputs, np.float32), np.zeros(self.units, np.float32)
        return embedding, biases[0], kernel, biases[1]

    def _places(self, within):
        """The places [.., Q] that are so far within the parts of (0, 1) of their quantiles."""
        return (np.arange(self.quantiles, dtype=np.float32) + within) / np.float32(self.quantiles)

    def places(self, noise: "tf.Tensor | None") -> "tf.Tensor":
        """The places [B, Q] by the noise [B, Q], or [1, Q] without any."""
        import tensorflow as tf

        if noise is None:
            return tf.constant(self._places(_MIDDLE))[None]
        return self._places(0.5 * (1.0 + tf.math.erf(noise * np.float32(0.5**0.5))))

    def numpy(self, w, x, state, noise):
        embedding, embedding_bias, kernel, bias = w  # [C, D], [D], [D, U], [U]
        places = self._places(_MIDDLE)  # [Q]
        if noise is not None:
            from scipy.special import ndtr  # takes a third of a second to import

            places = self._places(ndtr(noise))  # [N, BLOCK, Q]
        h = np.matmul(self._waves(np, places), embedding)  # [.., Q, D]
        h += embedding_bias
        np.maximum(h, np.float32(0), out=h)
        h = h * x[..., None, :]  # [N, BLOCK, Q, D]
        y = np.matmul(h, kernel)  # [N, BLOCK, Q, U]
        y += bias
        return y.swapaxes(-1, -2).reshape(*x.shape[:2], -1), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        embedding, embedding_bias, kernel, bias = w  # [C, D], [D], [D, U], [U]
        waves = self._waves(tf, self.places(noise))  # [B or 1, Q, C]
        h = tf.nn.relu(tf.reshape(waves, (-1, self.cosines)) @ embedding + embedding_bias)
        h = tf.reshape(h, (-1, self.quantiles, x.shape[-1])) * x[:, None]  # [B, Q, D]
        y = tf.reshape(h, (-1, x.shape[-1])) @ kernel + bias  # [B * Q, U]
        y = tf.reshape(y, (-1, self.quantiles, self.units))
        return tf.reshape(tf.transpose(y, (0, 2, 1)), (-1, self.units * self.quantiles)), state

    def keras(self, w, x, state):
        import keras

        embedding, embedding_bias = w[:2]
        h = np.maximum(
            self._waves(np, self._places(_MIDDLE)) @ embedding + embedding_bias, 0
        )  # [Q, D]
        h = keras.layers.Reshape((1, x.shape[-1]))(x) * h[None]  # [B, Q, D]
        y = stock(keras.layers.Dense(self.units), w[2:], h)  # [B, Q, U]
        return keras.layers.Flatten()(keras.layers.Permute((2, 1))(y)), state

    def _waves(self, library, places):
        """The cosines [.., Q, C] of the places [.., Q], by NumPy or TensorFlow."""
        turns = np.pi * np.arange(self.cosines, dtype=np.float32)  # [C]
        return library.cos(places[..., None] * turns.astype(np.float32))
