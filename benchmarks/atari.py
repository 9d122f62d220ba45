"""Steps of Atari's games a second on one core: ours beside ale-py's own, and where ours go.

    python -m benchmarks.atari [--repeats 5]

Times are those of the processor, so that other processes hardly change them.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import ale_py
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import results
from benchmarks.results import section, table
from envs import registry
from envs.atari import Shrink
from envs.randomness import Purpose

GAMES = ("pong", "breakout")
_ENVS, _CALLS = 8, 250
_OURS, _THEIRS = "ours, steps a second", "`ale_py.AtariVectorEnv`, one thread, steps a second"
_NOTE = (
    "Medians of seconds of the processor. Both sides skip four frames, see the brighter of the "
    "last two, and give one grey picture of 84x84 a step; below them what a step and a start are "
    "made of."
)


def ours(env: str, actions: np.ndarray) -> Callable[[], object]:
    """Steps of our environments, each call one in each of them."""
    envs = registry.make(env, seed=0, purpose=Purpose.EPISODES, env_indices=range(_ENVS))
    envs.reset()
    rows = iter(actions)
    return lambda: envs.step(next(rows))


def ale_pys(game: str, actions: np.ndarray) -> Callable[[], object]:
    """Steps of ale-py's own vector of environments, on one thread."""
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    envs = ale_py.AtariVectorEnv(
        game,
        _ENVS,
        num_threads=1,
        stack_num=1,
        repeat_action_probability=0.25,
        reward_clipping=False,
        use_fire_reset=False,
    )
    envs.reset(seed=0)
    rows = iter(actions.astype(np.int64))
    return lambda: envs.step(next(rows))


def parts(game: str) -> dict[str, float]:
    """Microseconds of what a step and an episode's start are made of."""
    console = ale_py.ALEInterface()
    rom = ale_py.roms.get_rom_path(game)
    loaded = timed(lambda: console.loadROM(rom), 5)
    console.reset_game()
    height, width = console.getScreenDims()
    screen = np.zeros((height, width), np.uint8)
    shrink = Shrink(height, width, 84)
    state = console.cloneSystemState()
    found = {
        "a frame of the console, µs": timed(lambda: console.act(0), 1_000),
        "a grey screen, µs": timed(lambda: console.getScreenGrayscale(screen), 1_000),
        "the smaller picture, µs": timed(lambda: shrink(screen), 1_000),
        "`restoreSystemState`, µs": timed(lambda: console.restoreSystemState(state), 200),
        "`reset_game`, µs": timed(console.reset_game, 20),
        "`loadROM`, µs": loaded,
    }
    return {name: 1e6 * seconds for name, seconds in found.items()}


def timed(call: Callable[[], object], times: int) -> float:
    """Processor seconds of a call, the mean of so many."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def measured(game: str, repeats: int) -> dict[str, float]:
    """Medians: steps a second of both sides, which take turns, and microseconds of the parts."""
    env = f"ALE/{game.title().replace('_', '')}-v5"
    _, actions = registry.spaces(env)
    taken = np.random.default_rng(0).integers(actions.n, size=(repeats * _CALLS, _ENVS))
    sides = {_OURS: ours(env, taken), _THEIRS: ale_pys(game, taken)}
    found: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, step in sides.items():
            found.setdefault(name, []).append(_ENVS / timed(step, _CALLS))
        for name, took in parts(game).items():
            found.setdefault(name, []).append(took)
    return {name: statistics.median(each) for name, each in found.items()}


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    repeats = results.repeats(arguments, __doc__)
    with threadpool_limits(1):
        by_game = {game: measured(game, repeats) for game in GAMES}
    rows = [[name, *(f"{of[name]:,.0f}" for of in by_game.values())] for name in by_game[GAMES[0]]]
    body = table(("", *(game.title() for game in GAMES)), rows)
    section("atari", "Steps of Atari's games on one core", f"{_NOTE}\n\n{body}")


if __name__ == "__main__":
    main(sys.argv[1:])
