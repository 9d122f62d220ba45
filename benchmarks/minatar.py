"""Steps of MinAtar's games: our batches beside the package, which steps one game at a time.

    python -m benchmarks.minatar [--repeats 5]

Random actions of the minimal sets, episodes begun anew where they end. Both in one process and in
turn, in CPU seconds, which a busy machine stretches less than seconds on the clock.
"""

import statistics
import sys
import time
from collections.abc import Callable

import gymnasium
import numpy as np

from benchmarks import results
from benchmarks.results import section, table
from envs import registry
from envs.own.minatar.single import GAMES
from envs.randomness import Purpose

_ENVS, _STEPS = 256, 400
_SINGLE_STEPS = 4_000


def main() -> None:
    """Measures all games, and writes the section."""
    repeats = results.repeats(sys.argv[1:], __doc__)
    rows = []
    for game in GAMES:
        sides = (_ours(game), _theirs(game))
        measured = [[side() for side in sides] for _ in range(repeats)]
        ours, theirs = (statistics.median(of) for of in zip(*measured, strict=True))
        rows.append((game, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.1f}"))
    head = ("", f"ours, {_ENVS} games", "the package, one game", "times")
    section(
        "minatar",
        "MinAtar's games, steps a CPU second on one core",
        f"Random actions, in turn; medians of {repeats}.\n\n{table(head, rows)}",
    )


def _ours(game: str) -> Callable[[], float]:
    """What measures our batch of a game: steps a CPU second."""
    envs = registry.make(_id(game), seed=0, purpose=Purpose.EPISODES, env_indices=range(_ENVS))
    envs.reset()
    actions = np.random.default_rng(0).integers(0, envs.action_space.n, (_STEPS, _ENVS))

    def measure() -> float:
        began = time.process_time()
        for row in actions:
            envs.step(row)
        return actions.size / (time.process_time() - began)

    return measure


def _theirs(game: str) -> Callable[[], float]:
    """What measures the package's environment of a game: steps a CPU second."""
    from minatar.gym import BaseEnv

    env: gymnasium.Env = BaseEnv(game, use_minimal_action_set=True)
    env.reset(seed=0)
    actions = np.random.default_rng(0).integers(0, env.action_space.n, _SINGLE_STEPS)  # type: ignore[attr-defined]

    def measure() -> float:
        began = time.process_time()
        for action in actions.tolist():
            if env.step(action)[2]:
                env.reset()
        return len(actions) / (time.process_time() - began)

    return measure


def _id(game: str) -> str:
    return f"MinAtar/{game.title().replace('_', '')}-v1"


if __name__ == "__main__":
    main()
