"""The commands that make the runs of a group again, from those that made them."""

import itertools
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from launch.config.run import RunConfig
from launch.config.serialization import settings
from launch.experiments.experiment import flag_of
from launch.reports.groups import Group
from launch.run_folder import description
from launch.run_folder.ends import ENDS, End
from launch.run_folder.names import COMMAND, CONFIG, RESULT
from launch.terminal.typed import flag_name

_DATA = "--data-dir"
_OF_ONE_RUN = {
    "--seed",
    "--seeds",
    "--out",
    "--run-dir",
    "--unfinished",
    "--finished",
    "--data-cache",
}
"""Flags, each with a value, that another user or another seed has another value of."""
_ALONE = {"--quiet", "--json-lines"}
_CHOSEN_ELSEWHERE = {"--vary", "--config", "--trials", "--space"}
"""Flags after which the run's own config alone tells its settings."""


def cell(group: Group) -> str:
    """The commands that make the runs of a group again, as a cell of a Markdown table.

    They have all seeds of the group, DATA_DIR for the folder of data, and RUN for the folder of
    each run that goes on. Where the runs were started by different commands (on other places,
    perhaps) the newest run's counts. Runs that were started from Python have none.
    """
    newest, _ = max(group.runs, key=lambda run: (run[0] / RESULT).stat().st_mtime)
    words = _words(newest)
    if words is None:
        return "`from Python`"
    _, config = description.read(newest)
    ends = description.ends(newest)
    seeds = ranges([found.seed for found in group.results])
    asked = ["--seeds" if len(group.runs) > 1 else "--seed", seeds]
    first = shlex.join(["python", "-m", "launch", *_begun(newest, group, config, asked, words)])
    return "".join([f"`{first}`", *_went_on(config, ends)])


def _begun(
    newest: Path, group: Group, config: RunConfig, asked: Sequence[str], words: Sequence[str]
) -> list[str]:
    """What follows the program's name to begin the runs: their experiment, or a run's config.

    The words of the newest run do where they name its experiment, and no flag that it has not. A
    study's are no flags of the experiment alone.
    """
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    flags = _flags(words[len(names) :])
    given = {flag_name(word) for word in flags if word.startswith("--")}
    known = {flag_of(path) for path, _ in settings(config)}
    alone = names == [group.experiment]
    shared = group.experiment in names and all(_positive(flag) in known for flag in given)
    if (alone or shared) and _CHOSEN_ELSEWHERE.isdisjoint(given):
        return [group.experiment, *asked, *flags]
    first_end = newest / ENDS / "1" / CONFIG
    file = first_end if first_end.exists() else newest / CONFIG
    data = [_DATA, "DATA_DIR"] if _DATA in given & known else []
    return ["--config", str(file), *asked, *data]


def _went_on(config: RunConfig, ends: Sequence[End]) -> Iterator[str]:
    """How runs go on with other budgets, in words with commands."""
    parts = [*(end.settings for end in ends), dict(settings(config))]
    for end, after in zip(ends, parts[1:], strict=True):
        solved = end.settings["until_solved"] and not after["until_solved"]
        if end.step < end.settings["env_steps"] and not solved:
            yield f", stopped at {end.step:,} env steps"
        yield f", then `python -m launch resume RUN --env-steps {after['env_steps']}`"


def _words(folder: Path) -> list[str] | None:
    """The words that the run was started with after the program's name; None without any."""
    try:
        words = shlex.split((folder / COMMAND).read_text())
    except (OSError, ValueError):
        return None
    return words[3:] if words[:3] == ["python", "-m", "launch"] else None


def _flags(words: Sequence[str]) -> list[str]:
    """Of flags and their values those that make a run what it is."""
    found: list[str] = []
    flag = ""
    for word in words:
        if word.startswith("--"):
            flag = flag_name(word)
            if flag == _DATA:
                found += [_DATA, "DATA_DIR"]
            elif flag not in _OF_ONE_RUN | _ALONE:
                found.append(word)
        elif flag not in {_DATA, *_OF_ONE_RUN}:
            found.append(word)
    return found


def _positive(flag: str) -> str:
    """The name of a flag without the "no-" of one that is yes or no."""
    part, dot, last = flag.removeprefix("--").rpartition(".")
    return f"--{part}{dot}{last.removeprefix('no-')}"


def ranges(seeds: Sequence[int]) -> str:
    """Seeds in ascending order as `--seeds` takes them, such as 0-4,7."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
