"""Runs beside each other: a picture, and a table over seeds."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.box import SIMPLE
from rich.table import Table

from common import jsons
from common.errors import UsageError
from common.text import reason
from launch.reports import curves, seed_means
from launch.reports.compared.measures import METHODS
from launch.reports.finding import tell
from launch.reports.groups import Group, gather
from launch.reports.intervals import mean_and_interval, mean_known
from launch.run_folder.files import page, refuse_results
from launch.run_folder.run_result import RunResult, TrainingRunResult
from launch.run_folder.score_comparison import Comparison
from launch.terminal.console import say
from supervised.core.job import LOWER_IS_BETTER

SCORES = ("ours", "final", "training")
"""The scores of a row that are over seeds: the policy kept or the model, last weights, training."""
_JSON, _MARKDOWN = ".json", ".md"
_WIDE = 140  # columns from which a line a group can be read
_PANELS = 24  # of the picture at most: more are too high to be looked at


def compare(folders: Sequence[Path], picture: Path) -> list[dict[str, Any]]:
    """Draws runs together, one panel per experiment and settings, and tabulates them.

    Args:
        folders: Run folders, or folders that hold some, at any depth; finished runs that differ
            only in their seed are summarised together. What is left out is said, with the reason.
        picture: Where the picture goes.

    Returns:
        A row for each group, for `table`; the same goes beside the picture as Markdown and JSON.

    Raises:
        UsageError: No run is left, the picture cannot be written, or it or a table would go over
            what tells of a run.
    """
    refuse_results(picture, *map(picture.with_suffix, (_JSON, _MARKDOWN)))
    groups, left_out = gather(folders, curves.check)
    tell(left_out)
    rows = [_row(*each) for each in zip(groups, seed_means.scales(groups), strict=True)]
    shown = groups[:_PANELS]
    if len(groups) > _PANELS:
        say(f"the picture has the first {_PANELS} of {len(groups)} groups; name fewer folders")
    figure = Figure(figsize=(8, 4 * len(shown)), layout="constrained")
    panels = figure.subplots(len(shown), squeeze=False)[:, 0]
    for axes, group, row in zip(panels, shown, rows, strict=False):
        curves.draw(axes, group.runs, _title(row), (row["baseline"], row["optimum"]))
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
        with page(picture) as unfinished:
            figure.savefig(unfinished, dpi=120)
        _write_rows(rows, picture)
    except (OSError, ValueError) as error:  # a ValueError names a format that cannot be drawn
        raise UsageError(f"--out {picture}: {reason(error)}") from None
    return rows


def _row(group: Group, scale: seed_means.Scale) -> dict[str, Any]:
    """A group's row: what its results tell, how it differs from others, and its intervals."""
    row = row_of(group.results)
    about = {"settings": group.differs, "runs": len(group.runs) + group.unfinished}
    return {**row, **about, **_intervals(row, scale)}


def _intervals(row: Mapping[str, Any], scale: seed_means.Scale) -> dict[str, Any]:
    """The range that a row's scores lie in, and the limits of its means with their method."""
    found: dict[str, Any] = {"scale": scale, "bounds": scale.bounds}
    for name in SCORES:
        known = seed_means.mean(row[f"{name}_values"], scale)
        found |= {
            f"{name}_low": known and known.low,
            f"{name}_high": known and known.high,
            f"{name}_method": known and METHODS.get(known.method),
        }
    return found


def _title(row: dict[str, Any]) -> str:
    count = row["finished"]
    title = f"{row['experiment']}: {row['on']}, {count} run{'s' * (count > 1)}"
    return f"{title}\n{textwrap.fill(row['settings'], 90)}" if row["settings"] else title


def row_of(results: Sequence[RunResult]) -> dict[str, Any]:
    """What runs that differ only in their seed came to, as plain JSON values."""
    finished = [found for found in results if found.status == "finished"]
    claims = [found.claim for found in results]
    trainings = [found for found in results if isinstance(found, TrainingRunResult)]
    training = [run.training_score for run in trainings if run.status == "finished"]
    known = [value for value in training if value is not None]
    optimum = next((claim.optimum for claim in claims if claim.optimum is not None), None)
    return {
        "experiment": results[0].experiment,
        "settings": "",
        "on": results[0].subject,
        "metric": claims[0].metric,
        "book": claims[0].book,
        "baseline": mean_known([claim.baseline for claim in claims]),
        "optimum": optimum,
        **_over_seeds("ours", claims),
        **_over_seeds("final", claims),
        "training": mean_known(training),
        "training_values": known,
        "runs": len(results),
        "finished": len(finished),
        "solved": len([run for run in trainings if run.solved_at_env_steps is not None]),
        "env_steps": float(np.mean([run.env_steps for run in trainings] or [0])),
        "wall_seconds": float(np.median([found.wall_seconds for found in results])),
    }


def _over_seeds(name: str, claims: Sequence[Comparison]) -> dict[str, Any]:
    """A score of each run, their mean, and the worst."""
    values = [score for claim in claims if (score := getattr(claim, name)) is not None]
    worst = max if claims[0].metric in LOWER_IS_BETTER else min
    return {
        name: mean_known(values),
        f"{name}_values": values,
        f"{name}_worst": worst(values) if values else None,
    }


def _cells(row: dict[str, Any]) -> dict[str, str]:
    """A row as text, by column."""
    return {
        "experiment": row["experiment"],
        "settings": row["settings"] or "-",
        "on": row["on"],
        "metric": row["metric"],
        "book": _short(row["book"]),
        "baseline": _short(row["baseline"]),
        "optimum": _short(row["optimum"]),
        "final": _over_seeds_in_words(row, "final"),
        "worst final": _short(row["final_worst"]),
        "kept": _over_seeds_in_words(row, "ours"),
        "worst kept": _short(row["ours_worst"]),
        "training": _over_seeds_in_words(row, "training"),
        "runs": f"{row['finished']}/{row['runs']}",
        "env steps": f"{row['env_steps']:,.0f}" if row["env_steps"] else "-",
        "seconds": f"{row['wall_seconds']:.1f}" if "wall_seconds" in row else "-",
    }


def _over_seeds_in_words(row: Mapping[str, Any], name: str) -> str:
    """A mean over seeds with its interval: that of `compare`, where the range is looked up."""
    values = row[f"{name}_values"]
    if not values:
        return "-"
    return seed_means.cell(values, row["scale"]) if "scale" in row else mean_and_interval(values)


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
        return stacked(cells)
    wide = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    for name in cells[0]:
        words = name in ("experiment", "settings", "on", "metric")
        wide.add_column(name, justify="left" if words else "right", overflow="fold")
    for cell in cells:
        wide.add_row(*cell.values())
    return wide


def stacked(cells: Sequence[Mapping[str, str]]) -> Table:
    """Rows of text as blocks of a name and a text a line, for a terminal of any width."""
    blocks = Table(box=SIMPLE, padding=(0, 1, 0, 0), show_header=False)
    for cell in cells:
        for name, text in cell.items():
            blocks.add_row(name, text)
        blocks.add_section()
    return blocks


def _write_rows(rows: Sequence[dict[str, Any]], picture: Path) -> None:
    """Writes the table beside the picture: as JSON, and as Markdown for people."""
    with page(picture.with_suffix(_JSON)) as unfinished:
        unfinished.write_text(jsons.dumps(jsons.finite(list(rows)), indent=2) + "\n")
    texts = columns_of(rows)
    with page(picture.with_suffix(_MARKDOWN)) as unfinished:
        unfinished.write_text(f"{markdown(texts)}\n\n{seed_means.METHOD}.\n")


def markdown(cells: Sequence[Mapping[str, str]]) -> str:
    """Rows of text, all with the same columns, as a table in Markdown."""
    lines = [list(cells[0]), ["---"] * len(cells[0]), *(list(cell.values()) for cell in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
