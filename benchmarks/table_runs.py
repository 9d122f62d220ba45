"""Runs of a table: each made once by a user's command, until the hours are over."""

import argparse
import functools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import kept_runs, results
from common.errors import UsageError
from launch.commands.flags import command
from launch.commands.run import settled
from launch.experiments import catalog
from launch.run_folder import description, result
from launch.run_folder.names import CONFIG, RESULT
from launch.sweeps.variants import key


@dataclass(frozen=True, kw_only=True)
class Cell(ABC):
    """A run of a table.

    Attributes:
        agent: Its row.
        env: Its column.
        seed: Its seed.
        runs: The folder of the table's runs.
    """

    agent: str
    env: str
    seed: int
    runs: Path

    @property
    @abstractmethod
    def place(self) -> Path:
        """The run's folder."""

    @property
    def kept(self) -> Path:
        """What is kept of it: its folder, or the file of another library's result."""
        return self.place

    @abstractmethod
    def words(self) -> Iterable[str]:
        """The command: the experiment and its flags, without seed and folder."""

    @property
    def done(self) -> bool:
        """Whether it has a result, with the settings that its command has by now."""
        try:
            finished = result.read(self.place).status == "finished"
            return finished and not self.is_outdated
        except UsageError:
            return False

    @property
    def is_outdated(self) -> bool:
        """Whether its folder is of other settings than its command has by now, or none."""
        try:
            return key(*description.read(self.place)) != run_key(tuple(self.words()), self.seed)
        except UsageError:
            return True

    @property
    def core_seconds(self) -> float | None:
        """What it took of the processors, which other work beside it hardly changes.

        None where that was not measured: of a run that went on behind an interruption.
        """
        path = self.place / kept_runs.COST
        return json.loads(path.read_text())["core_seconds"] if path.exists() else None

    def run(self) -> str:
        """Runs it where it has no result yet; returns what became of it, in a line."""
        began = time.monotonic()
        failed = self._run()
        took = f"{time.monotonic() - began:.0f} s"
        return f"{self.env} {self.agent} seed {self.seed}: {failed or took}"

    def _run(self) -> str:
        """Runs it; returns why it failed, or nothing."""
        if (self.place / RESULT).exists() and not self.is_outdated:
            flags = ["resume", str(self.place)]
        else:
            shutil.rmtree(self.place, ignore_errors=True)  # ended before it began, or outdated
            flags = [*self.words(), "--seed", str(self.seed), "--run-dir", str(self.place)]
            flags += ["--unfinished", "resume", "--workers", "0"]
        code, said, seconds = _measured([sys.executable, "-m", "launch", *flags, "--quiet"])
        if code:
            return f"failed: {said.strip()[-300:]}"
        if flags[0] != "resume":
            (self.place / kept_runs.COST).write_text(json.dumps({"core_seconds": seconds}) + "\n")
        return ""


@functools.cache
def run_key(words: tuple[str, ...], seed: int) -> str:
    """What commands share that make the same run of an experiment with a seed."""
    name, *flags = words
    config = settled(name, command(name, catalog.get(name), flags).config)
    return key(name, config.with_seed(seed))


def _measured(command: Sequence[str]) -> tuple[int, str, float]:
    """Runs a command; returns its exit code, its messages, and its seconds on the processors."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return process.returncode, said.read(), round(used.ru_utime + used.ru_stime, 3)


def median_cost(costs: Iterable[float | None]) -> float | None:
    """The median of the costs that were measured; None where none was."""
    known = [cost for cost in costs if cost is not None]
    return statistics.median(known) if known else None


def made_with(runs: Iterable[Path]) -> str:
    """The packages and the commits that runs were made with, in a sentence each.

    Args:
        runs: Their folders, and the files that other libraries' results are in.
    """
    runs = list(runs)
    rivals = Counter(
        json.loads(run.read_text()).get("made_with", "a version that was not written down")
        for run in runs
        if run.is_file()
    )
    made = ", ".join(f"{name} ({count} runs)" for name, count in rivals.most_common())
    beside = f" Of other libraries: {made}." if made else ""
    read = [json.loads((run / CONFIG).read_text()) for run in runs if run.is_dir()]
    packages = Counter(" ".join(pair) for each in read for pair in each["versions"].items())
    commits = Counter(str(each["git_commit"] or "unknown") for each in read)
    shared = [name for name, count in packages.items() if count == len(read)]
    others = [f"{name} ({count} runs)" for name, count in packages.items() if count < len(read)]
    told = ", ".join(
        f"{commit[:7]}{'*' * commit.endswith('-dirty')} ({count} runs)"
        for commit, count in commits.most_common()
    )
    return (
        f"Made with {', '.join([*shared, *others])}. Commits: {told}; * with changes that were not "
        f"in it, as the kept runs are while they grow.{beside}"
    )


def flags(description: str | None, numbers: str | None) -> argparse.ArgumentParser:
    """The flags of every table.

    Args:
        description: The benchmark's docstring.
        numbers: The seeds unless others are given; None where each row has its own.
    """
    parser = results.flags(description)
    if numbers is not None:
        parser.add_argument("--seeds", default=numbers, help="such as 0-9")
    parser.add_argument("--hours", type=float, default=9.0, help="after these no run begins")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--table-only", action="store_true", help="make no runs")
    parser.add_argument(
        "--verify", type=int, metavar="N", help="make N runs again, and compare their fingerprints"
    )
    return parser


def add_choice(parser: argparse.ArgumentParser, flag: str, known: Sequence[str]) -> None:
    """Gives a table a flag that takes some of the known names, parted by commas."""

    def names(text: str) -> list[str]:
        found = text.split(",")
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return found

    some = f"some of {','.join(known)}"
    parser.add_argument(flag, type=names, default=list(known), metavar="NAMES", help=some)


def make(name: str, asked: Sequence[Cell], given: argparse.Namespace) -> None:
    """Makes the runs of a table that are not there yet, as its flags say, and keeps them.

    Args:
        name: Of the table.
        asked: All runs, in the order in which they are made.
        given: The flags, of `flags`.

    Raises:
        SystemExit: A run that was made again has another fingerprint.
    """
    runs = asked[0].runs
    kept_runs.unpack(name, runs)
    if given.verify is not None:
        _verify(name, [cell for cell in asked if cell.done], given.verify)
        return
    until = time.monotonic() + given.hours * 3_600
    todo = [cell for cell in asked if not cell.done]
    print(f"{len(asked) - len(todo)} of {len(asked)} runs are there", flush=True)
    if outdated := sum(cell.place.exists() and cell.is_outdated for cell in todo):
        print(f"{outdated} of other settings than their commands have by now: made again")

    def run(cell: Cell) -> None:
        if given.table_only or time.monotonic() > until:
            return
        print(cell.run(), flush=True)
        if cell.done:
            kept_runs.pack(name, runs, [cell.kept])

    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(run, todo))


def _verify(name: str, done: Sequence[Cell], count: int) -> None:
    """Makes some of the kept runs again.

    Raises:
        SystemExit: One has another fingerprint, or none is kept.
    """
    ours = [cell for cell in done if cell.kept.suffix != ".json"]
    if not ours:
        raise SystemExit(f"error: no run of ours is kept of {name}")
    others = []
    for cell in random.SystemRandom().sample(ours, min(count, len(ours))):
        again = replace(cell, runs=cell.runs.with_name(f"{cell.runs.name}_again"))
        shutil.rmtree(again.place, ignore_errors=True)
        told = again.run()
        kept = kept_runs.fingerprint(name, cell.runs, cell.kept)
        same = again.done and result.read(again.place).fingerprint == kept
        print(f"{told}: {'the same bits' if same else 'OTHER BITS'}", flush=True)
        others += [] if same else [str(again.place)]
    if others:
        raise SystemExit(f"error: other bits than those kept: {', '.join(others)}")
