"""DQN on MinAtar beside Stable-Baselines3's, at the same network and settings, in turn.

    python -m benchmarks.minatar_race [--repeats 5]

Each side is a process of its own, as in benchmarks/race.py.
"""

import statistics
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import results
from benchmarks.race import RIVAL_PYTHON, RIVALS, run
from benchmarks.results import section, table

GAMES = {"Breakout": "breakout", "SpaceInvaders": "space_invaders"}
"""Our names, and the package's: the game that it steps fastest, and the one it steps slowest."""
_OURS = (sys.executable, "-m", "benchmarks.minatar_ours", "--steps", "160000", "--warm-up", "40000")
_THEIRS = (RIVAL_PYTHON, str(RIVALS / "sb3_minatar.py"), "--steps", "16000", "--warm-up", "8000")


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    rows = []
    for game, theirs in GAMES.items():
        pairs = [
            (_rate(*_OURS, "--game", game, seed=seed), _rate(*_THEIRS, "--game", theirs, seed=seed))
            for seed in range(repeats)
        ]
        rows.append([game, *_cells(pairs)])
        print(rows[-1], flush=True)
    section("minatar_race", "DQN on MinAtar beside Stable-Baselines3's", _report(rows))


def _rate(*command: str, seed: int) -> dict[str, Any]:
    return run(*command, "--seed", str(seed))


def _cells(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    sides = [[each["steps_per_second"] for each in side] for side in zip(*pairs, strict=True)]
    ratios = [ours / theirs for ours, theirs in zip(*sides, strict=True)]
    rates = [
        f"{statistics.median(side):,.0f} ({min(side):,.0f}-{max(side):,.0f})" for side in sides
    ]
    return [*rates, f"{statistics.median(ratios):.1f} ({min(ratios):.1f}-{max(ratios):.1f})"]


def _report(rows: Sequence[Sequence[str]]) -> str:
    return "\n\n".join(
        (
            "Environment steps a second behind a warm-up in which ε has fallen to 0.02; medians, "
            "and ranges in brackets; *times* is of pairs. Both: convolution of 16 filters of 3x3, "
            "128 units, batches of 32, an update in four steps, one thread for updates. "
            "`dqn_minatar --workers 0` acts in its environments side by side while it learns, on "
            "the other core; Stable-Baselines3 acts in one game of the package.",
            table(("", "ours, steps/s", "SB3, steps/s", "times"), rows),
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
