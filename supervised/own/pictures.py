"""Pictures of how well a user's table is predicted, and by which columns."""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
from matplotlib.figure import Figure

from common.text import shortened
from supervised.core import plots

_SHOWN = 25  # columns
_LETTERS = 28  # of a column's name
_POINTS = 5_000


def importances(found: Mapping[str, float], metric: str, title: str) -> Figure:
    """Plots how much the metric falls when a column is shuffled, for the most important ones."""
    names = list(found)[:_SHOWN]
    figure, panel = plots.one_panel(size=(6.5, 0.28 * len(names) + 1.4))
    panel.barh(range(len(names)), [found[name] for name in names], color=plots.BLUE)
    panel.set_yticks(range(len(names)), [shortened(name, _LETTERS) for name in names])
    panel.invert_yaxis()
    panel.axvline(0, color=plots.GREY)
    more = f", the first {_SHOWN} of {len(found):,}" if len(found) > _SHOWN else ""
    plots.label(panel, f"{title}{more}", f"fall of {metric} when the column is shuffled", "")
    return figure


def residuals(
    targets: npt.NDArray[Any], predicted: npt.NDArray[Any], name: str, title: str
) -> Figure:
    """Plots predictions over true values, and errors over predictions, of 5,000 rows at most."""
    some = slice(None, None, max(1, len(targets) // _POINTS))
    targets, predicted = targets[some], predicted[some]
    figure, (axes,) = plots.panels(1, 2, size=(5.5, 4.5))
    left, right = axes
    plots.predicted_over(left, targets, predicted)
    plots.label(left, title, f"{name}, measured", f"{name}, predicted", legend=True)
    right.plot(predicted, targets - predicted, ".", color=plots.BLUE, markersize=4)
    right.axhline(0, ls="--", color=plots.GREY)
    plots.label(right, "residuals", f"{name}, predicted", "measured less predicted")
    return figure
