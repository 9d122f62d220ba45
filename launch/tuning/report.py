"""Table and picture of a hyper-parameter search, and of several beside each other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from common.errors import UsageError
from common.text import reason
from launch.config.run import RunConfig
from launch.experiments import catalog, spaces
from launch.experiments.experiment import flag_of
from launch.run_folder import description, result
from launch.run_folder.files import replacing, write_json
from launch.terminal.blocks import block
from launch.tuning import space
from launch.tuning.search import FIRST_SEED, Search, flags_of

PICTURE, TABLE, BEST = "search.png", "trials.csv", "best.json"


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
    left.set_ylabel(f"{search.metric} that trials are judged by")
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
    """One row for each trial with a score.

    Its number, score, best score so far, seconds, seconds of all up to it, seeds, and parameters.
    The score of a trial that was stopped early is the mean over the seeds that it has; it is never
    the best.
    """
    rows: list[dict[str, Any]] = []
    best = None
    better = min if search.minimise else max
    for trial in search.scored():
        scores = list(trial.intermediate_values.values())
        if trial.value is not None and trial.state.name == "COMPLETE":
            best = trial.value if best is None else better(best, trial.value)
        rows.append(
            {
                "trial": trial.number,
                search.metric: float(np.mean(scores)),
                "best": best,
                "seconds": sum(result.read(run).wall_seconds for run in search.runs_of(trial)),
                "seeds": len(scores),
                **trial.params,
            }
        )
    table = pd.DataFrame(rows)
    if not table.empty:
        table.insert(4, "job_seconds", table["seconds"].cumsum())
    return table


def write_best(search: Search, plan: Callable[[Sequence[str]], RunConfig], folder: Path) -> Path:
    """Writes best.json, the config of the best trial's settings as a run of its own; its path.

    Args:
        search: The search.
        plan: Makes the config of a run from its flags.
        folder: The search's folder.

    Raises:
        UsageError: No trial came to a score, or the file cannot be written.
    """
    flags = [*search.config.flags, *flags_of(search.best().params)]
    path = folder / BEST
    try:
        write_json(path, description.of(search.config.experiment, plan(flags)))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({reason(error)})") from None
    return path


def in_words(search: Search, folder: Path) -> list[str]:
    """What a search came to: the best trial, each setting with its space, and where the rest is."""
    best, count = search.best(), len(search.results())
    stopped = len(search.scored()) - count
    found = spaces.values(best.params)
    shares: dict[str, float] = {}
    for name, share in search.importances().items():
        setting = name.partition("/")[0]
        shares[setting] = shares.get(setting, 0.0) + share
    rows = [
        ("trials", f"{count} whole{f', {stopped} stopped early' * (stopped > 0)}"),
        (f"best {search.metric}", f"{best.value:.5g} in trial {best.number}, {_judged(search)}"),
    ]
    for name, axis in search.config.space.items():
        share = f", explains {shares[name]:.0%} of the differences" if name in shares else ""
        rows.append((flag_of(name), f"{found[name]} of {space.in_words(axis)}{share}"))
    rows += [("picture", str(folder / PICTURE)), ("table", str(folder / TABLE))]
    return block(f"{search.config.experiment}, {search.config.sampler} search", rows)


def _judged(search: Search) -> str:
    """What the best score is of."""
    seeds = search.config.trial_seeds
    named = f"{FIRST_SEED}-{FIRST_SEED + seeds - 1}" if seeds > 1 else f"{FIRST_SEED}"
    kind = catalog.get(search.config.experiment).config.KIND
    on = "a trial's own episodes" if kind == "rl" else "validation data"
    return f"{'mean over seeds' if seeds > 1 else 'seed'} {named} on {on}"


def _axes(table: pd.DataFrame) -> Sequence[str]:
    return list(table.columns[6:])


def _shown(column: Any) -> Any:
    return column.astype(str) if column.dtype == object or column.dtype == "str" else column


def _is_log(column: Any) -> bool:
    numeric = pd.api.types.is_numeric_dtype(column)
    return bool(numeric and column.min() > 0 and column.max() / column.min() > 30)
