"""Reads, compares and assigns the values of lists of variables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def values(variables: Sequence[Any]) -> list[npt.NDArray[Any]]:
    """Copies of the values of Keras variables."""
    # By NumPy's way: with several devices the value itself is not one array.
    return [np.array(np.asarray(variable)) for variable in variables]


def largest_difference(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The largest absolute difference between two lists of arrays of the same shapes."""
    return max(float(np.abs(x - y).max()) for x, y in zip(a, b, strict=True))


def assign(variables: Sequence[Any], found: Sequence[Any]) -> None:
    """Gives each variable its value; the value of a scalar may be an array of one number."""
    for variable, value in zip(variables, found, strict=True):
        variable.assign(np.reshape(value, variable.shape))
