"""Noise on weights, as exploration."""

import math
from dataclasses import dataclass

import numpy as np

from agents.networks.layer import (
    Layer,
    Nonlinearity,
    Shape,
    activate,
    activate_tensor,
    check_activation,
    check_units,
    stock,
    uniform,
    width,
)
from agents.weights import Array


@dataclass(frozen=True)
class NoisyDense(Layer):
    """A dense layer with factorised Gaussian noise on its weights (Fortunato et al. 2018).

    With f(e) = sign(e) sqrt(|e|) and noise e_in [.., D] and e_out [.., units], drawn for each row,

        y = x K + b + ((x * f(e_in)) K') * f(e_out) + b' * f(e_out).

    K and b start uniform in ±1 / sqrt(D), K' and b' at `sigma` / sqrt(D) (their section 3.2). The
    layer takes D + units draws for a row: e_in, then e_out. Without noise, and in Keras, the layer
    is dense with K and b.
    """

    units: int
    activation: Nonlinearity = "relu"
    sigma: float = 0.5

    def __post_init__(self) -> None:
        check_units(self.units)
        check_activation(self.activation)

    @property
    def names(self) -> tuple[str, ...]:
        return "kernel", "bias", "kernel_sigma", "bias_sigma"

    def noise_size(self, shape: Shape) -> int:
        return width(shape, "noisy dense") + self.units

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "noisy dense")
        return (self.units,)

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        inputs = width(shape, "noisy dense")
        kernel = uniform(rng, (inputs, self.units), 1.0 / (3.0 * inputs))
        bias = uniform(rng, (self.units,), 1.0 / (3.0 * inputs))
        sigma = np.float32(self.sigma / math.sqrt(inputs))
        return kernel, bias, np.full_like(kernel, sigma), np.full_like(bias, sigma)

    def numbers(self, shape: Shape) -> int:
        return 2 * (width(shape, "noisy dense") + 1) * self.units

    def numpy(self, w, x, state, noise):
        kernel, bias, kernel_sigma, bias_sigma = w  # [D, U], [U], [D, U], [U]
        h = np.matmul(x, kernel)  # [N, BLOCK, U]
        h += bias
        if noise is not None:
            shaped = np.sign(noise) * np.sqrt(np.abs(noise))  # [N, BLOCK, D + U]
            inputs, outputs = shaped[..., : -self.units], shaped[..., -self.units :]
            noisy = np.matmul(x * inputs, kernel_sigma)  # [N, BLOCK, U]
            noisy += bias_sigma
            noisy *= outputs
            h += noisy
        return activate(h, self.activation), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        kernel, bias, kernel_sigma, bias_sigma = w  # [D, U], [U], [D, U], [U]
        if noise is None:
            return activate_tensor(x @ kernel + bias, self.activation), state
        shaped = tf.sign(noise) * tf.sqrt(tf.abs(noise))  # [B or 1, D + U]
        inputs, outputs = shaped[:, : -self.units], shaped[:, -self.units :]
        if noise.shape[0] == 1:  # the same for all rows: the noisy arrays take one product
            h = x @ (kernel + tf.transpose(inputs) * outputs * kernel_sigma)  # [B, U]
            h += bias + outputs * bias_sigma
        else:
            h = x @ kernel + bias + ((x * inputs) @ kernel_sigma + bias_sigma) * outputs  # [B, U]
        return activate_tensor(h, self.activation), state

    def keras(self, w, x, state):
        import keras

        return stock(keras.layers.Dense(self.units, self.activation), w[:2], x), state
