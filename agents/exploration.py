"""Choosing actions by their values: greedily, or with ε-greedy exploration."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from agents.actor import Actor, ActorOutput, State
from agents.schedules import EpsilonSchedule
from agents.weights import Array, Weights
from common.choices import chosen, drawn

Chance = tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], npt.NDArray[np.int32]]
"""Of one step, [B] each: whether to explore, the draw that decides ties, the random action."""


Mask = npt.NDArray[np.bool_]
"""[B, A], which actions are legal."""


def greedy(q: Array, action_mask: Mask | None = None) -> npt.NDArray[np.int32]:
    """The first best of the legal actions, [B], by the action values [B, A]."""
    if action_mask is not None:
        q = np.where(action_mask, q, -np.inf)
    return q.argmax(axis=-1).astype(np.int32)


def chances(
    epsilons: npt.NDArray[np.float64], draws: npt.NDArray[np.float64], actions: int
) -> list[Chance]:
    """The part of ε-greedy exploration that depends on its draws alone, for each of T steps.

    Args:
        epsilons: [T] probability of a uniformly random action in each step.
        draws: [T, 2, B] uniform draws: whether to explore, and which action.
        actions: Number of actions A.
    """
    explore, pick = draws[:, 0] < epsilons[:, None], draws[:, 1]  # [T, B]
    return list(zip(explore, pick, drawn(pick, actions), strict=True))


def epsilon_greedy(
    q: Array, chance: Chance, action_mask: Mask | None = None
) -> npt.NDArray[np.int32]:
    """Actions [B]: the best by the values q [B, A], ties falling at random, or a random one.

    Args:
        q: [B, A] action values.
        chance: The draws.
        action_mask: The legal actions; None where all are.
    """
    explore, pick, random = chance
    if action_mask is not None:
        q, random = np.where(action_mask, q, -np.inf), drawn(pick, q.shape[1], action_mask)
    q = np.ascontiguousarray(q.T)  # [A, B]: a few long rows reduce faster than many short ones
    best = q == q.max(axis=0)  # [A, B]
    if np.count_nonzero(best) == best.shape[1]:  # no ties, as a rule with a network
        actions = best.argmax(axis=0).astype(np.int32)
    else:
        actions = chosen(best, pick)
    np.copyto(actions, random, where=explore)
    return actions


class EpsilonGreedyActor(Actor):
    """Acts ε-greedily on action values, and greedily without exploration. It remembers nothing."""

    draws = 2
    respects_masks = True

    def __init__(
        self, values: Callable[[Weights, Array], Array], actions: int, epsilon: EpsilonSchedule
    ):
        """Makes the actor.

        Args:
            values: Gives action values [B, A] under weights of observations [B, ...].
            actions: Number of actions A.
            epsilon: Probability of a random action over the environment steps of the run.
        """
        self._values, self._actions, self._epsilon = values, actions, epsilon

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[Chance]:
        return chances(self._epsilon(env_steps), draws, self._actions)

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Chance | None = None,
        action_mask: Mask | None = None,
    ) -> ActorOutput:
        q = self._values(weights, observations)  # [B, A]
        if exploration is None:
            actions = greedy(q, action_mask)
        else:
            actions = epsilon_greedy(q, exploration, action_mask)
        return ActorOutput(actions, state)
