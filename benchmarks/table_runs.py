"""Runs of a table: each made once by a user's command, until the hours are over."""

import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from common.errors import UsageError
from launch.run_folder import result
from launch.run_folder.names import RESULT


@dataclass(frozen=True, kw_only=True)
class Cell(ABC):
    """A run of a table.

    Attributes:
        agent: Its row.
        env: Its column.
        seed: Its seed.
    """

    agent: str
    env: str
    seed: int

    @property
    @abstractmethod
    def place(self) -> Path:
        """The run's folder."""

    @abstractmethod
    def words(self) -> Iterable[str]:
        """The command: the experiment and its flags, without seed and folder."""

    @property
    def done(self) -> bool:
        """Whether it has a result."""
        try:
            return result.read(self.place).status == "finished"
        except UsageError:
            return False

    def run(self) -> str:
        """Runs it where it has no result yet; returns what became of it, in a line."""
        began = time.monotonic()
        failed = self._run()
        took = f"{time.monotonic() - began:.0f} s"
        return f"{self.env} {self.agent} seed {self.seed}: {failed or took}"

    def _run(self) -> str:
        """Runs it; returns why it failed, or nothing."""
        if (self.place / RESULT).exists():
            flags = ["resume", str(self.place)]
        else:
            shutil.rmtree(self.place, ignore_errors=True)  # of one that ended before it began
            flags = [*self.words(), "--seed", str(self.seed), "--run-dir", str(self.place)]
            flags += ["--unfinished", "resume", "--workers", "0"]
        done = subprocess.run(
            [sys.executable, "-m", "launch", *flags, "--quiet"], capture_output=True, text=True
        )
        return f"failed: {done.stderr.strip()[-300:]}" if done.returncode else ""


def make(asked: Sequence[Cell], *, hours: float, jobs: int) -> None:
    """Makes the runs that are not there yet.

    Args:
        asked: All runs, in the order in which they are made.
        hours: After these no run begins.
        jobs: Runs at once.
    """
    until = time.monotonic() + hours * 3_600
    todo = [cell for cell in asked if not cell.done]
    print(f"{len(asked) - len(todo)} of {len(asked)} runs are there", flush=True)

    def run(cell: Cell) -> None:
        if time.monotonic() < until:
            print(cell.run(), flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, todo))
