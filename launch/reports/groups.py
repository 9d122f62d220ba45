"""Which runs are summarised together: those that differ in their seed alone."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import one_line
from launch.experiments.experiment import flag_of
from launch.reports.finding import LeftOut, find, nothing_left, refuse_unscored
from launch.run_folder import description, lock, result
from launch.run_folder.names import RESULT
from launch.run_folder.run_result import RunResult
from launch.terminal.typed import typed

_SETTINGS = 6
"""Settings that a group is named by at most: of more, how many."""
_NOTHING: Any = object()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Finished runs of one experiment, settings and kind of data: one for each seed.

    Attributes:
        experiment: The experiment's name.
        settings: All that their bits depend on beside the seed, by the names of flags.
        differs: The settings in which they differ from other groups of the experiment, such as
            `agent.n_step=3`; "" where there is no other.
        runs: Folders and results, in the order of seeds.
        unfinished: How many further seeds were begun with these settings and have no finished run.
    """

    experiment: str
    settings: Mapping[str, Any]
    differs: str = ""
    runs: tuple[tuple[Path, RunResult], ...]
    unfinished: int = 0

    @property
    def results(self) -> list[RunResult]:
        """The results of the runs."""
        return [found for _, found in self.runs]


def settings_of(folder: Path) -> str:
    """The experiment and the settings of a run, without its seed: equal for runs of one group.

    Raises:
        UsageError: It is not a run folder.
    """
    experiment, config = description.read(folder)
    telling = description.telling(folder, config)
    shared = {name: value for name, value in telling.items() if name != "seed"}
    return json.dumps([experiment, shared], sort_keys=True)


def gather(
    folders: Sequence[Path], check: Callable[[Path], None] | None = None
) -> tuple[list[Group], list[LeftOut]]:
    """The finished runs of some folders in groups, and what is left out.

    Of finished runs with the same settings, kind of data and seed the one that ended last counts.

    Args:
        folders: Run folders, or folders that hold some, at any depth.
        check: Raises `UsageError` for a finished run that cannot count for another reason.

    Returns:
        The groups, in the order in which their first runs were found, and the folders that are not
        counted: broken and unfinished runs, and runs of which there is a newer one.

    Raises:
        UsageError: No run is left.
    """
    found, left_out = find(folders)
    groups: dict[tuple[str, str], dict[int, tuple[Path, RunResult]]] = defaultdict(dict)
    begun: dict[str, set[int]] = defaultdict(set)
    for folder in found:
        try:
            settings, seed = settings_of(folder), description.read(folder)[1].seed
            begun[settings].add(seed)
            run = _finished(folder, seed)
            if check is not None:  # before an older run, which may be sound, gives way to it
                check(folder)
            same = groups[settings, run.data_kind]
            same[seed], older = _newer((folder, run), same.get(seed))
            left_out += older
        except (UsageError, OSError, RecursionError) as error:
            left_out.append(LeftOut(folder, one_line(error)))
    if not any(groups.values()):
        raise nothing_left(folders, left_out)
    return _told_apart([_group(*each, begun) for each in groups.items() if each[1]]), left_out


def _finished(folder: Path, seed: int) -> RunResult:
    """The result of a finished run.

    Raises:
        UsageError: It has none, that of another run, or one whose scores are no numbers.
    """
    if not (folder / RESULT).exists() and lock.is_held(folder):
        raise UsageError(f"{folder}: still running")
    found = result.read(folder)
    if found.status != "finished":
        ways = f"resume it: {typed('resume', folder)}"
        raise UsageError(f"{folder}: {found.status}{found.where_stopped}; {ways}")
    refuse_unscored(found)
    if found.seed != seed:
        raise UsageError(f"{folder / RESULT}: of seed {found.seed}, and the run is of {seed}")
    return found


def _newer(
    one: tuple[Path, RunResult], other: tuple[Path, RunResult] | None
) -> tuple[tuple[Path, RunResult], list[LeftOut]]:
    """Of two finished runs with one seed the one that ended last, and the other as left out."""
    if other is None:
        return one, []
    old, new = sorted((other, one), key=lambda run: (run[0] / RESULT).stat().st_mtime)
    why = f"{new[0]} has the same settings and seed and is newer"
    prints = {run.fingerprint for _, run in (old, new)}
    bits = "" if len(prints) == 1 else "; their fingerprints differ"
    return new, [LeftOut(old[0], why + bits)]


def _group(
    key: tuple[str, str],
    by_seed: Mapping[int, tuple[Path, RunResult]],
    begun: Mapping[str, set[int]],
) -> Group:
    experiment, shared = json.loads(key[0])
    return Group(
        experiment=experiment,
        settings=dict(_flat(shared)),
        runs=tuple(by_seed[seed] for seed in sorted(by_seed)),
        unfinished=len(begun[key[0]] - set(by_seed)),
    )


def _flat(settings: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Settings in parts of a config, by the names of their flags."""
    found: list[tuple[str, Any]] = []
    for name, value in settings.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, dict):
            found += _flat(value, path)
        else:
            flag = flag_of(path).removeprefix("--").replace("-", "_")
            found.append((flag.removesuffix("._type"), value))
    return found


def _told_apart(groups: Sequence[Group]) -> list[Group]:
    """The groups, named by what differs among those of one experiment."""
    named = []
    for group in groups:
        others = [each for each in groups if each.experiment == group.experiment]
        differs = [
            f"{name}={_value(value)}"
            for name, value in sorted(group.settings.items())
            if any(other.settings.get(name, _NOTHING) != value for other in others)
        ]
        more = len(differs) - _SETTINGS
        if more > 0:
            differs = [*differs[:_SETTINGS], f"and {more} more settings"]
        named.append(replace(group, differs=" ".join(differs)))
    return named


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
