"""From the shell: seconds to the first environment step, and to a solved CartPole.

    python -m benchmarks.shell [--repeats 5]

Solved is a mean return of at least 475 over 100 greedy episodes during training. Ours is the
command as a user types it, with the catalog's settings; Stable-Baselines3 has those of its zoo
(benchmarks/rivals/sb3_solve.py). Each seed once, in turn; a run that does not solve it counts as
infinitely long.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks.race import RIVAL_PYTHON, RIVALS, run
from benchmarks.results import section, table

_SOLVE = ("dqn_cartpole", "--until-solved", "--evaluation.episodes", "100")
_SHORT = ("--env-steps", "3000", "--evaluation.every-env-steps", "0")
_IMPORT = "import tensorflow"
_RAY = "import ray; ray.init('local', include_dashboard=False, log_to_driver=False)"
# Runs a command of ours and says when the first environment step of this process or of a worker
# had come back: that is when the first round has.
_FIRST = """
import sys, time
from launch.acting.training import Pipeline
from launch.cli import main
update = Pipeline._hand_over
def told(self):
    Pipeline._hand_over = update
    print("first round", file=sys.stderr, flush=True)
    update(self)
Pipeline._hand_over = told
sys.exit(main(sys.argv[1:]))
"""


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args(arguments).repeats
    body = "\n\n".join((_starts(repeats), _solved(repeats)))
    section("shell", "From the shell", body)


def _starts(repeats: int) -> str:
    first = [sys.executable, "-c", _FIRST]
    variants = {
        "`import tensorflow`": ([sys.executable, "-c", _IMPORT], None),
        "`ray.init()`": ([sys.executable, "-c", _RAY], None),
        "`dqn_cartpole --workers 0`": ([*first, "dqn_cartpole", *_SHORT], "0"),
        "`dqn_cartpole --workers 2`": ([*first, "dqn_cartpole", *_SHORT], "2"),
        "`dqn --env LunarLander-v3 --workers 2`": (
            [*first, "dqn", "--env", "LunarLander-v3", *_SHORT],
            "2",
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, (command, workers) in variants.items():
            if workers is None:
                seconds[name].append(_until(command, None)[1])
            else:
                seconds[name].append(_ours(command, workers, "first round"))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    slower = max(medians["`import tensorflow`"], medians["`ray.init()`"])
    rows = [
        [name, *(f"{v:.2f}" for v in (medians[name], min(values), max(values)))]
        for name, values in seconds.items()
    ]
    late = [f"{medians[name] - slower:+.2f} s for {name}" for name in list(variants)[2:]]
    return "\n\n".join(
        (
            "Seconds to the first environment step, beside what TensorFlow and Ray take alone, a "
            "bare Python process each (for those two: to the end of it):",
            table(("", "median", "min", "max"), rows),
            f"Beside the slower of the two: {', '.join(late)}. Agents import TensorFlow without "
            "Keras and without looking for garbage meanwhile; an environment of our own begins "
            "in the process itself while Ray comes up. What is left is Python's own imports "
            "(command line, Gymnasium: half a second) and, with workers in other people's "
            "environments, a process for each of them.",
        )
    )


def _solved(repeats: int) -> str:
    sb3: list[float] = []
    ours: dict[str, list[float]] = {"0": [], "2": []}
    for seed in range(repeats):
        said = run(RIVAL_PYTHON, str(RIVALS / "sb3_solve.py"), "--seed", str(seed))
        sb3.append(said["seconds_since_process_start"] if said["solved"] else math.inf)
        for workers, seconds in ours.items():
            command = [sys.executable, "-m", "launch", *_SOLVE, "--seed", str(seed)]
            seconds.append(_ours(command, workers, "solved at"))
        print(f"seed {seed}: Stable-Baselines3 {sb3[-1]:.1f} s, ours {ours}")
    rows = [_row("Stable-Baselines3, its zoo's settings", sb3, sb3)]
    rows += [_row(f"`dqn_cartpole --workers {w}`", seconds, sb3) for w, seconds in ours.items()]
    return "\n\n".join(
        (
            "Seconds from the shell to a solved CartPole-v1 (greedy mean of 100 episodes at least "
            f"475), {repeats} seeds:",
            table(("", "median", "by seed", "times faster (medians)"), rows),
        )
    )


def _row(name: str, seconds: list[float], sb3: list[float]) -> list[str]:
    median = statistics.median(seconds)
    by_seed = ", ".join("not solved" if math.isinf(value) else f"{value:.1f}" for value in seconds)
    return [name, f"{median:.1f}", by_seed, f"{statistics.median(sb3) / median:.1f}"]


def _ours(command: list[str], workers: str, words: str) -> float:
    with tempfile.TemporaryDirectory() as out:
        flags = ["--workers", workers, "--out", out, "--unfinished", "new"]
        found, _ = _until([*command, *flags], words)
    return found


def _until(command: list[str], words: str | None) -> tuple[float, float]:
    """Seconds until a line on standard error begins with some words, and until the end."""
    began, found = time.monotonic(), math.inf
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if words is not None and line.startswith(words):
                found = min(found, time.monotonic() - began)
    return found, time.monotonic() - began


if __name__ == "__main__":
    main(sys.argv[1:])
