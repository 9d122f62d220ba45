"""What the scripts of this folder share: task, command line, clock, and the line they print.

Each script is a program of its own, run by the python of `.venv-bench`; none imports the project.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import psutil

ENVIRONMENT = "CartPole-v1"
HIDDEN_SIZES = (120, 84)
BATCH_SIZE = 128
REPLAY_CAPACITY = 10_000
LEARNING_RATE = 2.5e-4
DISCOUNT = 0.99
LEARNING_STARTS = 1_000
TARGET_PERIOD = 500
FIRST_EPSILON, LAST_EPSILON = 1.0, 0.05
EXPLORATION_FRACTION = 0.5


def arguments(
    description: str | None,
    *more: tuple[str, dict[str, Any]],
    every: tuple[int, ...] = (1, 10),
    learning_starts: int = LEARNING_STARTS,
) -> argparse.Namespace:
    """The command line of the DQN scripts.

    Args:
        description: What a script is.
        more: The flags that it has beside the common ones.
        every: Environment steps per update that can be asked for.
        learning_starts: Environment steps before the first update: the clock starts later.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=20_000, help="environment steps in all")
    parser.add_argument("--env-steps-per-update", type=int, choices=every, default=every[0])
    parser.add_argument("--warm-up", type=int, default=3_000, help="steps before the rate's clock")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--threads", type=int, default=1, help="0: as many as the library takes by itself"
    )
    for flag, options in more:
        parser.add_argument(flag, **options)
    given = parser.parse_args()
    if not learning_starts < given.warm_up < given.steps:
        parser.error(f"--warm-up must lie between {learning_starts} and --steps")
    return given


def epsilon(step: int, steps: int) -> float:
    """Falls linearly over the first half of the steps."""
    fallen = min(1.0, step / (EXPLORATION_FRACTION * steps))
    return FIRST_EPSILON + (LAST_EPSILON - FIRST_EPSILON) * fallen


def seconds_since_process_start() -> float:
    """To a hundredth of a second, unlike `time.time()` against `create_time()`.

    The latter adds the boot time, which Linux tells in whole seconds only.
    """
    created_after_boot = psutil.Process().create_time() - psutil.boot_time()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - created_after_boot


def peak_memory_mb() -> float:
    """What `ru_maxrss` should be: that one starts from the memory of the process that started this.

    None of the libraries keeps child processes; Tianshou's imports start a short one.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("Linux says in VmHWM how much memory a process has held at most")


class Clock:
    """Rates between the end of the warm-up and the last mark."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.first_step_seconds = 0.0
        self.warm: tuple[float, int, int] | None = None
        self.last = (0.0, 0, 0)

    def mark(self, steps: int, updates: int) -> None:
        """Says, right after an environment step, how many steps and updates there were so far."""
        if not self.first_step_seconds:
            self.first_step_seconds = seconds_since_process_start()
        self.last = (time.perf_counter(), steps, updates)
        if self.warm is None and steps >= self.given.warm_up:
            self.warm = self.last

    def report(self, name: str, version: str) -> None:
        """Prints the one line of JSON that whoever started the script reads."""
        assert self.warm is not None
        seconds, steps, updates = (
            last - warm for last, warm in zip(self.last, self.warm, strict=True)
        )
        result = {
            "name": name,
            "version": version,
            "env_steps_per_update": self.given.env_steps_per_update,
            "steps_per_second": steps / seconds,
            "updates_per_second": updates / seconds,
            "first_step_seconds": self.first_step_seconds,
            "peak_memory_mb": peak_memory_mb(),
            "threads": self.given.threads,
        }
        print(json.dumps(result), flush=True)


def learn(model: Any, clock: Clock) -> None:
    """Trains a model of Stable-Baselines3's kind for the steps asked for, and tells the clock."""

    def after_step(_locals: dict, _globals: dict) -> bool:
        clock.mark(model.num_timesteps, model._n_updates)
        return True

    model.learn(clock.given.steps, callback=after_step)
