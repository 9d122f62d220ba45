"""Value and policy iteration, a few sweeps after each rollout."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.agent import Learner
from agents.dynamics import Dynamics
from agents.planner.config import Planner
from agents.rollout import Rollout
from agents.weights import Weights, fitted

Floats = npt.NDArray[np.float64]
Policy = npt.NDArray[np.int64]
"""[S], the action in each state."""


def improved(q: Floats, policy: Policy, tolerance: float) -> Policy:
    """The greedy policy [S], which keeps an action unless another is better by more than tolerance.

    Without that, rounding would have it go back and forth between equals.
    """
    own = np.take_along_axis(q, policy[:, None], axis=1)[:, 0]  # [S]
    return np.where(q.max(axis=1) > own + tolerance, q.argmax(axis=1), policy)


class PlannerLearner(Learner):
    """Sweeps over the states of an environment that is known; `updates` counts the sweeps."""

    def __init__(self, config: Planner, *, states: int, actions: int):
        """Starts with the values 0; `know` has to come before `learn`.

        Args:
            config: The settings.
            states: Number of states S.
            actions: Number of actions A.
        """
        self._config = config
        self._dynamics: Dynamics | None = None
        self._values: Floats = np.zeros(states)  # [S]
        self._q: Floats = np.zeros((states, actions))  # [S, A]
        self._policy: Policy = np.zeros(states, np.int64)  # [S] that is valued or was found
        self._residual = np.inf
        self._done = False
        self.updates = self._policies = 0

    def know(self, dynamics: Dynamics) -> None:
        """Takes the transitions to plan with."""
        self._dynamics = dynamics
        self._q = dynamics.backup(self._values, self._config.discount)
        self._policy = self._q.argmax(axis=1)  # an illegal action is never the best one

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Makes the next sweeps, whatever happened in the rollout; returns how far they have come.

        `residual` is the largest change of a value in the last sweep, `start_value` the expected
        value of the first state, `policies` how often the policy changed.
        """
        for _ in range(self._config.sweeps_per_rollout):
            if not self._done:
                self._sweep()
        assert self._dynamics is not None
        return {
            "residual": self._residual,
            "start_value": float((self._dynamics.start * self._values).sum()),
            "policies": float(self._policies),
        }

    def _sweep(self) -> None:
        assert self._dynamics is not None
        config, iterates_values = self._config, self._config.method == "value_iteration"
        if iterates_values:
            values = self._q.max(axis=1)  # [S]
        else:
            values = np.take_along_axis(self._q, self._policy[:, None], axis=1)[:, 0]
        self._residual = float(np.abs(values - self._values).max())
        self._values = values
        self._q = self._dynamics.backup(values, config.discount)
        self.updates += 1
        settled = self._residual < config.tolerance
        if not (settled or iterates_values):
            return
        policy = improved(self._q, self._policy, config.tolerance)
        changed = bool((policy != self._policy).any())
        self._policies += changed
        self._policy = policy
        self._done = settled and (iterates_values or not changed)

    def weights(self) -> Weights:
        """The action values `q` [S, A] of the last sweep."""
        return {"q": self._q.copy()}

    def set_weights(self, weights: Weights) -> None:
        """Starts from the values of a table's best actions, not yet settled."""
        self._q = fitted(weights, self.weights())["q"]
        self._values, self._policy = self._q.max(axis=1), self._q.argmax(axis=1)
        self._done = False
        if self._dynamics is not None:
            # Else the first sweep would find the very values that it starts from, and be settled.
            self._q = self._dynamics.backup(self._values, self._config.discount)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {
            "values": self._values,
            "q": self._q,
            "policy": self._policy,
            "residual": self._residual,
            "done": self._done,
            "updates": self.updates,
            "policies": self._policies,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._values, self._q, self._policy = state["values"], state["q"], state["policy"]
        self._residual, self._done = float(state["residual"]), bool(state["done"])
        self.updates, self._policies = int(state["updates"]), int(state["policies"])
