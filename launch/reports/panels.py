"""What a run's learner measured and what its policy expected, a panel each below the returns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_POINTS = 400  # of a line at most: means over so many parts of the run
_COLUMNS = 2
_PER_COLUMN = 1.9  # inches of height
_EXPLORATION = "agent/"
_PANELS: Mapping[str, Mapping[str, str]] = {
    "loss": {"learner/loss": "loss"},
    "TD error": {"learner/td_error": "mean absolute TD error"},
    "value": {
        "learner/mean_q": "mean Q of the updates",
        "evaluation/q_start": "Q of the greedy action at the start",
        "evaluation/discounted_return": "discounted return from there",
    },
}
"""Series and what they are called, by the name of what they measure."""

Points = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Steps [N] and values [N]."""


def series(records: Sequence[Mapping[str, Any]]) -> dict[str, Points]:
    """The series that panels are drawn of, by name, from the records of `metrics.jsonl`."""
    found: dict[str, list[tuple[float, float]]] = {}
    for record in records:
        step = record.get("env_steps", 0)
        if record["kind"] == "iteration":
            values = {name: value for name, value in record.items() if "/" in name}
        elif record["kind"] == "evaluation":
            values = {f"evaluation/{name}": value for name, value in record.items()}
        else:
            continue
        for name, value in values.items():
            found.setdefault(name, []).append((step, value))
    wanted = {name for names in _PANELS.values() for name in names}
    lines = {
        name: np.array(points, np.float64)
        for name, points in found.items()
        if name in wanted or name.startswith(_EXPLORATION)
    }
    return {name: (line[:, 0], line[:, 1]) for name, line in lines.items()}


def below(figure: Figure, found: Mapping[str, Points]) -> Axes:
    """Draws the panels of what was measured, and leaves room for the returns above them.

    Args:
        figure: An empty figure, which becomes as high as it has to be.
        found: What `series` gave.

    Returns:
        Where the returns go.
    """
    panels = [(title, names) for title, names in _named(found).items() if names]
    rows = -(-len(panels) // _COLUMNS)
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + rows * _PER_COLUMN)
    grid = figure.add_gridspec(1 + rows, _COLUMNS, height_ratios=[height, *[_PER_COLUMN] * rows])
    top = figure.add_subplot(grid[0, :])
    for number, (title, names) in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        alone = number == len(panels) - 1 and not column
        axes = figure.add_subplot(grid[1 + row, :] if alone else grid[1 + row, column])
        _draw(axes, title, {label: found[name] for name, label in names.items()})
    return top


def _named(found: Mapping[str, Points]) -> dict[str, dict[str, str]]:
    """The series of each panel that the run has, and what they are called."""
    explored = {
        name: name.removeprefix(_EXPLORATION) for name in found if name.startswith(_EXPLORATION)
    }
    return {
        **{
            title: {name: label for name, label in names.items() if name in found}
            for title, names in _PANELS.items()
        },
        "exploration": {
            name: "ε" if label == "epsilon" else label for name, label in explored.items()
        },
    }


def _draw(axes: Axes, title: str, lines: Mapping[str, Points]) -> None:
    for label, points in lines.items():
        steps, values = _thinned(points)
        axes.plot(steps, values, ".-", markersize=2, linewidth=1, label=label)
    if title == "loss" and all((values > 0).all() for _, values in lines.values()):
        axes.set_yscale("log")
    axes.set_ylabel(title)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=7)


def _thinned(points: Points) -> Points:
    """Means over equal parts, where there are more points than are drawn."""
    steps, values = points
    if len(steps) <= _POINTS:
        return points
    parts = np.array_split(np.arange(len(steps)), _POINTS)
    return (
        np.array([steps[part].mean() for part in parts]),
        np.array([values[part].mean() for part in parts]),
    )
