"""Planning from a known table of transitions: settings and actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.agent import Learner
from agents.exploration import EpsilonGreedyActor
from agents.q_table.config import look_up
from agents.schedules import EpsilonSchedule
from agents.value_based import Tabular
from common.settings import require


@dataclass(frozen=True, kw_only=True)
class Planner(Tabular):
    """Value or policy iteration (Bellman 1957; Howard 1960), in sweeps over all states.

    It learns nothing from what it does: between rollouts it sweeps over the transitions that the
    environment publishes, and acts by what it has found so far.
    """

    needs_dynamics: ClassVar[bool] = True
    wants: ClassVar[str] = "a planner needs the numbers of states, not observations of shape"

    method: Literal["value_iteration", "policy_iteration"] = "value_iteration"
    """A sweep takes each state's best action; or it values one policy, which is improved each time
    that its values stand still, until it does not change."""
    sweeps_per_rollout: int = 1
    """Sweeps over all states between two rollouts."""
    tolerance: float = 1e-10
    """Largest change of a value in a sweep after which values stand still, in their units."""
    epsilon: EpsilonSchedule = EpsilonSchedule(start=0.0, end=0.0)
    """Exploration."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.discount < 1, "agent.discount", "must be below 1 to plan with", self.discount)
        sweeps, tolerance = self.sweeps_per_rollout, self.tolerance
        require(sweeps >= 1, "agent.sweeps_per_rollout", "must be 1 or more", sweeps)
        require(tolerance > 0, "agent.tolerance", "must be positive", tolerance)

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
        from agents.planner.learner import PlannerLearner

        assert isinstance(observation_space, Discrete)
        return PlannerLearner(self, states=int(observation_space.n), actions=int(action_space.n))
