"""A learned model of an environment: what each action led to when it was last taken."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.q_table.rules import Floats, Ints, Mask


class Model:
    """The newest outcome of each state and action, as Dyna-Q has it (Sutton 1990; section 8.2).

    It is the environment itself where that is deterministic, and a sample of it where it is not.
    """

    def __init__(self, cells: int):
        """Makes it empty.

        Args:
            cells: Number of cells, S * A.
        """
        self._r_t: Floats = np.zeros(cells)  # [S * A], as all below
        self._discount_t: Floats = np.zeros(cells)
        self._s_t: Ints = np.zeros(cells, np.int64)
        self._seen: Mask = np.zeros(cells, np.bool_)
        self._known: Ints = np.zeros(0, np.int64)

    def observe(self, cell: Ints, r_t: Floats, discount_t: Floats, s_t: Ints) -> None:
        """Remembers N transitions: of those from one cell the last one."""
        self._r_t[cell], self._discount_t[cell], self._s_t[cell] = r_t, discount_t, s_t
        if not self._seen[cell].all():
            self._seen[cell] = True
            self._known = np.flatnonzero(self._seen)

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Ints, Floats, Floats, Ints]:
        """Draws cells that were seen, all alike; each may come several times.

        Returns:
            Cells, rewards, discounts and successors, [count] each; none before the first step.
        """
        if not self._known.size:
            count = 0
        cell = self._known[rng.integers(max(1, self._known.size), size=count)]  # [count]
        return cell, self._r_t[cell], self._discount_t[cell], self._s_t[cell]

    def get_state(self) -> dict[str, Any]:
        """All that was seen."""
        return {
            "r_t": self._r_t,
            "discount_t": self._discount_t,
            "s_t": self._s_t,
            "seen": self._seen,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._r_t, self._discount_t = state["r_t"].copy(), state["discount_t"].copy()
        self._s_t, self._seen = state["s_t"].copy(), state["seen"].copy()
        self._known = np.flatnonzero(self._seen)
