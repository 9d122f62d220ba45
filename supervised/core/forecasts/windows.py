"""A series as examples: windows, and the step that follows each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from supervised.core.examples import Examples

Floats = npt.NDArray[np.float64]
Step = Callable[[npt.NDArray[np.float32]], npt.NDArray[Any]]
"""Foretells the next step [P] of windows [P, W], both in the units of `Windows`."""
Target = Literal["level", "change", "growth"]
"""What is foretold: a step's value, its change, or the logarithm of its growth."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """A series as windows: a target for each step, and the steps before it.

    Attributes:
        values: [N] the series; positive where the target is growth.
        target: What windows and targets consist of.
        window: Number of steps of a window.
        middle: What is taken off values that are targets themselves.
        scale: What values, or changes, are then divided by.
    """

    values: Floats
    target: Target
    window: int
    middle: float = 0.0
    scale: float = 1.0

    @property
    def first(self) -> int:
        """Number of the first step that has a whole window before it."""
        return self.window + self._shift

    def examples(self, begin: int, end: int) -> Examples:
        """Windows [M, W, 1] and targets [M, 1] of the steps from `begin` to before `end`."""
        steps = np.arange(begin, end)
        targets = self._series()[steps - self._shift]
        return Examples(
            x=self.before(steps)[:, :, None].astype(np.float32),
            y=targets[:, None].astype(np.float32),
        )

    def before(self, steps: npt.NDArray[np.int64]) -> Floats:
        """The windows [P, W] of steps [P], each of which may be the one after the last."""
        ends = steps - self._shift  # places in the series of the steps themselves
        return self._series()[ends[:, None] + np.arange(-self.window, 0)]

    def foretold(self, found: npt.NDArray[Any], steps: npt.NDArray[np.int64]) -> Floats:
        """Values [P, H] of what is foretold [P, H] of H steps from each of the steps [P] on."""
        if self.target == "level":
            return self.middle + self.scale * found.astype(np.float64)
        last = self.values[steps - 1][:, None]
        if self.target == "growth":
            return last * np.exp(found.cumsum(axis=1))
        return last + self.scale * found.astype(np.float64).cumsum(axis=1)

    def forecasts(self, step: Step, steps: npt.NDArray[np.int64], horizon: int) -> Floats:
        """Values [P, H] of the H steps from each of the steps [P] on, of which none is known."""
        return self.foretold(closed_loop(step, self.before(steps), horizon), steps)

    def straight(self, values: Floats) -> Floats:
        """Values on the scale on which their errors are alike: logarithms, or parts of `scale`."""
        return np.log(values) if self.target == "growth" else values / self.scale

    def around(self, values: Floats, radius: Floats) -> tuple[Floats, Floats]:
        """The values that lie `radius` below and above others, on the scale of `straight`."""
        if self.target == "growth":
            return values * np.exp(-radius), values * np.exp(radius)
        return values - self.scale * radius, values + self.scale * radius

    @property
    def _shift(self) -> int:
        return int(self.target != "level")

    def _series(self) -> Floats:
        if self.target == "growth":
            return np.diff(np.log(self.values))
        if self.target == "change":
            return np.diff(self.values) / self.scale
        return (self.values - self.middle) / self.scale


def closed_loop(step: Step, windows: Floats, horizon: int) -> Floats:
    """Goes on from windows: what is foretold of a step becomes part of the next window.

    Args:
        windows: [P, W].
        horizon: H, how many steps.

    Returns:
        [P, H], in the units of the windows.
    """
    window, found = windows.astype(np.float32), np.empty((len(windows), horizon))
    for ahead in range(horizon):
        found[:, ahead] = step(window)
        window = np.column_stack([window[:, 1:], found[:, ahead].astype(np.float32)])
    return found
