"""MinAtar's ids: one game as an environment of Gymnasium."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete

from envs.own.drawing import RENDERING, Cells, check_mode
from envs.own.minatar.asterix import Asterix
from envs.own.minatar.breakout import Breakout
from envs.own.minatar.freeway import Freeway
from envs.own.minatar.game import ACTIONS, SIZE, Game
from envs.own.minatar.play import Play
from envs.own.minatar.seaquest import Seaquest
from envs.own.minatar.space_invaders import SpaceInvaders
from envs.vector_env import Array

GAMES: Mapping[str, type[Game]] = {
    "asterix": Asterix,
    "breakout": Breakout,
    "freeway": Freeway,
    "seaquest": Seaquest,
    "space_invaders": SpaceInvaders,
}
_LOOKS = {  # a letter and a colour
    "player": ("@", (90, 170, 255)),
    "enemy": ("x", (230, 70, 70)),
    "gold": ("$", (245, 200, 60)),
    "trail": ("-", (85, 90, 110)),
    "paddle": ("=", (90, 170, 255)),
    "ball": ("o", (250, 250, 250)),
    "brick": ("#", (215, 120, 60)),
    "chicken": ("@", (250, 235, 150)),
    "car": ("x", (230, 70, 70)),
    **{f"speed {n}": (str(n), (110 - 12 * n, 60 + 12 * n, 90 + 12 * n)) for n in range(1, 6)},
    "front": (">", (250, 235, 150)),
    "back": ("=", (200, 180, 90)),
    "bullet": ("'", (250, 250, 250)),
    "shot at us": ("*", (255, 140, 60)),
    "fish": ("f", (90, 200, 140)),
    "submarine": ("x", (230, 70, 70)),
    "air": ("~", (90, 170, 255)),
    "divers aboard": ("D", (240, 150, 220)),
    "diver": ("d", (240, 150, 220)),
    "cannon": ("A", (90, 170, 255)),
    "alien": ("x", (120, 220, 110)),
    "alien moves left": ("x", (120, 220, 110)),
    "alien moves right": ("x", (120, 220, 110)),
}
_GROUND = (22, 24, 34)
_CLASS = "envs.own.minatar.single:MinAtar"
_ONE = np.zeros(1, np.int64)
_SEEDS = 2**63


class MinAtar(Cells):
    """One game of MinAtar (Young and Tian 2019, "MinAtar: An Atari-Inspired Testbed").

    Observations are boards [10, 10, C] of bools, a channel for each kind of thing. Five of the six
    actions are moves or nothing, the last one fires; ids of version 1 have those that do something.
    An episode ends as the game does, and after 5,000 steps: the package's ids have no such limit,
    but a submarine at the surface of Seaquest is safe there for ever.
    """

    metadata: Mapping[str, Any] = {**RENDERING, "render_fps": 10}

    def __init__(
        self,
        game: str = "breakout",
        use_minimal_action_set: bool = True,
        sticky_action_prob: float = 0.1,
        difficulty_ramping: bool = True,
        render_mode: str | None = None,
    ):
        """Makes the environment.

        Args:
            game: asterix, breakout, freeway, seaquest or space_invaders.
            use_minimal_action_set: Whether actions that do nothing in this game are left out.
            sticky_action_prob: Probability that the last action is repeated in place of the chosen
                one, in [0, 1].
            difficulty_ramping: Whether Asterix, Seaquest and Space Invaders get harder with time.
            render_mode: `ansi`, `rgb_array` or None.

        Raises:
            ValueError: There is no such game or mode, or the probability is none.
        """
        self.render_mode = check_mode(render_mode)
        if game not in GAMES:
            raise ValueError(f"game={game!r} is none of {', '.join(GAMES)}")
        is_number = isinstance(sticky_action_prob, int | float)
        if not (is_number and 0 <= sticky_action_prob <= 1):
            raise ValueError(f"sticky_action_prob={sticky_action_prob!r} must be from 0 to 1")
        self.game = GAMES[game](bool(difficulty_ramping))
        self._sticky = float(sticky_action_prob)
        self._actions = self.game.minimal if use_minimal_action_set else tuple(range(len(ACTIONS)))
        self.colours = {".": _GROUND, **dict(_LOOKS[name] for name in self.game.channels)}
        shape = (SIZE, SIZE, len(self.game.channels))
        self.observation_space = self.observations = Box(0, 1, shape, np.bool_)  # type: ignore[arg-type]
        self.action_space = self.actions = Discrete(len(self._actions))
        self._play, self._over = self.play(1), False

    def play(self, number: int) -> Play:
        """A number of games as this one is."""
        return Play(self.game, number=number, actions=self._actions, sticky=self._sticky)

    def get_action_meanings(self) -> list[str]:
        """What the actions are called, in the order of their numbers."""
        return [ACTIONS[action] for action in self._actions]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**31)) if seed is None else seed % _SEEDS
        self._over = False
        return self._play.begin(_ONE, np.array([drawn]))[0], {}

    def step(self, action: np.int64) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        if self._over:
            raise RuntimeError("step() after the end of an episode: call reset() first")
        if not 0 <= action < len(self._actions):
            raise ValueError(f"action {action} is none of 0 to {len(self._actions) - 1}")
        seen, rewards, over = self._play.advance(_ONE, np.array([action]))
        self._over = bool(over[0])
        return seen[0], float(rewards[0]), self._over, False, {}

    def lines(self) -> list[str]:
        """The board: in each cell the first of the channels that shows something; trails last."""
        channels = self.game.channels
        cells = np.full((SIZE, SIZE), ".")
        seen = self.game.seen(self._play.state)[0]
        for channel in sorted(range(len(channels)), key=lambda c: (channels[c] != "trail", -c)):
            cells[seen[..., channel]] = _LOOKS[channels[channel]][0]
        return ["".join(row) for row in cells]


def is_minatar(spec: EnvSpec) -> bool:
    """Whether an id is one of these games, with any keywords."""
    return spec.entry_point == _CLASS


def minatar(spec: EnvSpec) -> MinAtar:
    """The game that an id, one of these, and its keywords describe."""
    return MinAtar(**spec.kwargs)
