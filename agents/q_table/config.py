"""Tabular control: settings and actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.actor import ActorOutput, State
from agents.agent import Learner
from agents.exploration import Chance, EpsilonGreedyActor, Mask
from agents.q_table.rules import bonus
from agents.schedules import EpsilonSchedule
from agents.value_based import Tabular
from agents.weights import Array, Weights
from common.settings import InvalidSetting, require, require_at_least


def look_up(weights: Weights, observations: Array) -> Array:
    """Action values [B, A] of the states [B] in the table `q` [S, A]."""
    # [A, S] taken along S: the transpose is in the order that `epsilon_greedy` wants.
    return np.ascontiguousarray(weights["q"].T).take(observations, axis=1).T


@dataclass(frozen=True, kw_only=True)
class QTable(Tabular):
    """Tabular control: Q-learning (Watkins 1989), the book's equation in chapter 10, and its kin.

    As it is, the step size falls with the visits to a state and action, as convergence asks for
    (Watkins and Dayan 1992): α(n) = max(learning_rate_min, n ** -learning_rate_power).
    """

    wants: ClassVar[str] = "a Q-table needs discrete observations, not a box of shape"

    target: Literal["q_learning", "sarsa", "expected_sarsa", "double_q"] = "q_learning"
    """What a successor is worth: its best action; the action taken next; the mean over the actions
    as they are explored; or, with two tables, one's best action by the other."""
    n_step: int = 1
    """Rewards that a target adds up before it bootstraps, fewer where the episode ends; 0 waits for
    the end of the episode, which is Monte Carlo control, every visit counted."""
    trace: float = 0.0
    """λ of replacing eligibility traces, in [0, 1]. With q_learning they are Watkins's Q(λ): cut
    before an action that is not the best."""
    planning_steps: int = 0
    """Updates from a learned model for each step of an environment: Dyna-Q."""
    learning_rate: float = 0.0
    """Constant step size, in [0, 1]; 0 has it fall with the visits, by the next two settings."""
    learning_rate_power: float = 0.6
    """How fast the step size falls with visits; 0 keeps it at 1, (0.5, 1] converges."""
    learning_rate_min: float = 0.0
    """Smallest step size, in [0, 1]; above 0 the table keeps following a changing target."""
    initial_value: float = 0.0
    """What the table starts with. Optimistic is a value above what can be had, with a constant
    learning rate: a falling one replaces it at the first visit (nearly, where several environments
    make it together)."""
    ucb: float = 0.0
    """Above 0, exploration takes the action of the largest Q + ucb * sqrt(ln t / n), in units of
    the values: n visits of the action in t of the state. A share ε is random besides."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.1, decay_steps=100_000)
    """Exploration."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("learning_rate", "learning_rate_power", "learning_rate_min", "trace"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"agent.{name}", "must be in [0, 1]", value)
        require_at_least(self, 0, "n_step", "planning_steps", "ucb", part="agent")
        self._check_parts()

    def _check_parts(self) -> None:
        """Makes sure that the parts go together.

        Raises:
            InvalidSetting: They do not.
        """
        if self.trace and self.n_step != 1:
            raise InvalidSetting(
                f"--agent.trace {self.trace:g} already mixes returns of all lengths: leave out "
                f"--agent.n-step {self.n_step}"
            )
        if self.trace and self.target == "double_q":
            raise InvalidSetting(
                f"--agent.trace {self.trace:g} is for one table: take another --agent.target than "
                "double_q"
            )
        counts = self.epsilon.counts
        if counts == "episodes" and self.target in ("sarsa", "expected_sarsa"):
            raise InvalidSetting(
                f"--agent.epsilon.counts {counts}: {self.target} learns from the ε it acts with, "
                "and a learner knows the steps alone; take --agent.epsilon.counts env_steps"
            )
        if self.planning_steps and self.target == "sarsa":
            raise InvalidSetting(
                f"--agent.planning-steps {self.planning_steps}: a model knows no next action, "
                "which sarsa needs; take --agent.target expected_sarsa"
            )
        if self.ucb and self.planning_steps:
            raise InvalidSetting(
                f"--agent.ucb {self.ucb:g} counts what was tried, and --agent.planning-steps "
                f"{self.planning_steps} tries nothing: leave one of them out"
            )
        if self.ucb and self.temperature:
            raise InvalidSetting(
                f"--agent.ucb {self.ucb:g} and --agent.temperature {self.temperature:g} are two "
                "ways to choose actions: leave one of them out"
            )

    @property
    def waits(self) -> bool:
        """Whether a target needs more than one step."""
        return self.n_step != 1 or self.target == "sarsa"

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> EpsilonGreedyActor:
        return TableActor(self, int(action_space.n), env_indices)

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
        return QTableLearner(
            self,
            states=int(observation_space.n),
            actions=int(action_space.n),
            rng=replay_rng,
        )


class TableActor(EpsilonGreedyActor):
    """Acts on a table, and explores with UCB's bonus where it is asked for."""

    def __init__(self, config: QTable, actions: int, env_indices: Sequence[int]):
        """Makes the actor.

        Args:
            config: The settings of exploration.
            actions: Number of actions A.
            env_indices: [B] numbers of the environments.
        """
        super().__init__(
            look_up, actions, config.epsilon, env_indices, temperature=config.temperature
        )
        self._ucb = config.ucb

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Chance | None = None,
        action_mask: Mask | None = None,
    ) -> ActorOutput:
        if exploration is None or not self._ucb:
            return super().act(weights, observations, state, exploration, action_mask)
        q = look_up(weights, observations) + bonus(weights["visits"][observations], self._ucb)
        return ActorOutput(self.choose(q, exploration, action_mask), state)
