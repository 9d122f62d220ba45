"""Intervals around forecasts in pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from supervised.core import plots
from supervised.core.forecasts.windows import Floats

_SHADES = (0.45, 0.18)  # of the narrowest interval first


def intervals(
    panel: Axes,
    steps: Any,
    bands: Mapping[float, tuple[Floats, Floats]],
    color: str = plots.BLUE,
) -> None:
    """Shades intervals, the narrower the darker, with a line along the edges of each.

    Args:
        steps: [H] places on the axis.
        bands: Lower and upper ends [H] by probability, the smallest first.
        color: Of the shades.
    """
    for (level, (low, high)), shade in reversed([*zip(bands.items(), _SHADES, strict=True)]):
        panel.fill_between(
            steps, low, high, color=color, alpha=shade, lw=0, label=f"{level:.0%} interval"
        )
        for edge in (low, high):
            panel.plot(steps, edge, color=color, lw=0.6, alpha=0.8)


def named(bands: Mapping[float, Sequence[Any]]) -> dict[str, Any]:
    """Ends of intervals as the columns of a table: low_80, high_80, low_95, high_95."""
    return {
        f"{side}_{100 * level:.0f}": ends
        for level, both in bands.items()
        for side, ends in zip(("low", "high"), both, strict=True)
    }
