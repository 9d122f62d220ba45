"""Search spaces: what a hyper-parameter search may choose from. Imports neither Optuna nor Ray."""

from collections.abc import Sequence
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
        return [round(value) for value in values] if self.whole else values


Axis = Choice | Range
