"""Learning curves, read from the metrics of runs and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.errors import UsageError
from launch.config.training import TrainingConfig
from launch.reports import panels
from launch.reports.intervals import half_width
from launch.run_folder import description
from launch.run_folder.files import replacing
from launch.run_folder.metrics import read_metrics
from launch.run_folder.names import CURVE, METRICS
from launch.run_folder.run_result import RunResult
from launch.run_folder.score_comparison import Comparison

_GREY, _BLUE, _RED = "0.75", "#1f5fa8", "#c0392b"
_RUNNING = 50  # episodes in the running mean, at least
_DOTS = 5_000  # episodes drawn at most; more only make a grey bar, slowly
_NAMED = 10  # seeds that the legend names at most
_STEPS = "environment steps, all environments"
_Runs = Sequence[tuple[Path, RunResult]]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A run's learning curve.

    Attributes:
        episode_steps: [N] environment steps when each episode had ended.
        episode_returns: [N] their returns.
        evaluation_steps: [M] environment steps of each evaluation.
        evaluation_returns: [M] their mean returns.
        scores_are_returns: Whether scores, which may be rates of success, are equal to returns.
    """

    episode_steps: npt.NDArray[np.float64]
    episode_returns: npt.NDArray[np.float64]
    evaluation_steps: npt.NDArray[np.float64]
    evaluation_returns: npt.NDArray[np.float64]
    scores_are_returns: bool


def read_curve(folder: Path) -> Curve:
    """Reads a run's learning curve from its metrics."""
    return _curve(read_metrics(folder))


def _curve(records: Sequence[dict[str, Any]]) -> Curve:
    steps: list[float] = []
    returns: list[float] = []
    points: list[tuple[float, float]] = []
    alike = True
    for record in records:
        if record["kind"] == "iteration":
            ended = record.get("episode_returns", [])  # not there in runs kept without episodes
            returns += ended
            steps += [record["env_steps"]] * len(ended)
        elif record["kind"] == "evaluation":
            points.append((record["env_steps"], record["mean_return"]))
            alike &= record.get("success_rate") in (None, record["mean_return"])
    evaluations = np.array(points).reshape(-1, 2)
    return Curve(
        episode_steps=np.array(steps),
        episode_returns=np.array(returns),
        evaluation_steps=evaluations[:, 0],
        evaluation_returns=evaluations[:, 1],
        scores_are_returns=alike,
    )


def check(folder: Path) -> None:
    """Makes sure that a run can be drawn.

    Raises:
        UsageError: Its series are missing or damaged.
    """
    _, config = description.read(folder)
    try:
        if isinstance(config, TrainingConfig):
            read_curve(folder)
        else:
            _series(folder)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{folder / METRICS}: of another program or version: {error!r}") from None


def learning_curve(folder: Path, claim: Comparison, *, kept_from: int) -> Path:
    """Draws a run's episode returns, their running mean, its evaluations, and what to hold them to.

    Below them are what the learner measured, what the policy expected, and how it explored.

    Args:
        folder: The run's folder.
        claim: The scores that the run is held to.
        kept_from: Environment steps at which the policy that is kept was evaluated.
    """
    experiment, config = description.read(folder)
    assert isinstance(config, TrainingConfig)
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    records = read_metrics(folder)
    axes = panels.below(figure, panels.series(records))
    curve = _curve(records)
    _draw_episodes(axes, curve)
    if len(curve.evaluation_steps):
        axes.plot(
            curve.evaluation_steps,
            curve.evaluation_returns,
            "o-",
            color=_RED,
            markersize=4,
            linewidth=1,
            label=f"{config.acting} evaluation, mean of {config.evaluation.episodes:,}",
        )
        kept = curve.evaluation_steps == kept_from
        axes.plot(
            curve.evaluation_steps[kept],
            curve.evaluation_returns[kept],
            "o",
            color=_RED,
            markersize=10,
            fillstyle="none",
            label="the policy kept",
        )
    _draw_levels(axes, [curve], config.solved_at, claim.baseline, claim.optimum)
    x = _STEPS if config.data is None else "transitions read from the recording"
    _label(axes, f"{experiment}: {config.task}, seed {config.seed}", x)
    path = folder / CURVE
    with replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=120)
    return path


def draw(axes: Axes, runs: _Runs, title: str, levels: tuple[float | None, float | None]) -> None:
    """Draws runs of one experiment together: each seed's curve, and their mean.

    Args:
        axes: Where to draw.
        runs: Folders and results of runs that differ in their seed alone.
        title: Title of the picture.
        levels: Baseline and optimum, where they are known.
    """
    _, config = description.read(runs[0][0])
    if isinstance(config, TrainingConfig):
        curves = [read_curve(folder) for folder, _ in runs]
        _draw_seeds(axes, runs, [(c.evaluation_steps, c.evaluation_returns) for c in curves])
        _draw_levels(axes, curves, config.solved_at, *levels)
        _label(axes, title)
    else:
        _label(axes, title, "step", _draw_series(axes, runs))


def _draw_levels(
    axes: Axes,
    curves: Sequence[Curve],
    solved_at: float | None,
    baseline: float | None,
    optimum: float | None,
) -> None:
    """Lines at the returns that others reach: the threshold, random actions, the optimum.

    The threshold is a return; the other two are scores, which are left out among other returns.
    """
    levels = {"solved": (solved_at, ":")}
    if all(curve.scores_are_returns for curve in curves):
        levels |= {"random": (baseline, "--"), "optimum": (optimum, "-.")}
    for name, (level, line) in levels.items():
        if level is not None:
            axes.axhline(level, color="black", linestyle=line, linewidth=1, label=name)


def _draw_series(axes: Axes, runs: _Runs) -> str:
    """Draws the claimed metric on validation data, or the series nearest to it; gives its name."""
    name, lines = claimed_series([folder for folder, _ in runs], runs[0][1].claim.metric)
    if lines:
        _draw_seeds(axes, runs, [(line[:, 0], line[:, 1]) for line in lines])
    return name


def claimed_series(
    folders: Sequence[Path], metric: str
) -> tuple[str, list[npt.NDArray[np.float64]]]:
    """The claimed metric of supervised runs on validation data, or the series nearest to it.

    Args:
        folders: Folders of runs of one experiment.
        metric: The claimed metric.

    Returns:
        The name of the series, and of each run its points of step and value, [N, 2]; no points
        where there is no such series.
    """
    series = [_series(folder) for folder in folders]
    wanted = (f"/val_{metric}", f"/{metric}", "/val_loss", "/loss")
    names = [name for end in wanted for name in series[0] if name.endswith(end)]
    if not names:
        return metric, []
    lines = [found.get(names[0], []) for found in series]
    return names[0], [np.array(line, np.float64).reshape(-1, 2) for line in lines]


def _series(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """A supervised run's series: points of step and value, by name."""
    found: dict[str, list[tuple[float, float]]] = {}
    for record in read_metrics(folder):
        for name, value in record.items():
            if name not in ("kind", "step"):
                found.setdefault(name, []).append((record["step"], value))
    return found


def _draw_seeds(
    axes: Axes, runs: _Runs, lines: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]]
) -> None:
    named = len(lines) <= _NAMED
    for (steps, values), (_, result) in zip(lines, runs, strict=True):
        name = f"seed {result.seed}" if named else None
        axes.plot(steps, values, ".-", linewidth=0.8, alpha=0.6, label=name)
    common = set.intersection(*(set(steps) for steps, _ in lines))
    if len(lines) > 1 and common:
        shared = sorted(common)
        values = [[v[s == step][0] for s, v in lines] for step in shared]  # [steps][runs]
        means = np.mean(values, axis=1)
        axes.plot(shared, means, color="black", linewidth=2, label=f"mean of {len(lines)} seeds")
        halves = [half_width(at_step) for at_step in values]
        if halves[0] is not None:
            halves = np.array(halves, np.float64)
            axes.fill_between(
                shared,
                means - halves,
                means + halves,
                color="black",
                alpha=0.15,
                label="95 %, Student's t",
            )


def _draw_episodes(axes: Axes, curve: Curve) -> None:
    steps, returns = curve.episode_steps, curve.episode_returns
    every = -(-len(returns) // _DOTS) or 1
    of_all = "episodes" if every == 1 else f"episodes, 1 of {every}"
    axes.plot(
        steps[::every],
        returns[::every],
        ".",
        color=_GREY,
        markersize=3,
        rasterized=True,
        label=of_all,
    )
    window = min(max(_RUNNING, len(returns) // 200), len(returns))
    if window > 1:
        sums = np.cumsum(np.concatenate([[0.0], returns]))
        mean = (sums[window:] - sums[:-window]) / window
        axes.plot(
            steps[window - 1 :: every], mean[::every], color=_BLUE, label=f"mean of {window:,}"
        )


def _label(axes: Axes, title: str, x: str = _STEPS, y: str = "return") -> None:
    """Title, names of the axes, legend."""
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(loc="best", fontsize=8)
