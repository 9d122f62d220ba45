"""The learner around another one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.agent import Learner
from agents.prepared.config import Rewards
from agents.prepared.moments import RunningMoments, normalized, without_moments
from agents.replay.observed import Bools
from agents.replay.storage import Held
from agents.rollout import Rollout
from agents.weights import Array, Weights, fitted


class PreparedLearner(Learner):
    """Prepares rollouts for another learner, and keeps the moments of the observations."""

    def __init__(self, learner: Learner, rewards: Rewards, shape: tuple[int, ...] | None):
        """Puts the parts together.

        Args:
            learner: Learns; it is owned by this one from here on.
            rewards: What becomes of rewards.
            shape: Shape of an observation; None does not normalise.
        """
        self._learner, self._rewards = learner, rewards
        self._moments = None if shape is None else RunningMoments(shape)
        self._known = self._moments.weights() if self._moments else {}
        self.updates = learner.updates
        if self._moments and learner.keeps_observations:
            learner.preprocess = self._normalized

    def _normalized(self, observations: Array) -> Array:
        return normalized(self._known, observations)

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Learns from a rollout after its observations were counted in."""
        prepared: dict[str, Array] = {"r_t": self._rewards(rollout.r_t)}
        if self._moments:
            self._moments.update(rollout.s_tm1[~rollout.dropped_t])
            self._known = self._moments.weights()
            if not self._learner.keeps_observations:
                prepared |= {
                    "s_tm1": self._normalized(rollout.s_tm1),
                    "s_t": self._normalized(rollout.s_t),
                }
        metrics = self._learner.learn(replace(rollout, **prepared))
        self.updates = self._learner.updates
        return metrics

    def weights(self) -> Weights:
        return {**self._learner.weights(), **self._known}

    def evaluated_weights(self) -> Weights:
        return {**self._learner.evaluated_weights(), **self._known}

    def set_weights(self, weights: Weights) -> None:
        """Has the learner start from weights, and goes on from the moments among them."""
        if self._moments is None:
            self._learner.set_weights(weights)
            return
        found = fitted(weights, self.weights())
        self._learner.set_weights(without_moments(found))
        self._moments.set_weights(found)
        self._known = self._moments.weights()

    @property
    def held(self) -> Held | None:
        return self._learner.held

    def begin_again(self, begins: Bools, first: int) -> None:
        self._learner.begin_again(begins, first)

    def observe_again(self, rollout: Rollout) -> None:
        self._learner.observe_again(rollout)

    def get_state(self) -> dict[str, Any]:
        """The learner's state and the moments."""
        return self._with_moments(self._learner.get_state())

    def get_state_without_observations(self) -> dict[str, Any]:
        return self._with_moments(self._learner.get_state_without_observations())

    def _with_moments(self, learner: Mapping[str, Any]) -> dict[str, Any]:
        moments = self._moments.get_state() if self._moments else {}
        return {"learner": learner, "moments": moments}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._learner.set_state(state["learner"])
        self.updates = self._learner.updates
        if self._moments:
            self._moments.set_state(state["moments"])
            self._known = self._moments.weights()

    def close(self) -> None:
        """Frees what the learner holds."""
        self._learner.close()
