"""Runs beside each other: a picture, and a table over seeds."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.box import SIMPLE
from rich.table import Table

from common.errors import UsageError
from launch.reports import curves
from launch.reports.groups import runs_in, settings_of
from launch.reports.intervals import METHOD, half_width, mean_and_interval, mean_known
from launch.run_folder import result
from launch.run_folder.names import RESULT
from launch.run_folder.result import RunResult, TrainingRunResult
from launch.run_folder.score_comparison import Comparison
from launch.terminal.console import say
from supervised.core.job import LOWER_IS_BETTER

_WIDE = 140  # columns from which a line a group can be read


def compare(folders: Sequence[Path], picture: Path) -> list[dict[str, Any]]:
    """Draws runs together, one panel per experiment and settings, and tabulates them.

    Args:
        folders: Run folders, or folders that hold some; runs that differ only in their seed are
            summarised together, and of runs that do not even differ in it the newest counts.
        picture: Where the picture goes.

    Returns:
        A row for each group, for `table`; the same goes beside the picture as Markdown and JSON.

    Raises:
        UsageError: A folder is not a run or has not ended, or the picture cannot be written.
    """
    groups = _grouped(folders)
    figure = Figure(figsize=(8, 4 * len(groups)), layout="constrained")
    panels = figure.subplots(len(groups), squeeze=False)[:, 0]
    rows = []
    for axes, runs in zip(panels, groups.values(), strict=True):
        results = [found for _, found in runs]
        row = row_of(results)
        title = f"{row['experiment']}: {row['on']}, {len(runs)} run{'s' * (len(runs) > 1)}"
        curves.draw(axes, runs, title, (row["baseline"], row["optimum"]))
        rows.append(row)
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(picture, dpi=120)
        _write_rows(rows, picture)
    except (OSError, ValueError) as error:  # a ValueError names a format that cannot be drawn
        raise UsageError(f"--out {picture}: {error}") from None
    return rows


def _grouped(folders: Sequence[Path]) -> dict[str, list[tuple[Path, RunResult]]]:
    """The runs of each experiment and settings, the newest of each seed.

    Raises:
        UsageError: A folder is not a run, or has not ended.
    """
    newest: dict[tuple[str, int], tuple[Path, RunResult]] = {}
    for folder in sorted(runs_in(folders), key=_written):
        found = result.read(folder)
        key = (settings_of(folder), found.seed)
        if key in newest:
            say(f"{newest[key][0]}: left out, a newer run has the same settings and seed")
        newest[key] = folder, found
    groups: dict[str, list[tuple[Path, RunResult]]] = defaultdict(list)
    for (settings, _), each in newest.items():
        groups[settings].append(each)
    return groups


def _written(folder: Path) -> float:
    """When a run ended; runs without a result come first, and are refused."""
    path = folder / RESULT
    return path.stat().st_mtime if path.exists() else 0.0


def row_of(results: Sequence[RunResult]) -> dict[str, Any]:
    """What runs that differ only in their seed came to, as plain JSON values."""
    finished = [found for found in results if found.status == "finished"]
    claims = [found.claim for found in results]
    trainings = [found for found in results if isinstance(found, TrainingRunResult)]
    training = [run.training_return_last_100 for run in trainings if run.status == "finished"]
    known = [value for value in training if value is not None]
    optimum = next((claim.optimum for claim in claims if claim.optimum is not None), None)
    return {
        "experiment": results[0].experiment,
        "on": results[0].subject,
        "metric": claims[0].metric,
        "book": claims[0].book,
        "baseline": mean_known([claim.baseline for claim in claims]),
        "optimum": optimum,
        **_over_seeds("ours", claims),
        **_over_seeds("final", claims),
        "training": mean_known(training),
        "training_values": known,
        "training_half_width": half_width(known),
        "runs": len(results),
        "finished": len(finished),
        "env_steps": float(np.mean([run.env_steps for run in trainings] or [0])),
        "wall_seconds": float(np.median([found.wall_seconds for found in results])),
    }


def _over_seeds(name: str, claims: Sequence[Comparison]) -> dict[str, Any]:
    """A score of each run, their mean, half the width of its interval, and the worst."""
    values = [score for claim in claims if (score := getattr(claim, name)) is not None]
    worst = max if claims[0].metric in LOWER_IS_BETTER else min
    return {
        name: mean_known(values),
        f"{name}_values": values,
        f"{name}_half_width": half_width(values),
        f"{name}_worst": worst(values) if values else None,
    }


def _cells(row: dict[str, Any]) -> dict[str, str]:
    """A row as text, by column."""
    return {
        "experiment": row["experiment"],
        "on": row["on"],
        "metric": row["metric"],
        "book": _short(row["book"]),
        "baseline": _short(row["baseline"]),
        "optimum": _short(row["optimum"]),
        "final": _spread(row["final_values"]),
        "worst final": _short(row["final_worst"]),
        "kept": _spread(row["ours_values"]),
        "worst kept": _short(row["ours_worst"]),
        "training": _spread(row["training_values"]),
        "runs": f"{row['finished']}/{row['runs']}",
        "env steps": f"{row['env_steps']:,.0f}" if row["env_steps"] else "-",
        "seconds": f"{row['wall_seconds']:.1f}" if "wall_seconds" in row else "-",
    }


def _spread(values: Sequence[float]) -> str:
    return mean_and_interval(values) if values else "-"


def columns_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """The rows as text, without columns that say nothing in any of them.

    Without reinforcement learning there are no policies of which one was kept: just our score.
    """
    cells = [_cells(row) for row in rows]
    if all(row["final"] is None for row in rows):
        names = {"kept": "ours", "worst kept": "worst"}
        cells = [{names.get(name, name): text for name, text in cell.items()} for cell in cells]
    empty = [name for name in cells[0] if all(cell[name] == "-" for cell in cells)]
    return [{name: text for name, text in cell.items() if name not in empty} for cell in cells]


def table(rows: Sequence[dict[str, Any]], width: int) -> Table:
    """What `compare` found, for a terminal: a line a group, or stacked where there is no room."""
    cells = columns_of(rows)
    if width < _WIDE:
        stacked = Table(box=SIMPLE, padding=(0, 1, 0, 0), show_header=False)
        for cell in cells:
            for name, text in cell.items():
                stacked.add_row(name, text)
            stacked.add_section()
        return stacked
    wide = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for name in cells[0]:
        words = name in ("experiment", "on", "metric")
        wide.add_column(name, justify="left" if words else "right", overflow="fold")
    for cell in cells:
        wide.add_row(*cell.values())
    return wide


def _write_rows(rows: Sequence[dict[str, Any]], picture: Path) -> None:
    """Writes the table beside the picture: as JSON, and as Markdown for people."""
    picture.with_suffix(".json").write_text(json.dumps(list(rows), indent=2) + "\n")
    texts = columns_of(rows)
    picture.with_suffix(".md").write_text(f"{markdown(texts)}\n\n{METHOD}.\n")


def markdown(cells: Sequence[Mapping[str, str]]) -> str:
    """Rows of text, all with the same columns, as a table in Markdown."""
    lines = [list(cells[0]), ["---"] * len(cells[0]), *(list(cell.values()) for cell in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
