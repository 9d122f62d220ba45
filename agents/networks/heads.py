"""Last layers, which value actions."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportOptionalOperand=false, reportIncompatibleMethodOverride=false

from dataclasses import dataclass

import numpy as np

from agents.networks.layer import Layer, Shape, row_shape, stock, uniform, width
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
class Streams(Layer):
    """Numbers for each action and atom from those of one linear layer: [.., D] to [.., A, atoms].

    D is A * atoms. Dueling it is (1 + A) * atoms: the atoms of a state value, and then the
    advantages of each action, whose mean over actions is taken off (Wang et al. 2016, equation 9;
    for distributions Hessel et al. 2018, section 3). It has no arrays of its own, so that the layer
    before it may be noisy.
    """

    actions: int
    atoms: int
    dueling: bool = False

    def output_shape(self, shape: Shape) -> Shape:
        units = (self.actions + self.dueling) * self.atoms
        if shape != (units,):
            raise ValueError(f"Streams take rows of {units} numbers, not of shape {list(shape)}.")
        return self.actions, self.atoms

    def numpy(self, w, x, state, noise):
        x = x.reshape(*x.shape[:2], -1, self.atoms)  # [N, BLOCK, A or 1 + A, atoms]
        if self.dueling:
            value, advantage = x[..., :1, :], x[..., 1:, :]
            x = value + advantage - advantage.mean(axis=-2, keepdims=True)
        return x, state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        x = tf.reshape(x, (-1, self.actions + self.dueling, self.atoms))
        if self.dueling:
            value, advantage = x[:, :1], x[:, 1:]  # [B, 1, atoms], [B, A, atoms]
            x = value + advantage - tf.reduce_mean(advantage, axis=-2, keepdims=True)
        return x, state

    def keras(self, w, x, state):
        import keras

        x = keras.layers.Reshape((self.actions + self.dueling, self.atoms))(x)
        if self.dueling:
            value, advantage = x[:, :1], x[:, 1:]  # [B, 1, atoms], [B, A, atoms]
            x = value + advantage - keras.ops.mean(advantage, axis=-2, keepdims=True)
        return x, state


@dataclass(frozen=True)
class Mean(Layer):
    """The mean over the last axis: [.., A, quantiles] to [.., A] (Dabney et al. 2018)."""

    def output_shape(self, shape: Shape) -> Shape:
        return shape[:-1]

    def numpy(self, w, x, state, noise):
        return x.mean(axis=-1), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        return tf.reduce_mean(x, axis=-1), state

    def keras(self, w, x, state):
        import keras

        return keras.ops.mean(x, axis=-1), state


@dataclass(frozen=True)
class Expectation(Layer):
    """Means of distributions over atoms from their logits: [.., A, atoms] to [.., A].

    The atoms are evenly spaced from `low` to `high`; a softmax gives their probabilities
    (Bellemare et al. 2017).
    """

    low: float
    high: float

    def output_shape(self, shape: Shape) -> Shape:
        return shape[:-1]

    def atoms(self, count: int) -> Array:
        """The values [atoms] of the atoms, float32."""
        return np.linspace(self.low, self.high, count, dtype=np.float32)

    def numpy(self, w, x, state, noise):
        chances = np.exp(x - x.max(axis=-1, keepdims=True))  # [N, BLOCK, A, atoms]
        chances /= chances.sum(axis=-1, keepdims=True)
        chances *= self.atoms(x.shape[-1])
        return chances.sum(axis=-1), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        atoms = self.atoms(row_shape(x)[-1])
        return tf.reduce_sum(tf.nn.softmax(x) * atoms, axis=-1), state

    def keras(self, w, x, state):
        import keras

        atoms = self.atoms(x.shape[-1])  # pyright: ignore[reportArgumentType]
        return keras.ops.sum(keras.ops.softmax(x) * atoms, axis=-1), state


def _linear(inputs: int, outputs: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A Glorot-uniform kernel [inputs, outputs] and a bias of zeros."""
    kernel = uniform(rng, (inputs, outputs), 2.0 / (inputs + outputs))
    return kernel, np.zeros(outputs, np.float32)
