"""Greedy actions with a share of random ones among them, whatever the agent."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from agents.actor import Actor, ActorOutput, State
from agents.weights import Array, Weights
from common.choices import drawn

Draws = npt.NDArray[np.float64]


class MixedActor(Actor):
    """Takes the greedy actions of another actor, and a random legal one with probability ε.

    It does not tell the other actor which of its actions were replaced.
    """

    draws = 2  # whether to act at random, and which action to take

    def __init__(self, greedy: Actor, epsilon: float, actions: int):
        """Takes the other actor.

        Args:
            greedy: The other actor.
            epsilon: Probability of a random action in each step.
            actions: Number of actions A.
        """
        self._greedy, self._epsilon, self._actions = greedy, epsilon, actions
        self.respects_masks = greedy.respects_masks
        self.values_returns = greedy.values_returns

    def initial_state(self) -> State:
        return self._greedy.initial_state()

    def exploration(self, env_steps: npt.NDArray[np.int64], draws: Draws) -> Sequence[Draws]:
        return list(draws)  # T times [2, B]

    def values(self, weights: Weights, observations: Array, state: State) -> Array | None:
        return self._greedy.values(weights, observations, state)

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Draws | None = None,
        **masked: npt.NDArray[np.bool_],
    ) -> ActorOutput:
        output = self._greedy.act(weights, observations, state, **masked)
        if exploration is None:
            return output
        random = drawn(exploration[1], self._actions, masked.get("action_mask"))
        chosen = np.where(exploration[0] < self._epsilon, random, output.actions)
        return output._replace(actions=chosen)
