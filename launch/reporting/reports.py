"""Pictures and tables of runs, read from their folders."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.box import SIMPLE
from rich.table import Table

from launch import run_folder
from launch.configs import identity
from launch.errors import UsageError
from launch.reporting import curves
from supervised.job import LOWER_IS_BETTER

_RESAMPLES = 10_000


def compare(folders: Sequence[Path], picture: Path) -> Table:
    """Draws runs together, one panel per experiment and settings, and tabulates them.

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
        title = f"{row['experiment']}: {row['on']}, {len(runs)} run{'s' * (len(runs) > 1)}"
        if "env" in results[0]:
            curves.draw_acting(axes, runs)
            curves.label(axes, title)
        else:
            curves.label(axes, title, "step", curves.draw_supervised(axes, runs))
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
    experiment, config = run_folder.read(folder)
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
    worst = max if claims[0]["metric"] in LOWER_IS_BETTER else min
    baselines = [claim["baseline"] for claim in claims if claim["baseline"] is not None]
    return {
        "experiment": results[0]["experiment"],
        "on": results[0].get("env") or f"{results[0]['data']} data",
        "metric": claims[0]["metric"],
        "book": claims[0]["book"],
        "baseline": float(np.mean(baselines)) if baselines else None,
        "optimum": next((c["optimum"] for c in claims if c["optimum"] is not None), None),
        "ours": float(np.mean(ours)) if ours else None,
        "interval": list(bootstrap_interval(ours)) if len(ours) > 1 else None,
        "worst": worst(ours) if ours else None,
        "runs": len(results),
        "finished": sum(result["status"] == "finished" for result in results),
        "env_steps": float(np.mean([result.get("env_steps", 0) for result in results])),
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
        "on": row["on"],
        "metric": row["metric"],
        "book": _short(row["book"]),
        "baseline": _short(row["baseline"]),
        "optimum": _short(row["optimum"]),
        "ours (95 %)": ours,
        "worst": _short(row["worst"]),
        "runs": f"{row['finished']}/{row['runs']}",
        "env steps": f"{row['env_steps']:,.0f}" if row["env_steps"] else "-",
        "seconds": f"{row['wall_seconds']:.1f}",
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for row in rows:
        cells = _cells(row)
        if not table.columns:
            for column in cells:
                words = column in ("experiment", "on", "metric")
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
