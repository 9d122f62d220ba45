"""Table and picture of a hyper-parameter search, and of several beside each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from launch.run_folder import result
from launch.run_folder.files import replacing
from launch.tuning.search import Search

PICTURE, TABLE = "search.png", "trials.csv"


def write(search: Search, folder: Path, title: str) -> None:
    """Writes trials.csv and search.png: every trial, and the best so far over the work done."""
    table = trials(search)
    if table.empty:
        return
    with replacing(folder / TABLE) as path:
        table.to_csv(path, index=False)
    figure = Figure(figsize=(6 + 2.2 * len(_axes(table)), 4), layout="constrained")
    left, *others = np.atleast_1d(figure.subplots(1, 1 + len(_axes(table)), sharey=True))
    left.plot(table["job_seconds"], table[search.metric], ".", color="0.6", label="trial")
    left.step(table["job_seconds"], table["best"], where="post", color="#1f5fa8", label="best")
    left.set_xlabel("seconds of work, all trials")
    left.set_ylabel(f"{search.metric} on validation")
    left.legend(fontsize=8)
    for panel, name in zip(others, _axes(table), strict=True):
        panel.plot(_shown(table[name]), table[search.metric], ".", color="#1f5fa8")
        panel.set_xlabel(name)
        if _is_log(table[name]):
            panel.set_xscale("log")
    for panel in (left, *others):
        panel.grid(alpha=0.3)
    figure.suptitle(title, fontsize=10)
    with replacing(folder / PICTURE) as path:
        figure.savefig(path, dpi=120)


def trials(search: Search) -> pd.DataFrame:
    """One row for each finished trial: number, score, best so far, seconds of work, parameters."""
    rows: list[dict[str, Any]] = []
    for trial in search.results():
        seconds = result.read(search.run_of(trial)).wall_seconds
        rows.append(
            {"trial": trial.number, search.metric: trial.value, "seconds": seconds, **trial.params}
        )
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    best = table[search.metric].cummin() if search.minimise else table[search.metric].cummax()
    table.insert(2, "best", best)
    table.insert(4, "job_seconds", table["seconds"].cumsum())
    return table


def _axes(table: pd.DataFrame) -> Sequence[str]:
    return list(table.columns[5:])


def _shown(column: Any) -> Any:
    return column.astype(str) if column.dtype == object or column.dtype == "str" else column


def _is_log(column: Any) -> bool:
    numeric = pd.api.types.is_numeric_dtype(column)
    return bool(numeric and column.min() > 0 and column.max() / column.min() > 30)
