"""Classic control from the shell to the last weights, beside Stable-Baselines3.

    python -m benchmarks.classic [--repeats 5]

Ours is the whole command as a user types it, with its evaluations and its pictures, against the
training alone of Stable-Baselines3 with its zoo's settings (benchmarks/rivals/sb3_zoo.py). Each
seed once, in turn, the same environment steps; both are scored by the greedy mean return of the
last weights over 100 episodes.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import results
from benchmarks.race import RIVAL_PYTHON, RIVALS, run
from benchmarks.results import section, table
from launch.reports.intervals import mean_and_interval
from launch.run_folder import result

_OURS = (
    ("CartPole-v1", "dqn", ("dqn_cartpole", "--env-steps", "50000")),
    ("CartPole-v1", "qrdqn", ("qrdqn_cartpole", "--env-steps", "50000")),
    ("MountainCar-v0", "dqn", ("dqn_mountaincar",)),
    ("Acrobot-v1", "dqn", ("dqn_acrobot",)),
    ("LunarLander-v3", "dqn", ("dqn_lunarlander",)),
    ("LunarLander-v3", "qrdqn", ("qrdqn_lunarlander",)),
)
"""Environment, the zoo's agent, and our command of the same budget."""


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    section("classic", "Classic control to the last weights", _compared(repeats))


def _compared(repeats: int) -> str:
    rows = []
    for env, agent, command in _OURS:
        ours: list[tuple[float, float]] = []
        sb3: list[tuple[float, float]] = []
        for seed in range(repeats):
            ours.append(_ours(command, seed))
            task = ("--agent", agent, "--env", env, "--seed", str(seed))
            said = run(RIVAL_PYTHON, str(RIVALS / "sb3_zoo.py"), *task)
            sb3.append((said["seconds_since_process_start"], said["final"]))
            print(f"{env} {agent} seed {seed}: ours {ours[-1]}, theirs {sb3[-1]}", flush=True)
        ratios = [theirs[0] / mine[0] for mine, theirs in zip(ours, sb3, strict=True)]
        rows.append(
            (
                f"`{' '.join(command)}`",
                f"{env}, {agent.upper()}",
                f"{statistics.median(seconds for seconds, _ in ours):.1f}",
                f"{statistics.median(seconds for seconds, _ in sb3):.1f}",
                f"{statistics.median(ratios):.1f}",
                mean_and_interval([final for _, final in ours]),
                mean_and_interval([final for _, final in sb3]),
            )
        )
    head = ("", "the zoo's", "ours, s", "SB3, s", "times faster", "ours, final", "SB3, final")
    return "\n\n".join(
        (
            f"Medians of {repeats} seed{'s' * (repeats > 1)} (0 to {repeats - 1}), "
            "`--workers 0`. *Final* is the mean over seeds, with Student's 95 % interval from "
            "three on. Stable-Baselines3's seconds are those of its training alone.",
            table(head, rows),
        )
    )


def _ours(command: Sequence[str], seed: int) -> tuple[float, float]:
    """Seconds of the whole command, and the greedy mean return of its last weights."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        flags = ["--workers", "0", "--seed", str(seed), "--run-dir", str(folder)]
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "launch", *command, *flags], capture_output=True, text=True
        )
        seconds = time.monotonic() - began
        if done.returncode:
            raise SystemExit(f"error: {' '.join(command)} failed:\n{done.stderr[-2_000:]}")
        return seconds, result.read(folder).claim.final


if __name__ == "__main__":
    main(sys.argv[1:])
