"""Seconds from the shell to a solved CartPole, beside Stable-Baselines3.

    python -m benchmarks.solve [--repeats 5]

Solved is a mean return of at least 475 over 100 greedy episodes during training. Ours is the
command as a user types it, with the catalog's settings; Stable-Baselines3 has those of its zoo
(benchmarks/rivals/sb3_solve.py). Each seed once, in turn; a run that does not solve it counts as
infinitely long.
"""

import math
import statistics
import sys
from collections.abc import Sequence

from benchmarks import results
from benchmarks.race import RIVAL_PYTHON, RIVALS, run
from benchmarks.results import section, table
from benchmarks.start import seconds_until

_SOLVE = ("dqn_cartpole", "--until-solved", "--evaluation.episodes", "100")


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    section("solve", "From the shell to a solved CartPole", _solved(repeats))


def _solved(repeats: int) -> str:
    sb3: list[float] = []
    ours: dict[str, list[float]] = {"0": [], "2": []}
    for seed in range(repeats):
        said = run(RIVAL_PYTHON, str(RIVALS / "sb3_solve.py"), "--seed", str(seed))
        sb3.append(said["seconds_since_process_start"] if said["solved"] else math.inf)
        for workers, seconds in ours.items():
            command = [sys.executable, "-m", "launch", *_SOLVE, "--seed", str(seed)]
            seconds.append(seconds_until(command, workers, "solved at"))
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


if __name__ == "__main__":
    main(sys.argv[1:])
