"""Acting on one member of an ensemble through an episode."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.actor import ActorOutput, State
from agents.exploration import Chance, ExploringActor, Mask
from agents.networks.forward import Forward
from agents.networks.network import Network
from agents.schedules import EpsilonSchedule
from agents.weights import Array, Weights
from common.choices import drawn

LEARNERS = "learners"
"""The extra that says which members learn from a step: bool [B, K]."""
_MEMBER = "member"
_NOBODY = -1


class Turn(NamedTuple):
    """What an ensemble takes of its draws in one step.

    Attributes:
        chance: What exploration takes of them.
        member: [B] int32, the member that acts where an episode begins.
        learners: [B, K] bool, which members learn from the step.
    """

    chance: Chance
    member: npt.NDArray[np.int32]
    learners: npt.NDArray[np.bool_]


class BootstrappedActor(ExploringActor):
    """Acts on one member of an ensemble, drawn where an episode begins (Osband et al. 2016).

    It also draws which members learn from each step: each of them does with the same probability,
    whatever the others do. Without exploration it acts on the mean of the members' values.
    """

    def __init__(
        self,
        network: Network,
        env_indices: Sequence[int],
        epsilon: EpsilonSchedule,
        *,
        share: float,
        temperature: float = 0.0,
    ):
        """Makes the actor.

        Args:
            network: Its outputs are action values [A, K] of K members.
            env_indices: [B] numbers of the environments.
            epsilon: Probability of a random action over the environment steps of the run.
            share: Probability with which a member learns from a step.
            temperature: Of the softmax that draws actions in exploration; 0 takes the best.
        """
        actions, self._members = network.output_shape
        super().__init__(actions, epsilon, env_indices, temperature=temperature)
        self._forward, self._share = Forward(network, env_indices), share
        # A draw each for the member that acts and for every member that may learn; but where all
        # of them always do, nothing is drawn.
        self.draws = 3 + (self._members if share < 1 else 0)

    def initial_state(self) -> State:
        return {_MEMBER: np.full(len(self._env_indices), _NOBODY, np.int32)}

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[Any]:
        chances = super().exploration(env_steps, draws[:, :2])
        members = drawn(draws[:, 2], self._members)  # [T, B]
        learners: Any = np.ones((*members.shape, self._members), np.bool_)  # [T, B, K]
        if self._share < 1:
            learners = np.moveaxis(draws[:, 3:] < self._share, 1, -1)
        return [Turn(*step) for step in zip(chances, members, learners, strict=True)]

    def values(self, weights: Weights, observations: Array, state: State) -> Array:
        return self._forward(weights, observations)[0].mean(axis=-1)

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Turn | None = None,
        action_mask: Mask | None = None,
    ) -> ActorOutput:
        q, _ = self._forward(weights, observations)  # [B, A, K]
        if exploration is None:
            return ActorOutput(self.choose(q.mean(axis=-1), None, action_mask), state)
        before = state[_MEMBER]  # [B]
        member = np.where(before == _NOBODY, exploration.member, before)
        acting = q[np.arange(len(q)), :, member]  # [B, A]
        actions = self.choose(acting, exploration.chance, action_mask)
        return ActorOutput(actions, {_MEMBER: member}, {LEARNERS: exploration.learners})
