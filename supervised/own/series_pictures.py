"""Pictures of a user's series: forecasts with their intervals, and errors by horizon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from supervised.core import plots
from supervised.core.forecasts import intervals, pictures
from supervised.core.forecasts.windows import Floats
from supervised.own.series_files import Series
from supervised.own.series_parts import Divided
from supervised.own.series_scores import CONTROLS

MOST = 4  # series that are drawn
_SHOWN = 8  # horizons, or four seasons, of the past that are drawn


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A series with its last forecast of the test, and the one beyond its end.

    Attributes:
        first: The first step of the forecast of the test.
        tested: [H] what was foretold of the test's last steps.
        after: [H] what is foretold beyond the end.
        beyond: Ends [H] of its intervals, by probability.
    """

    series: Series
    first: int
    tested: Floats
    after: Floats
    beyond: Mapping[float, tuple[Floats, Floats]]


def forecasts(shown: Sequence[Shown], divided: Divided, value: str) -> Figure:
    """Draws the ends of series with what was foretold of them, and what is foretold beyond."""
    figure, axes = plots.panels(len(shown), 1, size=(9.0, 3.8 if len(shown) == 1 else 3.0))
    for each, panel in zip(shown, axes[:, 0], strict=True):
        count, horizon = len(each.series), len(each.after)
        times: Any = divided.found.period.times(each.series.start + np.arange(count + horizon))
        past = max(_SHOWN * horizon, 4 * divided.shape.season)
        begin = max(0, count - past)
        panel.plot(times[begin:count], each.series.values[begin:], color="black", lw=1, label=value)
        old = times[each.first : each.first + horizon]
        panel.plot(old, each.tested, ".-", color=plots.RED, lw=1, label="foretold in the test")
        new = times[count : count + horizon]
        panel.plot(new, each.after, ".-", color=plots.BLUE, lw=1, label="foretold beyond the end")
        pictures.intervals(panel, new, each.beyond)
        panel.axvline(times[count - 1], color=plots.GREY, ls=":")
        title = f"{each.series.name}: " if each.series.name else ""
        title += f"the last {horizon} steps of the test, and {horizon} beyond the end"
        plots.label(panel, title, "", value)
        if np.issubdtype(times.dtype, np.datetime64):
            dates = AutoDateLocator()
            panel.xaxis.set_major_locator(dates)
            panel.xaxis.set_major_formatter(ConciseDateFormatter(dates))
    lines, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=len(names), fontsize=8)
    return figure


def by_horizon(horizons: pd.DataFrame, value: str) -> Figure:
    """Draws errors and the coverage of intervals over the number of steps ahead."""
    figure, (axes,) = plots.panels(1, 2, size=(5.5, 4.0))
    left, right = axes
    ahead: Any = horizons["ahead"]
    left.plot(ahead, horizons["rmse"], "o-", color=plots.RED, label="the network")
    for (name, words), color in zip(
        CONTROLS.items(), (plots.GREY, *plots.COLORS[3:]), strict=False
    ):
        if f"{name}_rmse" in horizons:
            left.plot(ahead, horizons[f"{name}_rmse"], ".--", color=color, label=words)
    left.set_ylim(bottom=0)
    plots.label(left, f"{value}: error in the test", "steps ahead", "RMSE", legend=True)
    for level, color in zip(intervals.LEVELS, (plots.BLUE, plots.COLORS[4]), strict=True):
        right.plot(ahead, horizons[f"inside_{level:.0%}"], "o-", color=color, label=f"{level:.0%}")
        right.axhline(level, color=color, ls=":")
    right.set_ylim(0, 1.03)
    plots.label(right, "share of values inside intervals", "steps ahead", "share", legend=True)
    for panel in axes:
        plots.whole_steps(panel)
    return figure
