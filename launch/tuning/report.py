"""What a search came to: its table, its best trial as a config, and that in words."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from launch.config.run import RunConfig
from launch.experiments import catalog, spaces
from launch.experiments.experiment import flag_of
from launch.run_folder import description, result
from launch.run_folder.files import replacing, write_json
from launch.terminal.blocks import block
from launch.tuning import picture, space
from launch.tuning.journal import unwritable
from launch.tuning.search import FIRST_SEED, Search

PICTURE, TABLE, BEST = "search.png", "trials.csv", "best.json"


def write(search: Search, folder: Path, title: str) -> None:
    """Writes trials.csv and search.png: every trial, and the best so far over the work done.

    Raises:
        UsageError: They cannot be written.
    """
    table = trials(search)
    if table.empty:
        return
    try:
        with replacing(folder / TABLE) as path:
            table.to_csv(path, index=False)
        picture.draw(search, table, title, folder / PICTURE)
    except OSError as error:
        raise unwritable(folder, error) from None


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
    unseen = catalog.get(search.config.experiment).config.UNSEEN
    given = [flag for flag in search.config.flags if flag not in unseen]  # of trials alone
    flags = [*given, *space.flags_of(search.best().params)]
    path = folder / BEST
    try:
        write_json(path, description.of(search.config.experiment, plan(flags)))
    except OSError as error:
        raise unwritable(folder, error) from None
    return path


def in_words(search: Search, folder: Path) -> list[str]:
    """What a search came to: the best trial, each setting with its space, and where the rest is."""
    best, count = search.best(), len(search.results())
    stopped = len(search.scored()) - count
    score = f"{best.value:.5g} in trial {best.number}, {_judged(search)}"
    if is_tie := count > 1 and len({trial.value for trial in search.results()}) == 1:
        score = (
            f"{best.value:.5g} in all of them, {_judged(search)}: none is better; what follows is "
            f"of trial {best.number}"
        )
    found = spaces.values(best.params)
    shares: dict[str, float] = {}
    for name, share in search.importances().items():
        setting = name.partition("/")[0]
        shares[setting] = shares.get(setting, 0.0) + share
    rows = [
        ("trials", f"{count} whole{f', {stopped} stopped early' * (stopped > 0)}"),
        (search.metric if is_tie else f"best {search.metric}", score),
    ]
    for name, axis in search.config.space.items():
        share = f", explains {shares[name]:.0%} of the differences" if name in shares else ""
        rows.append((flag_of(name), f"{found[name]} of {space.in_words(axis)}{share}"))
    rows += [("picture", str(folder / PICTURE)), ("table", str(folder / TABLE))]
    return block(f"{search.config.experiment}, {search.config.sampler} search", rows)


def in_json(search: Search, folder: Path) -> dict[str, Any]:
    """What a search came to, as plain JSON values: the best trial, and a row for each trial."""
    best = search.best()
    return {
        "folder": str(folder),
        "config": str(folder / BEST),
        "metric": search.metric,
        "trial": best.number,
        "score": best.value,
        "settings": spaces.values(best.params),
        "rows": json.loads(str(trials(search).to_json(orient="records", double_precision=15))),
    }


def _judged(search: Search) -> str:
    """What the best score is of."""
    seeds = search.config.trial_seeds
    named = f"{FIRST_SEED}-{FIRST_SEED + seeds - 1}" if seeds > 1 else f"{FIRST_SEED}"
    kind = catalog.get(search.config.experiment).config.KIND
    on = "a trial's own episodes" if kind == "rl" else "validation data"
    return f"{'mean over seeds' if seeds > 1 else 'seed'} {named} on {on}"
