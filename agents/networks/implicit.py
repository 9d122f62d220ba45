"""Quantiles of returns at any place."""

from dataclasses import dataclass

import numpy as np

from agents.networks.layer import Layer, Shape, check_units, stock, uniform, width
from agents.weights import Array


@dataclass(frozen=True)
class Implicit(Layer):
    """Numbers for each unit and quantile: [.., D] to [.., units * quantiles] (Dabney et al. 2018b).

    With the places τ of the quantiles in (0, 1), the row x, and c_i = cos(π i τ) for i below
    `cosines`, a quantile's numbers are

        (x * relu(c E + e)) K + b.

    The layer takes a draw for each quantile, whose normal distribution function is τ; without
    noise, and in Keras, the places are the middles of equal parts. E starts He-uniform, K
    Glorot-uniform, the biases zero.
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

    @property
    def middles(self) -> Array:
        """The places [quantiles] without noise."""
        return ((np.arange(self.quantiles) + 0.5) / self.quantiles).astype(np.float32)

    def numpy(self, w, x, state, noise):
        embedding, embedding_bias, kernel, bias = w  # [C, D], [D], [D, U], [U]
        places = self.middles
        if noise is not None:
            from scipy.special import ndtr  # takes a third of a second to import

            places = ndtr(noise)  # [N, BLOCK, Q]
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
        places = tf.constant(self.middles)[None]  # [1, Q]
        if noise is not None:
            places = normal_distribution(noise)  # [B, Q]
        waves = self._waves(tf, places)  # [B or 1, Q, C]
        h = tf.nn.relu(tf.reshape(waves, (-1, self.cosines)) @ embedding + embedding_bias)
        h = tf.reshape(h, (-1, self.quantiles, x.shape[-1])) * x[:, None]  # [B, Q, D]
        y = tf.reshape(h, (-1, x.shape[-1])) @ kernel + bias  # [B * Q, U]
        y = tf.reshape(y, (-1, self.quantiles, self.units))
        return tf.reshape(tf.transpose(y, (0, 2, 1)), (-1, self.units * self.quantiles)), state

    def keras(self, w, x, state):
        import keras

        embedding, embedding_bias = w[:2]
        h = np.maximum(self._waves(np, self.middles) @ embedding + embedding_bias, 0)  # [Q, D]
        h = keras.layers.Reshape((1, x.shape[-1]))(x) * h[None]  # [B, Q, D]
        y = stock(keras.layers.Dense(self.units), w[2:], h)  # [B, Q, U]
        return keras.layers.Flatten()(keras.layers.Permute((2, 1))(y)), state

    def _waves(self, library, places):
        """The cosines [.., Q, C] of the places [.., Q], by NumPy or TensorFlow."""
        turns = np.pi * np.arange(self.cosines, dtype=np.float32)  # [C]
        return library.cos(places[..., None] * turns.astype(np.float32))


def normal_distribution(noise):
    """The probabilities, of any shape, that a standard normal draw is below each of `noise`."""
    import tensorflow as tf

    return 0.5 * (1.0 + tf.math.erf(noise * np.float32(0.5**0.5)))
