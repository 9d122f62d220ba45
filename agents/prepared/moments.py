"""Running mean and variance of observations, and observations normalised by them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.weights import Array, Weights

_PREFIX = "observations."
_NAMES = ("mean", "std", "count")
_LEAST_VARIANCE = 1e-8
LIMIT = 10.0
"""Normalised numbers are cut to [-LIMIT, LIMIT]: a number that hardly ever changed may jump."""


class RunningMoments:
    """Count, mean and sum of squared deviations of all observations so far, in float64.

    Batches are merged in the order in which they come (Chan, Golub and LeVeque 1979), so equal
    batches in equal order give equal bits.
    """

    def __init__(self, shape: tuple[int, ...]):
        """Starts with no observation: until there is one, normalising changes nothing.

        Args:
            shape: Shape of an observation.
        """
        self._count = 0
        self._mean = np.zeros(shape)
        self._squares = np.zeros(shape)

    def update(self, observations: Array) -> None:
        """Takes observations [N, ...] in; none at all change nothing."""
        added = len(observations)
        if not added:
            return
        values = observations.astype(np.float64)
        mean = values.mean(axis=0)
        squares = np.square(values - mean).sum(axis=0)
        total = self._count + added
        apart = mean - self._mean
        self._squares += squares + np.square(apart) * (self._count * added / total)
        self._mean += apart * (added / total)
        self._count = total

    def weights(self) -> Weights:
        """The arrays that `normalized` needs, by names that no network uses."""
        variance = self._squares / self._count if self._count else np.ones_like(self._mean)
        std = np.sqrt(variance + _LEAST_VARIANCE)
        arrays = (self._mean.astype(np.float32), std.astype(np.float32), np.array([self._count]))
        return {_PREFIX + name: array for name, array in zip(_NAMES, arrays, strict=True)}

    def set_weights(self, weights: Weights) -> None:
        """Goes on from the arrays that `weights` gave, which are rounded to float32."""
        mean, std, count = (weights[_PREFIX + name] for name in _NAMES)
        self._count = int(count[0])
        self._mean = mean.astype(np.float64)
        variance = np.square(std.astype(np.float64)) - _LEAST_VARIANCE
        self._squares = np.maximum(variance, 0.0) * self._count

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {"count": self._count, "mean": self._mean, "squares": self._squares}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._count = int(state["count"])
        self._mean, self._squares = state["mean"].copy(), state["squares"].copy()


def normalized(weights: Weights, observations: Array) -> Array:
    """Observations [..., *shape] with mean 0 and variance 1, float32, cut to `LIMIT`.

    Args:
        weights: With the arrays of `RunningMoments.weights` among them.
        observations: Numbers of any type.
    """
    mean, std = mean_and_std(weights)
    centred = (observations.astype(np.float32) - mean) / std
    return np.clip(centred, -LIMIT, LIMIT)


def mean_and_std(weights: Weights) -> tuple[Array, Array]:
    """The mean and the standard deviation [*shape] among weights, float32."""
    return weights[_PREFIX + "mean"], weights[_PREFIX + "std"]


def without_moments(weights: Weights) -> Weights:
    """The weights of the agent itself."""
    return {name: array for name, array in weights.items() if not name.startswith(_PREFIX)}
