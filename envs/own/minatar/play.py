"""Games in play: one of the five over a batch, with sticky actions, each game by its own seed."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from envs.own.minatar.game import NOTHING, STICKY, Draws, Game, State, episode_keys
from envs.vector_env import Array


class Play:
    """B games of one kind.

    Attributes:
        state: Everything about the games, as the game has it: arrays [B, ...] by name.
    """

    def __init__(self, game: Game, *, number: int, actions: Sequence[int], sticky: float):
        """Makes the games; `begin` starts them.

        Args:
            game: The dynamics.
            number: Number of games B.
            actions: The actions that can be chosen, out of all six.
            sticky: Probability that a game repeats its last action in place of the chosen one.
        """
        self._game, self._sticky = game, sticky
        self._actions = np.asarray(actions)
        self._keys = episode_keys(np.zeros(number, np.int64))  # [B]
        self._steps, self._last = np.zeros((2, number), np.int64)  # [B] each
        self.state: State = game.begin(Draws(self._keys, self._steps), number)

    def begin(self, rows: Array, seeds: npt.NDArray[np.int64]) -> Array:
        """Starts the games of rows from seeds; returns what is seen [N, 10, 10, C]."""
        self._keys[rows] = episode_keys(seeds)
        self._steps[rows], self._last[rows] = 0, NOTHING
        begun = self._game.begin(Draws(self._keys[rows], self._steps[rows]), len(rows))
        for name, values in begun.items():
            self.state[name][rows] = values
        return self._game.seen(begun)

    def advance(self, rows: Array, actions: Array) -> tuple[Array, Array, Array]:
        """Moves the games of rows.

        Args:
            rows: [N] increasing numbers of the games.
            actions: [N] choices among the actions, counted from 0.

        Returns:
            What is seen [N, 10, 10, C], rewards [N] float64, and which games are over [N].
        """
        self._steps[rows] += 1
        draws = Draws(self._keys[rows], self._steps[rows])
        taken = self._actions[actions]
        if self._sticky:
            taken = np.where(draws.uniform(STICKY) < self._sticky, self._last[rows], taken)
        self._last[rows] = taken
        whole = len(rows) == len(self._keys)
        part = self.state if whole else {name: each[rows] for name, each in self.state.items()}
        rewards, over = self._game.advance(part, taken, draws)
        if not whole:
            for name, values in part.items():
                self.state[name][rows] = values
        return self._game.seen(part), rewards, over
