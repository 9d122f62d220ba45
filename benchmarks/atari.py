"""Steps of Atari's games a second on one core: ours beside ale-py's own, and where ours go.

    python -m benchmarks.atari [--games pong breakout] [--steps 2000]

Times are those of the processor, so that other processes hardly change them. All of them skip four
frames, see the brighter of the last two, and give one grey picture of 84x84 a step.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import ale_py
import numpy as np
from threadpoolctl import threadpool_limits

from envs import registry
from envs.atari import Shrink
from envs.randomness import Purpose

_ENVS = 8


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
        "a frame": timed(lambda: console.act(0), 1_000),
        "a grey screen": timed(lambda: console.getScreenGrayscale(screen), 1_000),
        "a smaller picture": timed(lambda: shrink(screen), 1_000),
        "restoreSystemState": timed(lambda: console.restoreSystemState(state), 200),
        "reset_game": timed(console.reset_game, 20),
        "loadROM": loaded,
    }
    return {name: 1e6 * seconds for name, seconds in found.items()}


def timed(call: Callable[[], object], times: int) -> float:
    """Processor seconds of a call, the least of three means over so many."""
    means = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            call()
        means.append((time.process_time() - began) / times)
    return min(means)


def main(arguments: Sequence[str]) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--games", nargs="+", default=["pong", "breakout"], help="as ale-py's")
    parser.add_argument("--steps", type=int, default=2_000, help="of each measurement")
    given = parser.parse_args(arguments)
    calls = given.steps // _ENVS
    with threadpool_limits(1):
        for game in given.games:
            env = f"ALE/{game.title().replace('_', '')}-v5"
            _, actions = registry.spaces(env)
            taken = np.random.default_rng(0).integers(actions.n, size=(3 * calls, _ENVS))
            for name, step in (
                ("registry.make, ours", ours(env, taken)),
                ("ale_py.AtariVectorEnv", ale_pys(game, taken)),
            ):
                print(f"{game:12}{name:24}{_ENVS / timed(step, calls):>8,.0f} steps/s", flush=True)
            for name, took in parts(game).items():
                print(f"{game:12}{name:24}{took:>8,.0f} us", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
