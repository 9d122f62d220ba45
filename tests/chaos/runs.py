"""The short real runs that faults are tried on, and what must hold of them afterwards."""

import json
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launch.run_folder.metrics import read_metrics
from tests.launch.test_tracking import series
from tests.processes import all_gone, count_records, descendants, named, spawn

_COMMON = (
    "--no-head-start",  # faults strike at workers, which must be there
    *("--checkpoint.every-seconds", "0.3", "--hang-seconds", "2"),
    *("--evaluation.final-episodes", "50", "--evaluation.episodes", "20"),
)
AGENTS = {
    "dqn": (
        *("dqn_cartpole", "--env-steps", "24000", "--evaluation.every-env-steps", "4000"),
        *_COMMON,
    ),
    "table": (
        *(
            "q_frozenlake_8x8",
            "--num-envs",
            "64",
            "--env-steps",
            "500000",
            "--evaluation.every-env-steps",
            "100000",
        ),
        *_COMMON,
    ),
    "flaky": (
        *("dqn", "--env", "tests.chaos.flaky:Flaky-v0", "--env-steps", "12000"),
        *("--agent.hidden-sizes", "32", "--evaluation.every-env-steps", "4000", *_COMMON),
    ),
}
_RAYS_AGENTS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
"""After a SIGKILL of what started them they take up to two minutes to notice."""


@dataclass
class Run:
    """One run under attack: its folder, and the process that executes it at the moment."""

    agent: str
    workers: int
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    below: set[int] = field(default_factory=set)

    @property
    def process(self) -> subprocess.Popen[str]:
        """The newest process."""
        return self.started[-1]

    def start(self, *flags: str) -> None:
        """Starts the run in a session of its own, so that a Ctrl-C can be sent to all of it."""
        place = ["--workers", str(self.workers), "--run-dir", str(self.folder), *flags]
        self._spawn(*AGENTS[self.agent], *place)

    def resume(self, *flags: str) -> None:
        """Continues it in a new process."""
        self._spawn("resume", str(self.folder), *flags)

    def _spawn(self, *arguments: str) -> None:
        self.started.append(spawn(*arguments, start_new_session=True, env=dict(self.environment)))

    def wait_for(self, records: int) -> None:
        """Returns once so many records are written.

        Raises:
            AssertionError: The process ended before, or takes minutes.
        """
        end = time.monotonic() + 120
        while count_records(self.folder) < records:
            ended = self.process.poll()
            assert ended is None, f"ended with {ended}: {self.process.communicate()[1]}"
            assert time.monotonic() < end, "no progress"
            time.sleep(0.003)

    def goes_on(self, began: float) -> float:
        """Seconds from `began` until records are written of iterations that began after it.

        A resumed run first cuts its records back to those of its checkpoint.
        """
        fewest, end = count_records(self.folder), time.monotonic() + 120
        while True:
            now = count_records(self.folder)
            if now > fewest + 3:
                return time.monotonic() - began
            fewest = min(fewest, now)
            ended = self.process.poll()
            if ended == 0:  # it had nothing left to do but its end
                return time.monotonic() - began
            assert ended is None, f"ended with {ended}: {self.process.communicate()[1]}"
            assert time.monotonic() < end, "no progress"
            time.sleep(0.003)

    def look(self) -> list[int]:
        """The processes below it now; remembered, to see them gone in the end."""
        found = descendants(self.process.pid)
        self.below |= set(found)
        return found

    def finish(self, code: int = 0, seconds: float = 180) -> str:
        """Waits for the process to end as expected; returns what it wrote to standard error."""
        _, err = self.process.communicate(timeout=seconds)
        assert self.process.returncode == code, f"ended with {self.process.returncode}: {err}"
        assert "Traceback" not in err, err
        return err

    def nothing_left(self) -> bool:
        """Whether everything it started is gone, but for what Ray itself ends a little later."""
        late = {pid for name in _RAYS_AGENTS for pid in named(list(self.below), name)}
        return all_gone(list(self.below - late))


def result(folder: Path) -> dict[str, Any]:
    """A run's `result.json`."""
    return json.loads((folder / "result.json").read_text())


def same(folder: Path, undisturbed: Path) -> bool:
    """Whether two runs were the same: bits, evaluation, and every metric once and in order."""
    ours, theirs = result(folder), result(undisturbed)
    names = ("status", "fingerprint", "evaluation", "claim", "env_steps", "updates", "episodes")
    return all(ours[name] == theirs[name] for name in names) and _series(folder) == _series(
        undisturbed
    )


def _series(folder: Path) -> list[Any]:
    """Everything measured that is not a time, from the records and from TensorBoard's files."""
    timed = ("training_seconds", "speed/", "workers/")
    records = [
        {name: value for name, value in record.items() if not name.startswith(timed)}
        for record in read_metrics(folder)
    ]
    tags = ("agent/epsilon", "episode/return", "learner/loss", "evaluation/return")
    return [records, *(series(folder, tag) for tag in tags)]
