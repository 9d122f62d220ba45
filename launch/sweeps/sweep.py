"""A sweep: variants times seeds in one folder, each run once, continued where it was stopped."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from common.errors import RunError, UsageError
from launch.config.run import RunConfig
from launch.jobs import kinds
from launch.run_folder import description, result
from launch.run_folder.location import folder_name
from launch.run_folder.names import CONFIG, LOCK
from launch.scheduler.run import Outcome, Run
from launch.sweeps.variants import Variant, key
from launch.terminal.console import say

_LONGEST = 120  # characters of a folder's name; file systems take 255 bytes


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A run of a sweep.

    Attributes:
        variant: Its variant.
        seed: Its seed.
        folder: Its folder, which need not be there yet.
        is_finished: Whether the folder held a finished run when the sweep began.
    """

    variant: Variant
    seed: int
    folder: Path
    is_finished: bool

    @property
    def name(self) -> str:
        """The run's name among those of the sweep."""
        return f"{self.variant.name} seed {self.seed}"

    @property
    def config(self) -> RunConfig:
        """The run's config."""
        config = self.variant.config.with_seed(self.seed)
        return replace(config, output=replace(config.output, run_dir=self.folder))  # type: ignore[type-var]


class Sweep:
    """Supplies the runs of a sweep to the scheduler, and takes what becomes of them."""

    def __init__(
        self,
        folder: Path,
        variants: Sequence[Variant],
        seeds: Sequence[int],
        *,
        retries: int,
        arguments: Sequence[str],
    ):
        """Looks at what is in the folder already.

        Args:
            folder: The sweep's folder, which need not exist.
            variants: The variants, no two of them the same.
            seeds: Each variant's seeds.
            retries: Times a run that failed is tried again.
            arguments: The command line, kept with each run.
        """
        self.folder, self.variants, self.seeds = folder, variants, seeds
        self._retries, self._arguments = retries, arguments
        self.entries = list(_entries(folder, variants, seeds))
        self._due = deque((entry, 1) for entry in self.entries if not entry.is_finished)
        self._under_way: dict[str, tuple[Entry, int]] = {}
        self._errors: dict[str, Exception] = {}
        if done := len(self.entries) - len(self._due):
            say(f"{folder}: {done} of {len(self.entries)} runs are finished, and not run again")

    @property
    def configs(self) -> list[RunConfig]:
        """The configs of the runs that are still to be made."""
        return [entry.config for entry, _ in self._due]

    def supply(self) -> Iterator[Run | None]:
        """The runs to be made, then those that failed and are tried again.

        None where one that is under way may still fail.
        """
        while self._due or self._under_way:
            if not self._due:
                yield None
                continue
            entry, attempt = self._due.popleft()
            run = self._run(entry, attempt)
            self._under_way[run.name] = entry, attempt
            yield run

    def finished(self, outcome: Outcome) -> None:
        """Takes how a run ended; one that failed is tried again, one used wrongly is not."""
        entry, attempt = self._under_way.pop(outcome.run.name)
        if isinstance(outcome.error, RunError) and attempt <= self._retries:
            self._due.append((entry, attempt + 1))
        elif outcome.error is not None:
            self._errors[entry.name] = outcome.error

    def failed(self) -> dict[str, Exception]:
        """The runs that came to no end, by their names, and what stood in the way."""
        return {e.name: self._errors[e.name] for e in self.entries if e.name in self._errors}

    def finished_runs(self) -> dict[str, list[Entry]]:
        """The finished runs by the names of their variants, seeds in order; none of some."""
        found: dict[str, list[Entry]] = {variant.name: [] for variant in self.variants}
        for entry in self.entries:
            if result.status(entry.folder) == "finished":
                found[entry.variant.name].append(entry)
        return found

    def _run(self, entry: Entry, attempt: int) -> Run:
        again = f", try {attempt}" if attempt > 1 else ""
        return kinds.new(
            entry.variant.experiment,
            entry.config,
            self._arguments,
            folder=entry.folder if (entry.folder / CONFIG).exists() else None,
            label=f"{entry.name}{again}",
        )


def folder_of(out: Path, names: Sequence[str]) -> Path:
    """The folder of a sweep of some experiments, or of a study."""
    joined = "+".join(folder_name(name) for name in names)[:_LONGEST]
    return out / f"{joined}-sweep"


def _entries(folder: Path, variants: Sequence[Variant], seeds: Sequence[int]) -> Iterator[Entry]:
    """The runs of a sweep: each with the folder of the run that has its bits, or a free one."""
    found = _found(folder)
    taken: set[Path] = set()
    for variant in variants:
        for seed in seeds:
            known = found.get(variant.key(seed))
            path = known[0] if known else _free(folder / _folder_name(variant), seed, taken)
            taken.add(path)
            yield Entry(
                variant=variant, seed=seed, folder=path, is_finished=bool(known and known[1])
            )


def _found(folder: Path) -> dict[str, tuple[Path, bool]]:
    """The runs in a sweep's folder by their keys, and whether they have finished.

    Runs that cannot be read are passed over, and so are those that went on with another budget.
    """
    found: dict[str, tuple[Path, bool]] = {}
    for path in sorted(folder.glob(f"*/*/{CONFIG}")):
        run = path.parent
        try:
            experiment, config = description.read(run)
            finished = result.status(run) == "finished"
            went_on = bool(description.ends(run))
        except UsageError:
            continue
        known = key(experiment, config)
        if not went_on and (finished or known not in found):
            found[known] = run, finished
    return found


def _free(folder: Path, seed: int, taken: set[Path]) -> Path:
    """A folder for a new run: `seedN`, with a number where another run is there."""
    number, path = 1, folder / f"seed{seed}"
    while path in taken or (path.exists() and any(p.name != LOCK for p in path.iterdir())):
        number += 1
        path = folder / f"seed{seed}-{number}"
    return path


def _folder_name(variant: Variant) -> str:
    """The name of the folder of a variant's runs."""
    return re.sub(r"[^\w.=,+-]", "_", re.sub(r"[ ,]+", ",", variant.name))[:_LONGEST]
