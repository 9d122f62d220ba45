"""The ledger: what the book claims, what is trivial, what is best, and ours over seeds."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import UsageError
from launch.experiments import catalog
from launch.reports.groups import runs_in, settings_of
from launch.reports.intervals import mean_and_interval, mean_known
from launch.run_folder import result
from launch.run_folder.names import RESULT
from launch.run_folder.result import RunResult, SupervisedRunResult

_HEAD = """\
# Results

Written by `python -m launch ledger {runs}` from the runs of `make ledger DATA_DIR=…`. The tables
of the reinforcement learning experiments are in [agents/results.md](agents/results.md).

*Ours* is the mean over seeds, on test data that chose nothing, with its 95 % interval from three
runs on (Student's t).
*Data* is `real` (the published set, whole), `sample` (a genuine subset or sibling that a package
ships) or `synthetic`. *Comparable* says whether the book's score is a sound test score of the
same thing, measured here on the real data; the notes say why where it is not. Seconds and megabytes
are medians of whole jobs, imports included, on one core each.
"""
_NOTES = 4  # that differ from seed to seed, told one by one
_RECALLS = 4  # classes whose recalls are told one by one
_COLUMNS = (
    *("experiment", "data", "metric", "book", "comparable", "baseline", "optimum"),
    *("ours", "runs", "seconds", "MB"),
)


def write(folders: Sequence[Path]) -> tuple[str, int]:
    """The ledger as Markdown, and how many experiments it has.

    Args:
        folders: Run folders, or folders that hold some; unfinished runs are counted, not averaged.

    Raises:
        UsageError: There is no run, or the same seed twice.
    """
    groups: dict[tuple[str, str], list[RunResult]] = defaultdict(list)
    for path in folders:
        found = [folder for folder in runs_in([path]) if (folder / RESULT).exists()]
        if not found:
            raise UsageError(f"{path}: no {RESULT} in it; give folders of runs")
        for folder in found:
            run = result.read(folder)
            groups[settings_of(folder), run.data_kind].append(run)
    order = list(catalog.EXPERIMENTS)
    rows = sorted(groups.values(), key=lambda runs: order.index(runs[0].experiment))
    text = _HEAD.format(runs=" ".join(str(path) for path in folders))
    measured = {runs[0].experiment for runs in rows}
    cells = [_cells(runs) for runs in rows] + _unmeasured(measured)
    text += "\n" + _table(sorted(cells, key=lambda cell: order.index(cell["experiment"])))
    text += "\n## Other metrics\n\n" + "\n".join(filter(None, (_others(runs) for runs in rows)))
    text += "\n\n## Notes\n\n" + "\n".join(filter(None, (_note(runs) for runs in rows))) + "\n"
    return text, len(rows)


def _finished(runs: Sequence[RunResult]) -> list[RunResult]:
    finished = [run for run in runs if run.status == "finished"]
    seeds = [run.seed for run in finished]
    if len(set(seeds)) < len(seeds):
        raise UsageError(f"ledger: {runs[0].experiment} has a seed twice: {sorted(seeds)}")
    return finished


def _cells(runs: Sequence[RunResult]) -> dict[str, str]:
    finished = _finished(runs)
    claims = [run.claim for run in finished or runs]
    ours = [claim.ours for claim in claims if claim.ours is not None]
    book = claims[0].book
    memory = [run.peak_memory_mb for run in finished if isinstance(run, SupervisedRunResult)]
    return {
        "experiment": runs[0].experiment,
        "data": runs[0].data_kind or "-",
        "metric": claims[0].metric,
        "book": _short(book),
        "comparable": "-" if book is None else "yes" if claims[0].comparable else "no",
        "baseline": _short(mean_known([claim.baseline for claim in claims])),
        "optimum": _short(mean_known([claim.optimum for claim in claims])),
        "ours": mean_and_interval(ours) if ours else "-",
        "runs": f"{len(finished)}/{len(runs)}",
        "seconds": _short(_median(run.wall_seconds for run in finished)),
        "MB": _short(_median(memory)),
    }


def _unmeasured(measured: Collection[str]) -> list[dict[str, str]]:
    """Rows of experiments that have no run because files are missing."""
    rows = []
    for name, experiment in catalog.EXPERIMENTS.items():
        if experiment.needs and name not in measured:
            claim = experiment.claim
            row = dict.fromkeys(_COLUMNS, "-") | {"experiment": name, "metric": claim.metric}
            row |= {"book": _short(claim.book), "ours": f"not measured: needs {experiment.needs}"}
            rows.append(row)
    return rows


def _others(runs: Sequence[RunResult]) -> str:
    """The test metrics beside the one that is claimed, in a line."""
    supervised = [run for run in _finished(runs) if isinstance(run, SupervisedRunResult)]
    finished = [run for run in supervised if run.metrics]
    if not finished:
        return ""
    names = [n for n in finished[0].metrics if n != finished[0].claim.metric]
    if sum(name.startswith("recall_") for name in names) > _RECALLS:
        names = [name for name in names if not name.startswith("recall_")]
    scores = [f"{n} {mean_and_interval([run.metrics[n] for run in finished])}" for n in names]
    return f"- **{runs[0].experiment}**: {'; '.join(scores)}." if scores else ""


def _note(runs: Sequence[RunResult]) -> str:
    claim = runs[0].claim
    said = [claim.book_note] if claim.book_note else []
    finished = _finished(runs)
    notes = [note for run in finished for note in run.notes]
    for note in dict.fromkeys(notes):
        if notes.count(note) == len(finished):
            said.append(note)
    single = [note for note in notes if notes.count(note) < len(finished)]
    if len(set(single)) > _NOTES:  # told by their beginnings
        single = [note.partition(":")[0] for note in single]
    said += [f"{note} ({single.count(note)} of {len(finished)})" for note in dict.fromkeys(single)]
    return f"- **{runs[0].experiment}**: {'. '.join(said)}." if said else ""


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *([row[c] for c in _COLUMNS] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _median(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.5g}"
