"""The picture of a search: trials over the work done, and over each setting as it was searched."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from launch.experiments import spaces
from launch.experiments.spaces import Choice, Line
from launch.run_folder.files import replacing
from launch.tuning.search import Search

_COLUMNS = 4  # panels beside each other
_SHORT = 5  # characters of a value that stands upright among few
_BLUE = "#1f5fa8"


def draw(search: Search, table: Any, title: str, path: Path) -> None:
    """Draws the trials of a search.

    Args:
        search: The search.
        table: Its trials with a score, a row each, as trials.csv has them.
        title: Stands above it.
        path: Where the picture goes.
    """
    lines = spaces.lines(search.config.space)
    columns = min(_COLUMNS, 1 + len(lines))
    rows = -(-(1 + len(lines)) // columns)
    figure = Figure(figsize=(1.5 + 3.2 * columns, 0.4 + 3.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    whole = table["seeds"] == search.config.trial_seeds
    _over_work(panels[0], table, whole, search.metric)
    for axes, (name, line) in zip(panels[1:], lines.items(), strict=False):
        _over_setting(axes, name, line)
        places = [_place(line, value) for value in table[name]]
        _trials(axes, np.array(places), table[search.metric], whole)
    for axes in panels[: 1 + len(lines)]:
        axes.grid(alpha=0.3)
    for axes in panels[1 + len(lines) :]:
        axes.set_axis_off()
    figure.suptitle(title, fontsize=10)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=120)


def _over_work(axes: Axes, table: Any, whole: Any, metric: str) -> None:
    _trials(axes, table["job_seconds"], table[metric], whole)
    axes.step(table["job_seconds"], table["best"], where="post", color="0.3", label="best so far")
    axes.set_xlabel("seconds of work, all trials")
    axes.set_ylabel(metric)
    axes.legend(fontsize=8)


def _trials(axes: Axes, places: Any, scores: Any, whole: Any) -> None:
    """Trials as dots; those that were stopped early are open."""
    for shown, face, name in ((whole, _BLUE, "trial"), (~whole, "white", "stopped early")):
        if shown.any():
            axes.plot(
                places[shown], scores[shown], "o", color=_BLUE, markerfacecolor=face, label=name,
                markersize=4, alpha=0.7,
            )  # fmt: skip


def _over_setting(axes: Axes, name: str, line: Line) -> None:
    """The axis of a setting: values of a choice side by side, a range as it was searched."""
    axes.set_xlabel(name)
    if isinstance(line, Choice):
        labels = [str(value) for value in line.values]
        upright = len(labels) <= _SHORT and max(map(len, labels)) <= _SHORT
        axes.set_xticks(
            range(len(labels)), labels, fontsize=8, rotation=0 if upright else 30,
            ha="center" if upright else "right",
        )  # fmt: skip
        axes.set_xlim(-0.5, len(labels) - 0.5)
        return
    if line.log:
        axes.set_xscale("log")
    ticks = line.grid()
    axes.plot([ticks[0], ticks[-1]], [np.nan, np.nan])  # the whole range, whatever was tried
    axes.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())  # its labels would lie on each other


def _place(line: Line, value: Any) -> Any:
    return list(line.values).index(value) if isinstance(line, Choice) else value
