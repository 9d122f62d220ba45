"""What the games share: the board, its actions, and the draws of an episode."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from envs.randomness import STRIDE, Keys, derive, positions, uniform_at
from envs.vector_env import Array

SIZE = 10
"""Rows and columns of the board; the last ones are number 9."""
NOTHING, LEFT, UP, RIGHT, DOWN, FIRE = range(6)
ACTIONS = ("nothing", "left", "up", "right", "down", "fire")
"""What all six actions are called."""
ACROSS = np.array([0, -1, 0, 1, 0, 0])
"""Columns that each action moves."""
DOWNWARD = np.array([0, 0, -1, 0, 1, 0])
"""Rows that each action moves, down the board."""
CELLS = (np.arange(1 << SIZE)[:, None] >> np.arange(SIZE) & 1).astype(np.bool_)
"""[1024, 10]: the cells of a row of the board that is a number, whose bit c is column c."""
STICKY = 0
"""The draw that decides whether the last action is repeated."""
_DRAWS = 32  # of a step at most

State = dict[str, Array]
"""Everything about N games: arrays [N, ...] by name."""


class Draws:
    """The draws of one step of N games: each is its own, whatever was drawn before it."""

    def __init__(self, keys: Keys, steps: Array):
        """Takes where the draws are.

        Args:
            keys: [N] keys of the episodes, of `episode_keys`.
            steps: [N] numbers of the steps within the episodes; 0 is the episode's start.
        """
        self._positions = positions(keys, steps * _DRAWS)

    def uniform(self, number: int, rows: Array | slice = slice(None)) -> npt.NDArray[np.float64]:
        """Draw `number` of each of these rows, in [0, 1)."""
        return uniform_at(self._positions[rows] + np.uint64(number) * STRIDE)

    def below(self, ends: Array | int, number: int, rows: Array | slice = slice(None)) -> Array:
        """Draw `number` of each of these rows, as a whole number from 0 to below `ends`."""
        return (self.uniform(number, rows) * ends).astype(np.int64)


def episode_keys(seeds: npt.ArrayLike) -> Keys:
    """The keys [N] of episodes with these seeds."""
    return derive(seeds)


class Game(ABC):
    """The dynamics of one of the games, over any number of them.

    Attributes:
        channels: What each channel of an observation shows.
        minimal: The numbers of the actions that do something in this game.
    """

    channels: tuple[str, ...]
    minimal: tuple[int, ...]

    def __init__(self, ramping: bool):
        """Makes the dynamics.

        Args:
            ramping: Whether the game gets harder with time, where it has a way to.
        """
        self.ramping = ramping

    @abstractmethod
    def begin(self, draws: Draws, number: int) -> State:
        """The states of `number` games at their starts."""

    @abstractmethod
    def advance(self, state: State, actions: Array, draws: Draws) -> tuple[Array, Array]:
        """Moves games by actions [N] out of all six, and changes their state.

        Returns:
            The rewards [N] float64, and which games are over [N].
        """

    @abstractmethod
    def paint(self, state: State, board: "Board") -> None:
        """Shows the states on a board, which is empty before."""

    def seen(self, state: State) -> npt.NDArray[np.bool_]:
        """The observations [N, 10, 10, C] of states."""
        board = Board(len(next(iter(state.values()))), len(self.channels))
        self.paint(state, board)
        return board.cells


class Board:
    """The observations of N games, to be painted on.

    Attributes:
        cells: [N, 10, 10, C] bool, by row, column and channel.
    """

    def __init__(self, number: int, channels: int):
        """Makes empty boards."""
        self.cells = np.zeros((number, SIZE, SIZE, channels), np.bool_)
        self._flat = self.cells.reshape(-1)
        self._channels = channels
        self._starts = np.arange(number) * (SIZE * SIZE * channels)  # [N]

    def mark(self, rows: Array | int, columns: Array | int, channel: int) -> None:
        """Marks a cell on each board; rows and columns are [N], or the same number on each."""
        places = (rows * SIZE + columns) * self._channels + channel
        self._flat[self._starts + places] = True

    def mark_many(self, on: Array, rows: Array, columns: Array, channels: Array | int) -> None:
        """Marks the cells [N, M] where `on` is true; of arrays that broadcast to it."""
        places = (rows * SIZE + columns) * self._channels + channels + self._starts[:, None]
        self._flat[places[on]] = True

    def mark_bits(self, bits: Array, channel: int) -> None:
        """Marks the set bits of rows [N, 10], numbers whose bit c is column c."""
        self.cells[..., channel] = CELLS.take(bits, axis=0)
