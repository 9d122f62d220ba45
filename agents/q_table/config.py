"""Tabular Q-learning: settings and actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.exploration import EpsilonGreedyActor
from agents.schedules import EpsilonSchedule
from agents.value_based import ValueBased
from agents.weights import Array, Weights
from common.settings import require


def look_up(weights: Weights, observations: Array) -> Array:
    """Action values [B, A] of the states [B] in the table `q` [S, A]."""
    # [A, S] taken along S: the transpose is in the order that `epsilon_greedy` wants.
    return np.ascontiguousarray(weights["q"].T).take(observations, axis=1).T


@dataclass(frozen=True, kw_only=True)
class QTable(ValueBased):
    """Tabular Q-learning (Watkins 1989), the book's equation in chapter 10, table started at 0.

    The step size falls with the visits to a state and action, as convergence asks for (Watkins and
    Dayan 1992): α(n) = max(learning_rate_min, n ** -learning_rate_power).
    """

    learning_rate_power: float = 0.6
    """How fast the step size falls with visits; 0 keeps it at 1, (0.5, 1] converges."""
    learning_rate_min: float = 0.0
    """Smallest step size, in [0, 1]; above 0 the table keeps following a changing target."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.1, decay_steps=100_000)
    """Exploration."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("learning_rate_power", "learning_rate_min"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"agent.{name}", "must be in [0, 1]", value)

    @property
    def sees(self) -> Literal["state"]:
        return "state"

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        if not isinstance(observation_space, Discrete):
            raise ValueError(
                "a Q-table needs discrete observations, not a box of shape "
                f"{observation_space.shape}; learn this environment with a network: "
                "python -m launch dqn --env ID"
            )

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> EpsilonGreedyActor:
        return EpsilonGreedyActor(
            look_up,
            int(action_space.n),
            self.epsilon,
            env_indices,
            temperature=self.temperature,
        )

    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        from agents.q_table.learner import QTableLearner

        assert isinstance(observation_space, Discrete)
        return QTableLearner(self, states=int(observation_space.n), actions=int(action_space.n))
