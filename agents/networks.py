"""Action values as pure functions of weights, for learners: the compiled twin of NumPy's policies.

Learners work on weights themselves rather than on Keras models: one flat vector of all of them
makes an optimizer a handful of operations, which XLA compiles in a third of the time.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.policies import Weights, input_size


def initial_weights(
    observation_space: Box | Discrete,
    actions: int,
    *,
    hidden_sizes: Sequence[int],
    dueling: bool,
    rng: np.random.Generator,
) -> Weights:
    """Fresh (kernel, bias) pairs of a multi-layer perceptron, in the order of `NetworkPolicy`.

    Hidden kernels are He-uniform, those of the heads Glorot-uniform, biases zero.

    Args:
        observation_space: What the observations are.
        actions: Number of actions A.
        hidden_sizes: Units of each hidden ReLU layer, in order.
        dueling: Whether to end in value and advantage heads (Wang et al. 2016).
        rng: Draws them.
    """
    weights: list[np.ndarray] = []
    units = input_size(observation_space)

    def layer(inputs: int, outputs: int, variance: float) -> None:
        limit = math.sqrt(3.0 * variance)
        kernel = rng.uniform(-limit, limit, (inputs, outputs))
        weights.extend((kernel.astype(np.float32), np.zeros(outputs, np.float32)))

    for hidden in hidden_sizes:
        layer(units, hidden, 2.0 / units)
        units = hidden
    for head in (1, actions) if dueling else (actions,):
        layer(units, head, 2.0 / (units + head))
    return tuple(weights)


def encode(space: Box | Discrete, observations: tf.Tensor) -> tf.Tensor:
    """Observations [B, ...] as network input [B, D]: `agents.policies.encode`, compiled."""
    if isinstance(space, Discrete):
        return tf.one_hot(observations, int(space.n))
    flat = tf.reshape(tf.cast(observations, tf.float32), (-1, math.prod(space.shape)))
    return flat / 255.0 if space.dtype == np.uint8 else flat


def q_values(weights: Sequence[tf.Tensor], x: tf.Tensor, *, dueling: bool) -> tf.Tensor:
    """Action values [B, A] of network input [B, D]; see `agents.policies.NetworkPolicy`."""
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    heads = layers[-2:] if dueling else layers[-1:]
    for kernel, bias in layers[: len(layers) - len(heads)]:
        x = tf.nn.relu(x @ kernel + bias)
    outputs = [x @ kernel + bias for kernel, bias in heads]
    if not dueling:
        return outputs[0]
    value, advantage = outputs  # [B, 1], [B, A]
    return value + advantage - tf.reduce_mean(advantage, axis=-1, keepdims=True)


class Layout:
    """Where arrays lie in one flat vector of all of them."""

    def __init__(self, arrays: Sequence[npt.NDArray[Any]]):
        self._shapes = [array.shape for array in arrays]
        self._sizes = [array.size for array in arrays]

    def join(self, arrays: Sequence[npt.NDArray[Any]]) -> tf.Tensor:
        """The flat vector [P] of the arrays."""
        return tf.constant(np.concatenate([array.ravel() for array in arrays]))

    def split(self, flat: tf.Tensor) -> list[tf.Tensor]:
        """The arrays in a flat vector [P]."""
        parts = zip(tf.split(flat, self._sizes), self._shapes, strict=True)
        return [tf.reshape(part, shape) for part, shape in parts]

    def arrays(self, flat: tf.Tensor) -> Weights:
        """The same in NumPy, as copies."""
        parts = np.split(flat.numpy(), np.cumsum(self._sizes)[:-1])  # pyright: ignore
        pairs = zip(parts, self._shapes, strict=True)
        return tuple(part.reshape(shape).copy() for part, shape in pairs)
