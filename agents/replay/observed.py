"""Observations of environments, each of them stored once."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.replay.observations import Before
from agents.replay.ring import Array, Ids
from agents.rollout import Rollout

Bools = npt.NDArray[np.bool_]
Observe = Callable[[Array, Before | None], Ids]
"""Stores observations [M, ...] and returns their ids [M]; later ones have greater ids. The second
argument tells the ids before them in their episodes, and is None for the first of an episode."""


class Observed:
    """Ids of the observations of B environments: a step's successor is what the next acts on."""

    def __init__(self, begins: Bools | None = None, newest: Ids | None = None):
        """Begins before the first rollout, or between two.

        Args:
            begins: [B] whether each environment's next step is the first of an episode; None before
                the first rollout.
            newest: [B] ids of the last successors, which are acted on where none begins.
        """
        # Of each environment: the id [B] of its last successor, and whether its next step acts on
        # another observation.
        self._fresh: Bools = np.zeros(0, np.bool_) if begins is None else begins
        self._s_t: Ids = np.zeros(0, np.int64) if newest is None else newest

    @property
    def to_come(self) -> Ids:
        """The ids that the next steps act on, of the environments of which they are known."""
        return self._s_t[~self._fresh]  # [B - fresh]

    def add(self, rollout: Rollout, over_t: Bools, observe: Observe) -> tuple[Ids, Ids]:
        """Stores new observations; returns ids [T, B] of s_tm1 and s_t, -1 for dropped steps.

        Args:
            rollout: [T, B, ...] the next steps of the same environments.
            over_t: [T, B] whether the episode ended with the step, or the step was dropped.
            observe: Stores observations; called for each of them once.
        """
        if not self._fresh.size:
            num_envs = over_t.shape[1]
            self._s_t, self._fresh = np.full(num_envs, -1), np.ones(num_envs, np.bool_)
        kept = ~rollout.dropped_t  # [T, B]
        fresh = _later(self._fresh, over_t) & kept  # [T, B]
        starts = fresh.nonzero()
        # Before their successors, so that ids increase along an environment.
        start_ids = observe(rollout.s_tm1[starts], None)  # [starts]

        s_t = np.full(kept.shape, -1)  # [T, B]

        def acted_on(ids: Ids) -> Ids:
            """Puts the successors' ids into s_t, and returns those of s_tm1 [T, B]."""
            s_t[kept] = ids
            s_tm1 = _later(self._s_t, s_t)
            s_tm1[starts] = start_ids
            return s_tm1

        whole = kept.all()
        successors = rollout.s_t.reshape(-1, *rollout.s_t.shape[2:]) if whole else rollout.s_t[kept]
        s_tm1 = acted_on(observe(successors, lambda ids: acted_on(ids)[kept]))
        self._s_t, self._fresh = s_t[-1].copy(), over_t[-1].copy()
        return s_tm1, s_t

    def get_state(self) -> dict[str, Any]:
        """The last successor of each environment."""
        return {"s_t": self._s_t, "fresh": self._fresh}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._s_t, self._fresh = state["s_t"], state["fresh"]


def _later(first: Array, array: Array) -> Array:
    """An array [T, B] one step later: `first` [B], then all but its last row."""
    shifted = np.empty_like(array)  # [T, B]
    shifted[0], shifted[1:] = first, array[:-1]
    return shifted
