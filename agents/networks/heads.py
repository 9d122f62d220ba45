"""Last layers, which value actions."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportOptionalOperand=false, reportIncompatibleMethodOverride=false

from dataclasses import dataclass

import numpy as np

from agents.networks.layer import Layer, Shape, stock, uniform, width
from agents.weights import Array

_DUELING = ("value_kernel", "value_bias", "advantage_kernel", "advantage_bias")


@dataclass(frozen=True)
class Dueling(Layer):
    """Action values from a state value and advantages: [.., D] to [.., actions].

    The value plus each advantage minus their mean (Wang et al. 2016, equation 9). Kernels start
    Glorot-uniform (Glorot and Bengio 2010), biases zero.
    """

    actions: int

    @property
    def names(self) -> tuple[str, ...]:
        return _DUELING

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "dueling")
        return (self.actions,)

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        inputs = width(shape, "dueling")
        return *_linear(inputs, 1, rng), *_linear(inputs, self.actions, rng)

    def numpy(self, w, x, state, noise):
        value_kernel, value_bias, advantage_kernel, advantage_bias = w  # [D, 1], [1], [D, A], [A]
        value = np.matmul(x, value_kernel)  # [N, BLOCK, 1]
        value += value_bias
        advantage = np.matmul(x, advantage_kernel)  # [N, BLOCK, A]
        advantage += advantage_bias
        mean = advantage.mean(axis=-1, keepdims=True)  # [N, BLOCK, 1]
        return value + advantage - mean, state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        value_kernel, value_bias, advantage_kernel, advantage_bias = w  # [D, 1], [1], [D, A], [A]
        value = x @ value_kernel + value_bias  # [B, 1]
        advantage = x @ advantage_kernel + advantage_bias  # [B, A]
        return value + advantage - tf.reduce_mean(advantage, axis=-1, keepdims=True), state

    def keras(self, w, x, state):
        import keras

        value = stock(keras.layers.Dense(1), w[:2], x)  # [B, 1]
        advantage = stock(keras.layers.Dense(self.actions), w[2:], x)  # [B, A]
        return value + advantage - keras.ops.mean(advantage, axis=-1, keepdims=True), state


@dataclass(frozen=True)
class Distributional(Layer):
    """Logits of a distribution of returns for each action: [.., D] to [.., actions, atoms].

    A softmax over the atoms gives probabilities (Bellemare et al. 2017). Dueling, the logits of an
    atom are made of a value and advantages (Hessel et al. 2018, section 3). Kernels start
    Glorot-uniform (Glorot and Bengio 2010), biases zero.
    """

    actions: int
    atoms: int
    dueling: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return _DUELING if self.dueling else ("kernel", "bias")

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "distributional")
        return self.actions, self.atoms

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        inputs = width(shape, "distributional")
        value = _linear(inputs, self.atoms, rng) if self.dueling else ()
        return *value, *_linear(inputs, self.actions * self.atoms, rng)

    def numpy(self, w, x, state, noise):
        kernel, bias = w[-2:]  # [D, A * atoms], [A * atoms]
        logits = np.matmul(x, kernel)  # [N, BLOCK, A * atoms]
        logits += bias
        logits = logits.reshape(*x.shape[:2], self.actions, self.atoms)
        if self.dueling:
            value_kernel, value_bias = w[:2]  # [D, atoms], [atoms]
            value = np.matmul(x, value_kernel)  # [N, BLOCK, atoms]
            value += value_bias
            mean = logits.mean(axis=-2, keepdims=True)  # [N, BLOCK, 1, atoms]
            logits = value[..., None, :] + logits - mean
        return logits, state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        kernel, bias = w[-2:]  # [D, A * atoms], [A * atoms]
        logits = tf.reshape(x @ kernel + bias, (-1, self.actions, self.atoms))  # [B, A, atoms]
        if self.dueling:
            value_kernel, value_bias = w[:2]  # [D, atoms], [atoms]
            value = (x @ value_kernel + value_bias)[:, None]  # [B, 1, atoms]
            logits = value + logits - tf.reduce_mean(logits, axis=-2, keepdims=True)
        return logits, state

    def keras(self, w, x, state):
        import keras

        logits = stock(keras.layers.Dense(self.actions * self.atoms), w[-2:], x)
        logits = keras.layers.Reshape((self.actions, self.atoms))(logits)  # [B, A, atoms]
        if self.dueling:
            value = stock(keras.layers.Dense(self.atoms), w[:2], x)
            value = keras.layers.Reshape((1, self.atoms))(value)  # [B, 1, atoms]
            logits = value + logits - keras.ops.mean(logits, axis=-2, keepdims=True)
        return logits, state


def _linear(inputs: int, outputs: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A Glorot-uniform kernel [inputs, outputs] and a bias of zeros."""
    kernel = uniform(rng, (inputs, outputs), 2.0 / (inputs + outputs))
    return kernel, np.zeros(outputs, np.float32)
