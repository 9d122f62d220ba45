"""Windows of steps whose returns are still being added up."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from agents.q_table.rules import Floats, Ints, Mask


class Backups(NamedTuple):
    """Cells that can be updated once their bootstrap is known.

    Attributes:
        env: [N] numbers of the environments; a slice of all where each has one.
        cell: [N] s * A + a.
        return_t: [N] discounted sum of the rewards since.
        discount_t: [N] factor of the value that is bootstrapped; 0 after a terminal step.
    """

    env: Ints | slice
    cell: Ints
    return_t: Floats
    discount_t: Floats


class Windows:
    """Open windows of B environments, the oldest step first, and what each has gathered so far.

    A window is full after n steps, and ends before that with its episode (section 7.1).
    """

    def __init__(self, n: int):
        """Makes it empty.

        Args:
            n: Steps of a full window; 0 has them all wait for the end of the episode.
        """
        self._n = n
        self._cell: Ints = np.zeros((0, 0), np.int64)  # [L, B], as all below
        self._return: Floats = np.zeros((0, 0))
        self._discount: Floats = np.zeros((0, 0))
        self._open: Mask = np.zeros((0, 0), np.bool_)

    def push(self, cell: Ints, r_t: Floats, discount_t: Floats, kept_t: Ints | slice) -> None:
        """Takes the next step of each environment in.

        A dropped step opens no window and forgets those that were open in its environment: nothing
        is known of what would have followed.

        Args:
            cell: [B] s * A + a.
            r_t: [B] rewards.
            discount_t: [B] γ, 0 where the successor is terminal.
            kept_t: The environments [N] whose step was not dropped.
        """
        if not self._cell.size:
            empty = np.zeros((0, len(cell)))
            self._cell, self._return = empty.astype(np.int64), empty
            self._discount, self._open = empty, empty.astype(np.bool_)
        kept = np.zeros(len(cell), np.bool_)  # [B]
        kept[kept_t] = True
        self._cell = np.vstack([self._cell, cell])
        self._return = np.vstack([self._return + self._discount * r_t, r_t])
        self._discount = np.vstack([self._discount * discount_t, discount_t])
        self._open = np.vstack([self._open & kept, kept])

    def full(self) -> Backups:
        """Takes out the windows that have n steps."""
        which = np.zeros_like(self._open)  # [L, B]
        if self._n and len(which) >= self._n:
            which[-self._n] = self._open[-self._n]
        return self._taken(which)

    def ended(self, over_t: Mask) -> Backups:
        """Takes out the windows of the environments [B] whose episodes are over."""
        return self._taken(self._open & over_t)

    def _taken(self, which: Mask) -> Backups:
        row, env = which.nonzero()
        taken = Backups(env, self._cell[row, env], self._return[row, env], self._discount[row, env])
        self._open = self._open & ~which
        rows = np.flatnonzero(self._open.any(axis=1))
        first = int(rows[0]) if rows.size else len(self._open)
        if first:
            self._cell, self._return = self._cell[first:], self._return[first:]
            self._discount, self._open = self._discount[first:], self._open[first:]
        return taken

    def get_state(self) -> dict[str, Any]:
        """The open windows."""
        return {
            "cell": self._cell,
            "return": self._return,
            "discount": self._discount,
            "open": self._open,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._cell, self._return = state["cell"], state["return"]
        self._discount, self._open = state["discount"], state["open"]
