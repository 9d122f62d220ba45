"""`python -m launch watch RUN`."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from common.settings import require
from launch.commands.flags import RunFolder, invalid_settings_in_one_line, parse

_CLEAR = "\x1b[H\x1b[2J"


@dataclass(frozen=True, kw_only=True)
class WatchArguments:
    """Watch a run's policy act: in a window, or as text in the terminal. Ctrl-C ends it."""

    run: RunFolder
    """The run's folder."""
    render: Literal["human", "ansi"] | None = None
    """human: a window; ansi: text, where the environment has any. Default: a window where there is
    a display, else text."""
    episodes: int = 3
    """Episodes to play."""
    fps: float | None = None
    """Steps a second as text, 0 for no pause; default: the environment's own speed."""
    seed: int | None = None
    """Seed of the episodes; default: the run's."""
    epsilon: float | None = None
    """Share of random actions, in [0, 1]; default: as in the run's evaluations, mostly none."""
    env_kwargs: tuple[str, ...] = ()
    """Keywords of the environment other than in training, such as is_slippery=False."""
    max_episode_steps: int | None = None
    """Steps after which an episode is cut, 0 for none; default: as in training."""

    def __post_init__(self) -> None:
        require(self.fps is None or self.fps >= 0, "fps", "must be 0 or more", self.fps)


def run(arguments: Sequence[str]) -> int:
    """Shows a policy."""
    with invalid_settings_in_one_line():
        given: WatchArguments = parse(WatchArguments, "watch", arguments)
        from launch.jobs.rl import watching
        from launch.jobs.rl.play import Play

        play = Play(
            episodes=given.episodes,
            seed=given.seed,
            epsilon=given.epsilon,
            env_kwargs=given.env_kwargs,
            max_episode_steps=given.max_episode_steps,
        )
        told = watching.watch(given.run, play, given.render, given.fps)
    for shown, said in told:
        clears = bool(shown) and sys.stdout.isatty()
        print(f"{_CLEAR * clears}{shown}{said}", flush=True)
    return 0
