"""The learner of an agent that has nothing to learn."""

from collections.abc import Mapping
from typing import Any

from agents.agent import Learner
from agents.rollout import Rollout
from agents.weights import Weights


class RandomLearner(Learner):
    """Learns nothing; with it the random agent runs in the same pipeline as every other agent."""

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Learns nothing."""
        return {}

    def weights(self) -> Weights:
        """There are none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """There is nothing to keep."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """There is nothing to put back."""
