"""Values of many variables at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def values(variables: Sequence[Any]) -> list[npt.NDArray[Any]]:
    """Copies of what Keras' variables hold."""
    # By NumPy's way: with several devices the value itself is not one array.
    return [np.array(np.asarray(variable)) for variable in variables]


def largest_difference(a: Sequence[Any], b: Sequence[Any]) -> float:
    """Of any number in one list of arrays from its like in another."""
    return max(float(np.abs(x - y).max()) for x, y in zip(a, b, strict=True))


def assign(variables: Sequence[Any], found: Sequence[Any]) -> None:
    """Gives each variable a value; one number may come as an array of one."""
    for variable, value in zip(variables, found, strict=True):
        variable.assign(np.reshape(value, variable.shape))
