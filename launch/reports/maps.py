"""Pictures of what an agent has learned: over a map, over observations, along an episode."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure

from envs.grids import Grid, GridMap
from launch.run_folder.files import replacing

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NUMBERED = 64  # cells at most that values are written into
_LINES = 8  # actions at most that have a line of their own
_COLOURS = (*("#1f5fa8", "#c0392b", "#2e8b57", "#e0a030"), *("#7d5ba6", "0.4", "#4bb3c3", "0.7"))
_DPI = 100


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Action values at a moment of a training, or the optimum's.

    Attributes:
        title: When, or whose.
        q: [S, A] action values; those of illegal actions are below all others.
    """

    title: str
    q: Floats


def policy_map(
    path: Path, title: str, grid: Grid, names: Sequence[str], stages: Sequence[Stage], visits: Ints
) -> None:
    """Draws policies and values of states over a map, and how often training was there.

    Args:
        path: The picture's file.
        title: What is shown.
        grid: Where the states are.
        names: Names of the actions.
        stages: What to show beside each other, the last one deciding the colours.
        visits: [S] visits to each state in training.
    """
    rows, columns = grid.maps[0].states.shape
    count, wide = len(stages) + 1, columns > 2 * rows
    shape = (count, len(grid.maps)) if wide else (len(grid.maps), count)
    cell = min(0.55, 5.5 / columns)
    width, height = max(columns * cell, 2.0) + 0.2, rows * cell + 0.6
    size = (shape[1] * width, shape[0] * height + 0.3)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title, fontsize=9)
    panels = figure.subplots(*shape, squeeze=False)
    panels = panels.T if wide else panels  # [maps, stages and visits]
    for one, row in zip(grid.maps, panels, strict=True):
        best = stages[-1].q[one.states].max(axis=-1)
        norm = Normalize(float(best.min()), float(max(best.max(), best.min() + 1e-9)))
        for stage, axes in zip(stages, row[:-1], strict=True):
            _policy(axes, grid, one, names, stage, norm)
        _visits(row[-1], one, visits)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=_DPI, bbox_inches="tight")


def _policy(
    axes: Axes, grid: Grid, one: GridMap, names: Sequence[str], stage: Stage, norm: Normalize
) -> None:
    values = stage.q[one.states].max(axis=-1)  # [R, C]
    axes.imshow(np.where(one.over, np.nan, values), cmap="YlGnBu", norm=norm)
    greedy = stage.q[one.states].argmax(axis=-1)  # [R, C]
    moves = grid.moves[one.states, greedy]  # [R, C, 2]
    y, x = np.nonzero(~one.over & moves.any(axis=-1))
    u, v = moves[y, x].T
    axes.quiver(
        *(x, y, u, v),
        angles="xy",
        scale_units="xy",
        scale=2.6 * max(1.0, float(np.hypot(u, v).max(initial=1.0))),
        pivot="mid",
        units="xy",
        width=0.07,
        headwidth=4,
        headlength=4,
        headaxislength=3.5,
        color="#c0392b",
    )
    for row, column in zip(*np.nonzero(~one.over & ~moves.any(axis=-1)), strict=True):
        axes.text(
            *(column, row, names[greedy[row, column]][0].upper()),
            color="#c0392b",
            ha="center",
            va="center",
            fontsize=8,
        )
    if values.size <= _NUMBERED:
        for row, column in zip(*np.nonzero(~one.over), strict=True):
            axes.text(
                *(column, row + 0.42, f"{values[row, column]:.3g}"),
                ha="center",
                va="bottom",
                fontsize=5,
                color="white" if norm(values[row, column]) > 0.65 else "black",
            )
    _finish(axes, one, stage.title)


def _visits(axes: Axes, one: GridMap, visits: Ints) -> None:
    seen = visits[one.states].astype(np.float64)
    most = max(float(seen.max()), 2.0)
    axes.imshow(np.where(seen > 0, seen, np.nan), cmap="Oranges", norm=LogNorm(1, most))
    _finish(axes, one, f"visits, up to {most:,.0f}")


def _finish(axes: Axes, one: GridMap, title: str) -> None:
    for (row, column), letter in np.ndenumerate(one.letters):
        if letter.strip() and letter != "F":
            axes.text(column - 0.42, row - 0.42, letter, ha="left", va="top", fontsize=6)
    rows, columns = one.states.shape
    axes.set_xticks(np.arange(columns + 1) - 0.5, [])
    axes.set_yticks(np.arange(rows + 1) - 0.5, [])
    axes.grid(color="0.8", linewidth=0.5)
    axes.tick_params(length=0)
    axes.set_facecolor("0.92")
    axes.set_title("\n".join(filter(None, (title, one.title))), fontsize=7)


def value_map(
    path: Path,
    title: str,
    seen: Sequence[str],
    names: Sequence[str],
    low: Floats,
    high: Floats,
    q: Floats,
) -> None:
    """Draws the values of observations of one or two numbers, and the best action beside them.

    Args:
        path: The picture's file.
        title: What is shown.
        seen: [D] names of the numbers of an observation.
        names: Names of the actions.
        low: [D] the least observation.
        high: [D] the greatest one.
        q: [N, A] action values at N numbers between them, or [N, M, A] at M times N, the first
            number along the first axis.
    """
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    figure.suptitle(title, fontsize=10)
    values, actions = figure.subplots(1, 2)
    if len(low) == 1:
        x = np.linspace(low[0], high[0], len(q))
        for action in range(min(q.shape[-1], _LINES)):
            values.plot(x, q[:, action], color=_COLOURS[action], label=names[action])
        actions.step(x, q.argmax(axis=-1), color="black", where="mid")
        actions.set_yticks(range(len(names)), names)
        values.legend(fontsize=8)
    else:
        _over_two(figure, values, actions, names, (low, high), q)
    values.set_title("largest action value" if len(low) == 2 else "action values", fontsize=9)
    actions.set_title("best action", fontsize=9)
    for axes in (values, actions):
        axes.set_xlabel(seen[0], fontsize=8)
        if len(low) == 2:
            axes.set_ylabel(seen[1], fontsize=8)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=_DPI, bbox_inches="tight")


def _over_two(
    figure: Figure,
    values: Axes,
    actions: Axes,
    names: Sequence[str],
    bounds: tuple[Floats, Floats],
    q: Floats,
) -> None:
    (left, bottom), (right, top) = bounds
    extent = (float(left), float(right), float(bottom), float(top))
    best = values.imshow(
        q.max(axis=-1).T, origin="lower", extent=extent, aspect="auto", cmap="viridis"
    )
    figure.colorbar(best, ax=values)
    shown = actions.imshow(
        q.argmax(axis=-1).T,
        origin="lower",
        extent=extent,
        aspect="auto",
        cmap=ListedColormap(_COLOURS[: len(names)]),
        vmin=-0.5,
        vmax=min(len(names), len(_COLOURS)) - 0.5,
    )
    bar = figure.colorbar(shown, ax=actions, ticks=range(min(len(names), len(_COLOURS))))
    bar.ax.set_yticklabels(names[: len(_COLOURS)], fontsize=8)


def along_an_episode(
    path: Path, title: str, names: Sequence[str], q: Floats, taken: Ints, still: Floats | None
) -> None:
    """Draws the values of the actions at each step of an episode.

    Args:
        path: The picture's file.
        title: What is shown.
        names: Names of the actions.
        q: [T, A] action values, NaN for illegal ones.
        taken: [T] the actions taken.
        still: [T] discounted return from each step on; None where it is not known.
    """
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    steps = np.arange(1, len(q) + 1)
    often = np.argsort(-np.bincount(taken, minlength=q.shape[1]), kind="stable")[:_LINES]
    for colour, action in zip(_COLOURS, sorted(often.tolist()), strict=False):
        axes.plot(steps, q[:, action], color=colour, linewidth=1, label=names[action])
        own = taken == action
        axes.plot(steps[own], q[own, action], ".", color=colour, markersize=4)
    if still is not None:
        label = "discounted return still to come, until the episode was over"
        axes.plot(steps, still, "--", color="black", linewidth=1, label=label)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("step; a dot is the action taken")
    axes.set_ylabel("action value")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=_DPI, bbox_inches="tight")
