"""Eligibility traces: how much of each TD error goes to cells that were visited before."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.q_table.rules import Floats, Ints, Mask

_LEAST = 1e-4
"""Eligibility below which a cell is forgotten: it would only cost time."""


class Traces:
    """Replacing traces of B environments (Singh and Sutton 1996; section 12.7 of the book).

    A visited cell has eligibility 1, which falls by γλ in each step, and to 0 with the episode.
    """

    def __init__(self, decay: float, cells: int):
        """Makes them.

        Args:
            decay: γλ.
            cells: Number of cells, S * A.
        """
        self._decay, self._cells = decay, cells
        self._eligibility: Floats = np.zeros((0, cells))  # [B, S * A]

    def cut(self, env: Mask) -> None:
        """Forgets what was visited in some environments [B]."""
        if self._eligibility.size and env.any():
            self._eligibility[env] = 0.0

    def visit(self, env: Ints, cell: Ints, envs: int) -> Floats:
        """Takes a visit in each of some environments in; returns their eligibilities [N, S * A].

        Args:
            env: [N] different numbers of environments.
            cell: [N] what was visited in each.
            envs: Number of all environments B.
        """
        if not self._eligibility.size:
            self._eligibility = np.zeros((envs, self._cells))
        left = self._eligibility[env] * self._decay  # [N, S * A]
        left[left < _LEAST] = 0.0
        left[np.arange(len(env)), cell] = 1.0
        self._eligibility[env] = left
        return left

    def get_state(self) -> dict[str, Any]:
        """The eligibilities."""
        return {"eligibility": self._eligibility}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._eligibility = state["eligibility"].copy()
