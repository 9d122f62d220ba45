"""Weights of networks and tables: arrays by name."""

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

Array = npt.NDArray
"""A NumPy array of any type."""

Weights = Mapping[str, Array]
"""Arrays by name, in a fixed order: the order is part of a run's bits, since a flat vector of all
arrays adds up in it."""


_TOLD = 3  # differences between weights, told one by one


class UnfitWeights(ValueError):
    """Weights that a learner cannot start from; the message says why."""


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


def fitted(weights: Weights, own: Weights) -> dict[str, Array]:
    """Other weights in the order and the types of a learner's own.

    Args:
        weights: What the learner is to start from.
        own: What it has.

    Raises:
        UnfitWeights: They differ in a name or a shape; the message has both.
    """
    if different := list(_differences(weights, own)):
        more = f"; and {len(different) - _TOLD} more" if len(different) > _TOLD else ""
        raise UnfitWeights(f"the weights do not fit: {'; '.join(different[:_TOLD])}{more}")
    return {name: weights[name].astype(array.dtype) for name, array in own.items()}


def digest(weights: Weights) -> str:
    """SHA-256 of weights: of names, types, shapes and bytes, in their order."""
    found = hashlib.sha256()
    for name, array in weights.items():
        found.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _differences(there: Weights, here: Weights) -> Iterator[str]:
    for name in dict.fromkeys([*there, *here]):
        shapes = [_shape(weights, name) for weights in (there, here)]
        if shapes[0] != shapes[1]:
            yield f"{name} is {shapes[0]} there and {shapes[1]} here"


def _shape(weights: Weights, name: str) -> str:
    return str(list(weights[name].shape)) if name in weights else "absent"
