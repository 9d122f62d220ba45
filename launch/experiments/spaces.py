"""Search spaces: what a hyper-parameter search may choose from. Imports neither Optuna nor Ray."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One of a few values, in no order."""

    values: Sequence[Any]

    def grid(self) -> list[Any]:
        """The values a grid search tries."""
        return list(self.values)


@dataclass(frozen=True, kw_only=True)
class Range:
    """A number between two others.

    Attributes:
        low: Smallest.
        high: Largest.
        log: Whether equal factors, not equal differences, are equally likely.
        steps: Values a grid search tries.
        whole: Whether it is a whole number.
    """

    low: float
    high: float
    log: bool = False
    steps: int = 3
    whole: bool = False

    def grid(self) -> list[Any]:
        """The values a grid search tries."""
        space = np.geomspace if self.log else np.linspace
        values = [float(value) for value in space(self.low, self.high, self.steps)]
        return list(dict.fromkeys(map(round, values) if self.whole else values))


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Layers of one size.

    Attributes:
        layers: How many there are.
        units: Units of each.
    """

    layers: Range
    units: Range


Line = Choice | Range
"""What is proposed as one value."""
Axis = Line | Layers
"""What a setting may be chosen from."""
LAYERS, UNITS = "/layers", "/units"
"""What follows a setting's name in the names of the two lines that layers are proposed by."""


def lines(space: Mapping[str, Axis]) -> dict[str, Line]:
    """A space as what is proposed one by one: layers are two numbers."""
    found: dict[str, Line] = {}
    for name, axis in space.items():
        if isinstance(axis, Layers):
            found |= {name + LAYERS: axis.layers, name + UNITS: axis.units}
        else:
            found[name] = axis
    return found


def values(params: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that proposed values stand for; layers as their sizes, such as "64 64".

    Args:
        params: Values by the names of `lines`.
    """
    found: dict[str, Any] = {}
    for name, value in params.items():
        if name.endswith(LAYERS):
            setting = name.removesuffix(LAYERS)
            found[setting] = " ".join([str(params[setting + UNITS])] * value)
        elif not name.endswith(UNITS):
            found[name] = value
    return found
