"""The learner of an agent that has nothing to learn."""

from collections.abc import Mapping
from typing import Any

from agents.policies import Weights
from agents.transitions import Rollout


class UniformLearner:
    """Keeps the random agent in the same pipeline as every other."""

    updates = 0

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Learns nothing."""
        return {}

    def weights(self) -> Weights:
        """None: `agents.policies.UniformPolicy` has no weights."""
        return ()

    def evaluated_weights(self) -> Weights:
        """None."""
        return self.weights()

    def get_state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Nothing."""
