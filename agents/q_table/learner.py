"""Tabular Q-learning over batches of environments."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.agent import Learner
from agents.divergence import diverged
from agents.q_table.config import QTable
from agents.rollout import Rollout
from agents.weights import Weights, fitted


class QTableLearner(Learner):
    """Learns a table [S, A], one time step of all environments after another."""

    def __init__(self, config: QTable, *, states: int, actions: int):
        """Makes the table.

        Args:
            config: The settings.
            states: Number of states S.
            actions: Number of actions A.
        """
        self._config = config
        self._q = np.zeros((states, actions))  # [S, A]
        self._visits = np.zeros((states, actions), np.int64)  # [S, A]
        self.updates = 0

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Updates the table with a rollout in time order; returns its mean metrics.

        Raises:
            Diverged: A TD error is not finite.
        """
        discounts = rollout.discounts(self._config.discount)  # [T, B]
        errors = [self._update(rollout, t, discounts[t]) for t in range(len(rollout.a_tm1))]
        td_error = np.concatenate(errors)  # [T * B] without dropped steps
        if not td_error.size:
            return {}
        return {
            "loss": float(np.mean(td_error**2)),
            "td_error": float(np.mean(np.abs(td_error))),
            "mean_q": float(np.mean(self._q[rollout.s_tm1, rollout.a_tm1])),
        }

    def _update(
        self, rollout: Rollout, t: int, discount_t: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Moves each visited cell toward its mean target, as far as one update a visit would."""
        target = rollout.r_t[t] + discount_t * self._values(rollout, t)  # [B]
        cell = rollout.s_tm1[t] * self._q.shape[1] + rollout.a_tm1[t]  # [B] flat cell numbers
        if rollout.dropped_t[t].any():
            kept = ~rollout.dropped_t[t]
            target, cell = target[kept], cell[kept]  # [B - dropped]
        q, visits = self._q.reshape(-1), self._visits.reshape(-1)  # views
        td_error = target - q[cell]  # [B]

        count = np.bincount(cell, minlength=q.size)  # [S * A]
        total = np.bincount(cell, target, minlength=q.size)
        seen = np.flatnonzero(count)
        visits[seen] += count[seen]
        rate = np.maximum(
            self._config.learning_rate_min,
            visits[seen].astype(np.float64) ** -self._config.learning_rate_power,
        )
        moved = 1.0 - (1.0 - rate) ** count[seen]
        q[seen] += moved * (total[seen] / count[seen] - q[seen])
        self.updates += 1
        if not np.isfinite(td_error).all():
            raise diverged(self.updates, "a TD error is not finite")
        return td_error

    def _values(self, rollout: Rollout, t: int) -> npt.NDArray[np.float64]:
        """The values [B] of the successors in step t: those of their best legal actions."""
        if rollout.mask_t is None:
            return self._q.max(axis=-1)[rollout.s_t[t]]
        return np.where(rollout.mask_t[t], self._q[rollout.s_t[t]], -np.inf).max(axis=-1)

    def weights(self) -> Weights:
        """The table `q` [S, A]."""
        return {"q": self._q.copy()}

    def set_weights(self, weights: Weights) -> None:
        """Starts from another table.

        Its cells do not count as visited here: the first visit to one replaces its value.
        """
        self._q[:] = fitted(weights, self.weights())["q"]

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {"q": self._q, "visits": self._visits, "updates": self.updates}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._q[:], self._visits[:] = state["q"], state["visits"]
        self.updates = int(state["updates"])
