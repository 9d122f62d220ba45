"""Weights of networks and tables: arrays by name."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray
"""A NumPy array of any type."""

Weights = Mapping[str, Array]
"""Arrays by name, in a fixed order: the order is part of a run's bits, since a flat vector of all
arrays adds up in it."""


def check(weights: Weights) -> None:
    """Makes sure that a learner's weights are arrays by name.

    Raises:
        ValueError: They are not; the message says what they are instead.
    """
    if not isinstance(weights, Mapping):
        raise ValueError(
            f"the learner's weights are a {type(weights).__name__}, not arrays by name"
        )
    for name, array in weights.items():
        if not isinstance(name, str) or not isinstance(array, np.ndarray) or array.dtype.hasobject:
            raise ValueError(
                f"the learner's weights have {type(array).__name__} under {name!r}, expected a "
                "NumPy array of numbers under a string"
            )


def are_finite(weights: Weights) -> bool:
    """Whether there is neither NaN nor infinity in weights."""
    return all(np.isfinite(a).all() for a in weights.values() if a.dtype.kind in "fc")
