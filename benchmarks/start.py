"""Seconds from the shell to the first environment step, beside TensorFlow's import and Ray's start.

python -m benchmarks.start [--repeats 5]
"""

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks import results
from benchmarks.results import section, table

_SHORT = ("--env-steps", "3000", "--evaluation.every-env-steps", "0")
_LUNAR = ("dqn", "--env", "LunarLander-v3", *_SHORT)
_READY = "; import sys; print('ready', file=sys.stderr, flush=True)"
_IMPORT = "import tensorflow" + _READY
_RAY = "import ray; ray.init('local', include_dashboard=False, log_to_driver=False)" + _READY
# Runs a command of ours and says when the first environment step of this process or of a worker
# had come back: that is when the first iteration has ended.
_FIRST = """
import sys, time
from launch.cli import main
from training.episodes import EpisodeTracker
update = EpisodeTracker.update
def told(self, played):
    EpisodeTracker.update = update
    print("first iteration", file=sys.stderr, flush=True)
    return update(self, played)
EpisodeTracker.update = told
sys.exit(main(sys.argv[1:]))
"""


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    section("start", "From the shell to the first environment step", _starts(repeats))


def _starts(repeats: int) -> str:
    first = [sys.executable, "-c", _FIRST]
    variants = {
        "`import tensorflow`": ([sys.executable, "-c", _IMPORT], None),
        "`ray.init()`": ([sys.executable, "-c", _RAY], None),
        "`dqn_cartpole --workers 0`": ([*first, "dqn_cartpole", *_SHORT], "0"),
        "`dqn_cartpole --workers 2`": ([*first, "dqn_cartpole", *_SHORT], "2"),
        "`dqn --env LunarLander-v3 --workers 2`": ([*first, *_LUNAR], "2"),
        "the same with `--no-head-start`": ([*first, *_LUNAR, "--no-head-start"], "2"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, (command, workers) in variants.items():
            if workers is None:
                seconds[name].append(_until(command, "ready"))
            else:
                seconds[name].append(seconds_until(command, workers, "first iteration"))
    if never := [name for name, values in seconds.items() if math.inf in values]:
        raise SystemExit(f"error: never said to have begun: {', '.join(never)}")
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    slower = max(medians["`import tensorflow`"], medians["`ray.init()`"])
    rows = [
        [name, *(f"{v:.2f}" for v in (medians[name], min(values), max(values)))]
        for name, values in seconds.items()
    ]
    late = [f"{medians[name] - slower:+.2f} s for {name}" for name in list(variants)[2:]]
    return "\n\n".join(
        (
            "Seconds from the shell until the first iteration's environment steps are back, beside "
            "what TensorFlow's import and Ray's start take alone, a bare Python process each:",
            table(("", "median", "min", "max"), rows),
            f"Beside the slower of the two: {', '.join(late)}. Agents import TensorFlow without "
            "Keras and without looking for garbage meanwhile; our own "
            "environments and Gymnasium's small ones begin in the process itself while Ray comes "
            "up. What is left is Python's own imports (command line, Gymnasium: half a second) "
            "and, in other people's environments, which wait for Ray as `--no-head-start` does, a "
            "process for each worker.",
        )
    )


def seconds_until(command: list[str], workers: str, words: str) -> float:
    """Seconds until a run of ours says a line that begins with some words; infinite if never."""
    with tempfile.TemporaryDirectory() as out:
        flags = ["--workers", workers, "--out", out, "--unfinished", "new"]
        return _until([*command, *flags], words)


def _until(command: list[str], words: str) -> float:
    began, found = time.monotonic(), math.inf
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=pipe, text=True, env=environment
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(words):
                found = min(found, time.monotonic() - began)
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
