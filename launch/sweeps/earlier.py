"""The table that is in a sweep's folder already: no other sweep takes its place."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import UsageError
from launch.config.run import RunConfig
from launch.config.serialization import settings
from launch.experiments.experiment import flag_of
from launch.reports.again import ranges
from launch.run_folder import description
from launch.run_folder.names import RESULT
from launch.sweeps.names import VALUES
from launch.sweeps.sweep import Sweep

_SETTINGS = 3  # that are named of those that differ
_NOTHING = object()


def has_table(folder: Path) -> bool:
    """Whether a sweep came to a table in the folder."""
    return bool(_read(folder).get("rows"))


def refuse_another(sweep: Sweep) -> None:
    """Makes sure that a sweep has all the runs of the table in its folder, or that there is none.

    Raises:
        UsageError: The table has runs that this sweep does not ask for; what differs is said.
    """
    if not has_table(sweep.folder):
        return
    ours = {entry.folder for entry in sweep.entries if entry.is_finished}
    theirs = [run for run in _read(sweep.folder)["runs"] if _is_there(sweep.folder, run)]
    lost = [run for run in theirs if sweep.folder / run["folder"] not in ours]
    if lost:
        what = "; ".join(_differences(sweep, lost)) or "its runs are others"
        raise UsageError(
            f"{sweep.folder}: has the table of another sweep, which would be lost: {what}; "
            "give another --out, or ask for its runs as well"
        )


def _read(folder: Path) -> Mapping[str, Any]:
    try:
        return json.loads((folder / VALUES).read_text())
    except (OSError, ValueError):
        return {}


def _is_there(folder: Path, run: Mapping[str, Any]) -> bool:
    return (folder / run["folder"] / RESULT).exists()


def _differences(sweep: Sweep, lost: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How a sweep differs from the one that had these runs, in words."""
    ours = {variant.name: variant.config for variant in sweep.variants}
    shared = next((run for run in lost if run["variant"] in ours), None)
    if shared is not None:
        config = ours[shared["variant"]].with_seed(shared["seed"])
        yield from _changed(description.read(sweep.folder / shared["folder"])[1], config)
    if others := dict.fromkeys(run["variant"] for run in lost if run["variant"] not in ours):
        yield f"{', '.join(others)} there, and not here"
    if seeds := {run["seed"] for run in lost} - set(sweep.seeds):
        yield f"--seeds {ranges(sorted(seeds))} there, and not here"


def _changed(before: RunConfig, now: RunConfig) -> Iterator[str]:
    old, new = dict(settings(before)), dict(settings(now))
    names = [
        name
        for name in {**old, **new}
        if name.partition(".")[0] not in before.HOW_IT_RUNS
        and old.get(name, _NOTHING) != new.get(name, _NOTHING)
    ]
    for name in names[:_SETTINGS]:
        there, here = (each.get(name, "not a setting") for each in (old, new))
        yield f"{flag_of(name)} is {there} there and {here} here"
    if len(names) > _SETTINGS:
        yield f"and {len(names) - _SETTINGS} more settings"
