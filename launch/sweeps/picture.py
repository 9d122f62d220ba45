"""The picture of a sweep: each variant's mean over seeds in its band, in one panel a task."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from launch.experiments.study import Series
from launch.reports.curves import Curve, claimed_series, read_curve
from launch.reports.intervals import half_width
from launch.run_folder import result
from launch.run_folder.files import replacing
from launch.run_folder.run_result import TrainingRunResult

_BINS = 50  # parts of a run over which returns of training episodes are averaged
_TITLES = {"evaluation": "evaluations", "training": "training episodes, exploring"}
_Lines = list[npt.NDArray[np.float64]]  # of each run [N, 2]: steps and values


def draw(variants: Mapping[str, Sequence[Path]], series: Sequence[Series], path: Path) -> None:
    """Draws finished runs.

    Args:
        variants: The folders of each variant's runs, one a seed, by the variant's name.
        series: What is shown of runs of agents, a panel each; jobs have their claimed metric.
        path: Where the picture goes.

    Raises:
        UsageError: The metrics of a run cannot be read.
        OSError: The picture cannot be written.
    """
    panels: dict[tuple[str, str, str], dict[str, _Lines]] = defaultdict(dict)
    levels: dict[str, dict[str, float | None]] = {}
    for name, folders in variants.items():
        first = result.read(folders[0])
        if isinstance(first, TrainingRunResult):
            curves = [(folder, read_curve(folder)) for folder in folders]
            for each in series:
                title = f"{first.subject}: {_TITLES[each]}"
                panels[title, "environment steps", "return"][name] = [
                    _of_agent(folder, curve, each) for folder, curve in curves
                ]
                if all(curve.scores_are_returns for _, curve in curves):
                    claim = first.claim
                    levels[title] = {"random": claim.baseline, "optimum": claim.optimum}
        else:
            metric, lines = claimed_series(folders, first.claim.metric)
            panels[first.subject, "step", metric][name] = lines
    figure = Figure(figsize=(8, 4.5 * len(panels)), layout="constrained")
    grid = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axes, ((title, x, y), drawn) in zip(grid, panels.items(), strict=True):
        for number, (name, lines) in enumerate(drawn.items()):
            _draw_variant(axes, name, lines, f"C{number % 10}")
        _limit(axes, [line for lines in drawn.values() for line in lines], levels.get(title, {}))
        axes.set(title=f"{title} (means and their 95 % intervals)", xlabel=x, ylabel=y)
        axes.grid(alpha=0.3)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3, fontsize=8)
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=120)


def _limit(axes: Axes, lines: _Lines, levels: Mapping[str, float | None]) -> None:
    """Shows what runs came to, and the levels among it: intervals may go far beyond both."""
    values = [line[:, 1] for line in lines if len(line)]
    if not values:
        return
    low, high = (float(end(np.concatenate(values))) for end in (np.min, np.max))
    margin = 0.07 * (high - low) or 0.5
    for (name, level), style in zip(levels.items(), ("--", "-."), strict=False):
        if level is not None and low - 2 * margin <= level <= high + 2 * margin:
            axes.axhline(level, color="black", linestyle=style, linewidth=1, label=name)
            low, high = min(low, level), max(high, level)
    axes.set_ylim(low - margin, high + margin)


def _of_agent(folder: Path, curve: Curve, series: Series) -> npt.NDArray[np.float64]:
    """A run's evaluations, or the mean returns of its training episodes in parts of the run."""
    if series == "evaluation":
        return np.stack([curve.evaluation_steps, curve.evaluation_returns], axis=1)
    found = result.read(folder)
    assert isinstance(found, TrainingRunResult)
    edges = np.linspace(0, found.env_steps, _BINS + 1)
    parts = np.clip(np.searchsorted(edges, curve.episode_steps) - 1, 0, _BINS - 1)
    counts = np.bincount(parts, minlength=_BINS)
    sums = np.bincount(parts, curve.episode_returns, minlength=_BINS)
    seen = counts > 0
    return np.stack([edges[1:][seen], sums[seen] / counts[seen]], axis=1)


def _draw_variant(axes: Axes, name: str, lines: _Lines, color: str) -> None:
    """Each seed thin, their mean, and its interval where there are seeds enough."""
    for line in lines:
        axes.plot(line[:, 0], line[:, 1], color=color, linewidth=0.5, alpha=0.4)
    common = sorted(set.intersection(*(set(line[:, 0]) for line in lines))) if lines else []
    values = [[line[line[:, 0] == step][0, 1] for line in lines] for step in common]
    means = np.array([np.mean(at_step) for at_step in values])
    halves = [half_width(at_step) for at_step in values]
    label = f"{name}, {len(lines)} run{'s' * (len(lines) > 1)}"
    axes.plot(common, means, "o-", color=color, linewidth=2, markersize=3, label=label)
    known = np.array([half is not None for half in halves], bool)
    if known.any():
        wide = np.array([half or 0.0 for half in halves])
        axes.fill_between(
            common, means - wide, means + wide, where=known, color=color, alpha=0.2, linewidth=0
        )
