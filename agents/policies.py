"""How agents act: TensorFlow-free forward passes and ε-greedy, all that a worker imports."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

Array = npt.NDArray
Weights = tuple[Array, ...]

_ZERO = np.float32(0)

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
        # [A, S] taken along S: the transpose is in the order that `EpsilonGreedy` wants.
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
        blocks = streams[-1] // BLOCK - first + 1
        self._padded = np.zeros((blocks, BLOCK, input_size(observation_space)), np.float32)
        self._space = observation_space
        self._dueling = dueling

    def q_values(self, weights: Weights, observations: Array) -> Array:
        h = self._padded  # [N, BLOCK, D]
        h.reshape(-1, h.shape[-1])[self._positions] = encode(self._space, observations)  # [B, D]
        layers = list(zip(weights[::2], weights[1::2], strict=True))
        heads = layers[-2:] if self._dueling else layers[-1:]
        for kernel, bias in layers[: len(layers) - len(heads)]:
            h = np.matmul(h, kernel)
            h += bias  # in place, like the next: with few streams a step is a matter of calls
            np.maximum(h, _ZERO, out=h)
        outputs = [np.matmul(h, kernel) + bias for kernel, bias in heads]
        if self._dueling:
            value, advantage = outputs  # [N, BLOCK, 1], [N, BLOCK, A]
            q = value + advantage - advantage.mean(axis=-1, keepdims=True)
        else:
            (q,) = outputs  # [N, BLOCK, A]
        return q.reshape(-1, q.shape[-1])[self._positions]


def input_size(space: Box | Discrete) -> int:
    """Numbers D that an observation is to a network, see `encode`."""
    return int(space.n) if isinstance(space, Discrete) else math.prod(space.shape)


def encode(space: Box | Discrete, observations: Array) -> npt.NDArray[np.float32]:
    """Observations [B, ...] as network input [B, D]: one-hot, or flat, bytes scaled to [0, 1]."""
    if isinstance(space, Discrete):
        return np.eye(int(space.n), dtype=np.float32)[observations]
    flat = observations.reshape(len(observations), -1).astype(np.float32, copy=False)
    return flat / np.float32(255) if space.dtype == np.uint8 else flat


def greedy(q: Array) -> npt.NDArray[np.int32]:
    """The first best action [B] of the action values [B, A]."""
    return q.argmax(axis=-1).astype(np.int32)


class EpsilonGreedy:
    """Chooses the actions of a round: ε-greedy, ties between best actions falling at random."""

    def __init__(
        self, actions: int, epsilons: npt.NDArray[np.float64], draws: npt.NDArray[np.float64]
    ):
        """Draws what does not depend on action values, for all steps at once.

        Args:
            actions: Number of actions A.
            epsilons: [T] probability of a uniformly random action in each step.
            draws: [T, 2, B] uniform draws: whether to explore, and which action.
        """
        self._explore, self._pick = draws[:, 0] < epsilons[:, None], draws[:, 1]  # [T, B]
        self._random = np.floor(self._pick * actions).astype(np.int32)  # [T, B]

    def actions(self, t: int, q: Array) -> npt.NDArray[np.int32]:
        """Actions [B] of step t, given the action values [B, A]."""
        q = np.ascontiguousarray(q.T)  # [A, B]: a few long rows reduce faster than many short ones
        best = q == q.max(axis=0)  # [A, B]
        if np.count_nonzero(best) == best.shape[1]:  # no ties, as a rule with a network
            actions = best.argmax(axis=0).astype(np.int32)
        else:
            upto = np.cumsum(best, axis=0, dtype=np.int32)  # [A, B] best actions up to an action
            order = np.floor(self._pick[t] * upto[-1])  # [B] which of them, from 0
            actions = (upto <= order).sum(axis=0, dtype=np.int32)
        np.copyto(actions, self._random[t], where=self._explore[t])
        return actions
