"""Plays an environment in a process of its own, which has another clock."""

import itertools
import pickle
import sys
import time
from collections.abc import Callable

from common.processes import run_module
from common.quiet import quiet
from envs.checking.playing import Moment, copies
from envs.sources import Configured

_SECONDS = 600.0  # after which nobody waits for it any more
_CLOCKS = ("time", "monotonic", "perf_counter", "process_time")
_TICK = 0.001  # seconds between two looks at the clock
YEAR = 365.25 * 86_400.0
"""Seconds."""


def play(
    env: Configured, steps: int, *, years: float = 80.0, hash_seed: str = "random"
) -> list[Moment]:
    """Plays an environment in a new process of this Python.

    Args:
        env: The environment; its source is a name.
        steps: Steps to take.
        years: What the clock shows at the beginning, in years since 1970. It goes on by a
            millisecond each time it is looked at, so that equal programs see equal times.
        hash_seed: What the order of sets depends on.

    Raises:
        ProcessFailed: It died, or took too long.
    """
    played = run_module(
        "envs.checking.other_process",
        (env, steps, years),
        seconds=_SECONDS,
        environ={"PYTHONHASHSEED": hash_seed},
    )
    return pickle.loads(played)


def _set_clock(years: float) -> None:
    """Replaces the clocks of the module `time`, before an environment's module is imported."""
    ticks = itertools.count()

    def seconds() -> float:
        return years * YEAR + next(ticks) * _TICK

    def nanoseconds() -> int:
        return int(seconds() * 1e9)

    clocks: dict[str, Callable[[], float]] = {}
    for name in _CLOCKS:
        clocks |= {name: seconds, f"{name}_ns": nanoseconds}
    for name, clock in clocks.items():
        setattr(time, name, clock)


def _main() -> None:
    env, steps, years = pickle.load(sys.stdin.buffer)
    with quiet():
        _set_clock(years)
        moments = copies(env).play(steps)
    sys.stdout.buffer.write(pickle.dumps(moments))


if __name__ == "__main__":
    _main()
