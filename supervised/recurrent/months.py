"""A series of months as examples: windows, and the month that follows each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised.core.examples import Examples

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Months:
    """A series of passengers as windows: a target for each month, and the months before it.

    Attributes:
        values: [N] thousands of passengers.
        growth: Whether windows and targets are logarithms of a month's growth, else passengers.
        window: Number of months of a window.
    """

    values: Floats
    growth: bool
    window: int

    @property
    def first(self) -> int:
        """Number of the first month that has a whole window before it."""
        return self.window + self.growth

    def examples(self, begin: int, end: int) -> Examples:
        """Windows [M, W, 1] and targets [M, 1] of the months from `begin` to before `end`."""
        series = _series(self.values, growth=self.growth)  # [N - growth]
        ends = np.arange(begin, end) - self.growth  # places in the series of the months themselves
        windows = series[ends[:, None] + np.arange(-self.window, 0)]  # [M, W]
        return Examples(
            x=windows[:, :, None].astype(np.float32), y=series[ends, None].astype(np.float32)
        )

    def before(self, month: int) -> Floats:
        """The window [W] of a month, which may be the one after the last."""
        return _series(self.values[:month], growth=self.growth)[-self.window :]

    def passengers(self, found: npt.NDArray[Any], begin: int) -> Floats:
        """Passengers [M] of the months from `begin`, from a network's outputs [M] for them."""
        if not self.growth:
            return found.astype(np.float64)
        return self.values[begin - 1 : begin - 1 + len(found)] * np.exp(found)


def _series(values: Floats, *, growth: bool) -> Floats:
    return np.diff(np.log(values)) if growth else values
