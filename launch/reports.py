"""Pictures and tables of runs, read from their folders."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.box import SIMPLE
from rich.table import Table

from launch import run_folder
from launch.configs import identity
from launch.errors import UsageError
from launch.tracking import read_metrics

_GREY, _BLUE, _RED = "0.75", "#1f5fa8", "#c0392b"
_RUNNING = 50  # episodes in the running mean
_RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A run's learning curve.

    Attributes:
        episode_steps: [N] environment steps when each episode had ended.
        episode_returns: [N] their returns.
        evaluation_steps: [M] environment steps of each evaluation.
        evaluation_returns: [M] their mean returns.
    """

    episode_steps: npt.NDArray[np.float64]
    episode_returns: npt.NDArray[np.float64]
    evaluation_steps: npt.NDArray[np.float64]
    evaluation_returns: npt.NDArray[np.float64]


def read_curve(folder: Path) -> Curve:
    """Reads a run's learning curve from its metrics."""
    steps: list[float] = []
    returns: list[float] = []
    points: list[tuple[float, float]] = []
    for record in read_metrics(folder):
        if record["kind"] == "round":
            returns += record["episode_returns"]
            steps += [record["env_steps"]] * len(record["episode_returns"])
        elif record["kind"] == "evaluation":
            points.append((record["env_steps"], record["mean_return"]))
    evaluations = np.array(points).reshape(-1, 2)
    return Curve(
        episode_steps=np.array(steps),
        episode_returns=np.array(returns),
        evaluation_steps=evaluations[:, 0],
        evaluation_returns=evaluations[:, 1],
    )


def learning_curve(folder: Path) -> Path:
    """Draws a run's episode returns, their running mean and its evaluations."""
    experiment, config = run_folder.read_training(folder)
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    curve = read_curve(folder)
    _draw_episodes(axes, curve)
    if len(curve.evaluation_steps):
        axes.plot(
            curve.evaluation_steps,
            curve.evaluation_returns,
            "o-",
            color=_RED,
            markersize=4,
            linewidth=1,
            label=f"greedy evaluation, mean of {config.evaluation.episodes}",
        )
    if config.solved_at is not None:
        axes.axhline(config.solved_at, color="black", linestyle=":", linewidth=1, label="solved")
    _label(axes, f"{experiment}: {config.env}, seed {config.seed}")
    path = folder / run_folder.CURVE
    with run_folder.replacing(path) as unfinished:
        figure.savefig(unfinished, dpi=120)
    return path


def compare(folders: Sequence[Path], picture: Path) -> Table:
    """Draws runs together, one panel per experiment and environment, and tabulates them.

    Args:
        folders: Run folders; runs that differ only in their seed are summarised together.
        picture: Where the picture goes.

    Returns:
        The table for a terminal; the same goes beside the picture as Markdown and JSON.

    Raises:
        UsageError: A folder is not a run or has not ended, a seed is given twice, or the picture
            cannot be written.
    """
    groups: dict[str, list[tuple[Path, dict[str, Any]]]] = defaultdict(list)
    for folder in folders:
        groups[_group(folder)].append((folder, run_folder.read_result(folder)))
    figure = Figure(figsize=(8, 4 * len(groups)), layout="constrained")
    panels = figure.subplots(len(groups), squeeze=False)[:, 0]
    rows = []
    for axes, runs in zip(panels, groups.values(), strict=True):
        results = [result for _, result in runs]
        seeds = [result["seed"] for result in results]
        if len(set(seeds)) < len(seeds):
            raise UsageError(f"report: seed given twice: {', '.join(str(run) for run, _ in runs)}")
        row = _row(results)
        _draw_runs(axes, runs)
        _label(axes, f"{row['experiment']}: {row['env']}, {len(runs)} run{'s' * (len(runs) > 1)}")
        rows.append(row)
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(picture, dpi=120)
        _write_rows(rows, picture)
    except (OSError, ValueError) as error:  # a ValueError names a format that cannot be drawn
        raise UsageError(f"--out {picture}: {error}") from None
    return _table(rows)


def _group(folder: Path) -> str:
    """What runs share that are summarised together: all but seed, place and bookkeeping."""
    experiment, config = run_folder.read_training(folder)
    shared = {name: value for name, value in identity(config).items() if name != "seed"}
    return json.dumps([experiment, shared], sort_keys=True)


def bootstrap_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of `values`, one value per seed.

    It needs two values at least: from one there is nothing to resample.
    """
    sample = np.asarray(values, np.float64)
    rng = np.random.default_rng(0)
    means = rng.choice(sample, (_RESAMPLES, len(sample))).mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _row(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    claims = [result["claim"] for result in results]
    ours = [claim["ours"] for claim in claims if claim["ours"] is not None]
    baselines = [claim["baseline"] for claim in claims if claim["baseline"] is not None]
    return {
        "experiment": results[0]["experiment"],
        "env": results[0]["env"],
        "metric": claims[0]["metric"],
        "book": claims[0]["book"],
        "baseline": float(np.mean(baselines)) if baselines else None,
        "optimum": next((c["optimum"] for c in claims if c["optimum"] is not None), None),
        "ours": float(np.mean(ours)) if ours else None,
        "interval": list(bootstrap_interval(ours)) if len(ours) > 1 else None,
        "worst": min(ours) if ours else None,
        "runs": len(results),
        "finished": sum(result["status"] == "finished" for result in results),
        "env_steps": float(np.mean([result["env_steps"] for result in results])),
        "wall_seconds": float(np.median([result["wall_seconds"] for result in results])),
    }


def _cells(row: dict[str, Any]) -> dict[str, str]:
    """A row as text, by column."""
    interval = row["interval"]
    ours = _short(row["ours"])
    if interval is not None:
        ours += f" [{_short(interval[0])}, {_short(interval[1])}]"
    return {
        "experiment": row["experiment"],
        "env": row["env"],
        "metric": row["metric"],
        "book": _short(row["book"]),
        "random": _short(row["baseline"]),
        "optimum": _short(row["optimum"]),
        "ours (95 %)": ours,
        "worst": _short(row["worst"]),
        "runs": f"{row['finished']}/{row['runs']}",
        "env steps": f"{row['env_steps']:,.0f}",
        "seconds": f"{row['wall_seconds']:.1f}",
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for row in rows:
        cells = _cells(row)
        if not table.columns:
            for column in cells:
                words = column in ("experiment", "env", "metric")
                table.add_column(column, justify="left" if words else "right", overflow="fold")
        table.add_row(*cells.values())
    return table


def _write_rows(rows: Sequence[dict[str, Any]], picture: Path) -> None:
    """Writes the table beside the picture: as JSON, and as Markdown for people."""
    picture.with_suffix(".json").write_text(json.dumps(list(rows), indent=2) + "\n")
    texts = [_cells(row) for row in rows]
    lines = [list(texts[0]), ["---"] * len(texts[0]), *(list(text.values()) for text in texts)]
    markdown = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    picture.with_suffix(".md").write_text(markdown + "\n")


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _draw_episodes(axes: Axes, curve: Curve) -> None:
    axes.plot(
        curve.episode_steps,
        curve.episode_returns,
        ".",
        color=_GREY,
        markersize=3,
        rasterized=True,
        label="episodes",
    )
    window = min(_RUNNING, len(curve.episode_returns))
    if window > 1:
        mean = np.convolve(curve.episode_returns, np.full(window, 1 / window), "valid")
        axes.plot(curve.episode_steps[window - 1 :], mean, color=_BLUE, label=f"mean of {window}")


def _draw_runs(axes: Axes, runs: Sequence[tuple[Path, dict[str, Any]]]) -> None:
    """Each run's evaluations, and their mean where the runs were evaluated at the same steps."""
    curves = [read_curve(folder) for folder, _ in runs]
    for curve, (_, result) in zip(curves, runs, strict=True):
        axes.plot(
            curve.evaluation_steps,
            curve.evaluation_returns,
            ".-",
            linewidth=0.8,
            alpha=0.6,
            label=f"seed {result['seed']}",
        )
    common = set.intersection(*(set(curve.evaluation_steps) for curve in curves))
    if len(curves) > 1 and common:
        steps = sorted(common)
        means = [
            np.mean([c.evaluation_returns[c.evaluation_steps == step][0] for c in curves])
            for step in steps
        ]
        axes.plot(steps, means, color="black", linewidth=2, label="mean")


def _label(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_xlabel("environment steps, all streams")
    axes.set_ylabel("return")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)
