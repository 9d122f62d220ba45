"""How agents act: TensorFlow-free forward passes and ε-greedy, all that a worker imports."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

Array = npt.NDArray
Weights = tuple[Array, ...]

BLOCK = 16
"""Rows of one matrix product. Stream i is always row i % BLOCK of block i // BLOCK, whichever
worker holds it and whatever else that holds: a product of another shape may round differently."""


class Policy(Protocol):
    """Action values of a batch of streams under given weights."""

    def q_values(self, weights: Weights, observations: Array) -> Array:
        """Action values [B, A] of the observations [B, ...], row by row independent."""
        ...


class TablePolicy:
    """Looks the action values up in a table [S, A]."""

    def q_values(self, weights: Weights, observations: Array) -> Array:
        (table,) = weights
        # [A, S] taken along S: the transpose is in the order that `epsilon_greedy` wants.
        return np.ascontiguousarray(table.T).take(observations, axis=1).T


class UniformPolicy:
    """Values every action the same, so that ties, and with them all actions, fall at random."""

    def __init__(self, actions: int):
        self._actions = actions

    def q_values(self, weights: Weights, observations: Array) -> Array:
        return np.zeros((len(observations), self._actions), np.float32)


class NetworkPolicy:
    """A multi-layer perceptron with ReLU units, dueling heads optional, in float32 NumPy.

    Weights come as (kernel, bias) pairs in the network's own order; with dueling heads the last two
    pairs are the state value's and the advantages' (Wang et al. 2016, equation 9).
    """

    def __init__(self, observation_space: Box | Discrete, streams: Sequence[int], dueling: bool):
        """Lays the streams out in blocks.

        Args:
            observation_space: What the observations are.
            streams: [B] increasing stream numbers.
            dueling: Whether the last two layers are value and advantage heads.
        """
        first = streams[0] // BLOCK
        self._positions = np.asarray(streams) - first * BLOCK  # [B] rows in the padded batch
        self._blocks = streams[-1] // BLOCK - first + 1
        self._space = observation_space
        self._dueling = dueling

    def q_values(self, weights: Weights, observations: Array) -> Array:
        x = encode(self._space, observations)  # [B, D]
        padded = np.zeros((self._blocks * BLOCK, x.shape[1]), np.float32)
        padded[self._positions] = x
        h = padded.reshape(self._blocks, BLOCK, -1)  # [N, BLOCK, D]
        layers = list(zip(weights[::2], weights[1::2], strict=True))
        heads = layers[-2:] if self._dueling else layers[-1:]
        for kernel, bias in layers[: len(layers) - len(heads)]:
            h = np.maximum(np.matmul(h, kernel) + bias, np.float32(0))
        outputs = [np.matmul(h, kernel) + bias for kernel, bias in heads]
        if self._dueling:
            value, advantage = outputs  # [N, BLOCK, 1], [N, BLOCK, A]
            q = value + advantage - advantage.mean(axis=-1, keepdims=True)
        else:
            (q,) = outputs  # [N, BLOCK, A]
        return q.reshape(self._blocks * BLOCK, -1)[self._positions]


def encode(space: Box | Discrete, observations: Array) -> npt.NDArray[np.float32]:
    """Observations [B, ...] as network input [B, D]: one-hot, or flat, bytes scaled to [0, 1]."""
    if isinstance(space, Discrete):
        return np.eye(int(space.n), dtype=np.float32)[observations]
    flat = observations.reshape(len(observations), -1).astype(np.float32)
    return flat / np.float32(255) if space.dtype == np.uint8 else flat


def greedy(q: Array) -> npt.NDArray[np.int32]:
    """The first best action [B] of the action values [B, A]."""
    return q.argmax(axis=-1).astype(np.int32)


def epsilon_greedy(
    q: Array, epsilon: float, draws: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """ε-greedy actions [B], ties between best actions falling at random.

    Args:
        q: [B, A] action values.
        epsilon: Probability of a uniformly random action.
        draws: [2, B] uniform draws: whether to explore, and which action.
    """
    q = np.ascontiguousarray(q.T)  # [A, B]: a few long rows reduce faster than many short ones
    explore, pick = draws[0] < epsilon, draws[1]
    candidates = (q == q.max(axis=0)) | explore  # [A, B]
    upto = np.cumsum(candidates, axis=0, dtype=np.int32)  # [A, B] candidates up to an action
    order = np.floor(pick * upto[-1])  # [B] which candidate, from 0
    return (upto <= order).sum(axis=0, dtype=np.int32)
