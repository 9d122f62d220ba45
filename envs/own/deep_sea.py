"""Deep sea: a treasure that only a plan of many steps finds."""

from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from envs.own.drawing import Cells, check_mode

LARGEST = 100
"""The most rows and columns; an episode has as many steps, and the id's limit is not below it."""
_COST = 0.01
_TREASURE = 1.0


class DeepSea(Cells):
    """A diver sinks a row in each step of a square, and moves a column to the left or to the right.

    This is the problem of Osband et al. 2019 ("Deep exploration via randomized value functions",
    section 4), as in bsuite. The diver starts at the top left. Each move to the right costs 0.01 /
    size, and the move to the right from the last cell, at the bottom right, pays 1. So the best
    return is 0.99, and the one way to it is `size` moves to the right; a diver that moves at random
    finds it in one of 2 ** size episodes. Which of the two actions is the right one is drawn for
    each cell.

    An observation is the number of the diver's cell, row by row. The environment publishes its
    transitions as `P`, in the form of Gymnasium's toy texts.
    """

    def __init__(self, size: int = 10, mapping_seed: int = 0, render_mode: str | None = None):
        """Draws which action is the right one in each cell, and makes the table.

        Args:
            size: Rows, columns and steps of an episode, from 2 to 100.
            mapping_seed: Draws which action is the right one.
            render_mode: `ansi`, `rgb_array` or None.

        Raises:
            ValueError: `size` is not in that range, or the mode is another one.
        """
        self.render_mode = check_mode(render_mode)
        if not (isinstance(size, int) and 2 <= size <= LARGEST):
            raise ValueError(f"size={size!r} must be a whole number from 2 to {LARGEST}")
        cells = size * size
        self.observation_space = Discrete(cells)
        self.action_space = Discrete(2)
        right = np.random.default_rng(mapping_seed).integers(0, 2, cells)
        self.P = {
            cell: {a: [(1.0, *_outcome(cell, a == right[cell], size))] for a in (0, 1)}
            for cell in range(cells)
        }
        self.initial_state_distrib = np.eye(1, cells)[0]
        self.right = right.reshape(size, size)
        """Which action moves to the right, in each cell."""
        self._cell = 0

    def lines(self) -> list[str]:
        size = len(self.right)
        cells = np.full((size, size), ".")
        cells[-1, -1] = "$"
        cells[divmod(int(self._cell), size)] = "@"
        return ["".join(row) for row in cells]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.int64, dict[str, Any]]:
        super().reset(seed=seed)
        self._cell = 0
        return np.int64(0), {}

    def step(self, action: np.int64) -> tuple[np.int64, float, bool, bool, dict[str, Any]]:
        ((_, self._cell, reward, terminated),) = self.P[self._cell][int(action)]
        return np.int64(self._cell), reward, terminated, False, {}


def _outcome(cell: int, right: bool, size: int) -> tuple[int, float, bool]:
    """The next cell, the reward, and whether the episode is over.

    From the last row the diver goes to where it would be in that row: nothing depends on it.
    """
    row, column = divmod(cell, size)
    reward = -_COST / size if right else 0.0
    if right and column == size - 1:
        reward += _TREASURE
    column = min(column + 1, size - 1) if right else max(column - 1, 0)
    return min(row + 1, size - 1) * size + column, reward, row == size - 1
