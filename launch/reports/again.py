"""The command that makes the runs of a group again, from those that made them."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from launch.reports.groups import Group
from launch.run_folder.names import COMMAND, CONFIG, RESULT

_DATA = "--data-dir"
_OF_ONE_RUN = {"--seed", "--seeds", "--out", "--run-dir", "--unfinished", "--data-cache"}
"""Flags, each with a value, that another user or another seed has another value of."""
_ALONE = {"--quiet", "--json-lines"}
_CHOSEN_ELSEWHERE = {"--vary", "--config", "--trials", "--space"}
"""Flags after which the run's own config alone tells its settings."""


def command(group: Group) -> str:
    """The command, with all seeds of the group, and DATA_DIR for the folder of data.

    Where the runs were started by different ones (on other places, perhaps) it is the newest run's.
    Runs that were started from Python have none.
    """
    newest, _ = max(group.runs, key=lambda run: (run[0] / RESULT).stat().st_mtime)
    flags = _flags(newest)
    if flags is None:
        return "from Python"
    seeds = ranges([found.seed for found in group.results])
    asked = ["--seeds" if len(group.runs) > 1 else "--seed", seeds]
    if not _CHOSEN_ELSEWHERE.isdisjoint(word.partition("=")[0] for word in flags):
        return shlex.join(["python", "-m", "launch", "--config", str(newest / CONFIG), *asked])
    return shlex.join(["python", "-m", "launch", group.experiment, *asked, *flags])


def _flags(folder: Path) -> list[str] | None:
    """The flags that the run was started with and that make it what it is; None without any."""
    try:
        words = shlex.split((folder / COMMAND).read_text())
    except (OSError, ValueError):
        return None
    if words[:3] != ["python", "-m", "launch"]:
        return None
    first = next((i for i, word in enumerate(words) if word.startswith("-") and i > 2), len(words))
    found: list[str] = []
    flag = ""
    for word in words[first:]:
        if word.startswith("--"):
            flag = word.partition("=")[0]
            if flag == _DATA:
                found += [_DATA, "DATA_DIR"]
            elif flag not in _OF_ONE_RUN | _ALONE:
                found.append(word)
        elif flag not in {_DATA, *_OF_ONE_RUN}:
            found.append(word)
    return found


def ranges(seeds: Sequence[int]) -> str:
    """Seeds in ascending order as `--seeds` takes them, such as 0-4,7."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
