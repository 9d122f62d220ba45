"""Choosing actions by their values: greedily, ε-greedily, or by a softmax of the values."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from agents.actor import Actor, ActorOutput, State
from agents.schedules import EpsilonSchedule
from agents.weights import Array, Weights
from common.choices import chosen, drawn

Mask = npt.NDArray[np.bool_]
"""[B, A], which actions are legal."""


class Chance(NamedTuple):
    """What exploration takes of its draws in one step.

    Attributes:
        explore: [B] whether to take the random action.
        pick: [B] the draw that decides ties, and which action a softmax gives.
        random: [B] int32, the random action.
        noise: [B, Z] standard normal draws for noisy layers; None without any.
    """

    explore: npt.NDArray[np.bool_]
    pick: npt.NDArray[np.float64]
    random: npt.NDArray[np.int32]
    noise: Array | None = None


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
        epsilons: [T, B] or [T, 1] probability of a uniformly random action in each step.
        draws: [T, 2 + Z, B] uniform draws: whether to explore, which action, and the noise.
        actions: Number of actions A.
    """
    explore, pick = draws[:, 0] < epsilons, draws[:, 1]  # [T, B]
    random = drawn(pick, actions)  # [T, B]
    if draws.shape[1] == 2:
        return [Chance(*step) for step in zip(explore, pick, random, strict=True)]
    from scipy.special import ndtri  # takes a third of a second to import, and few agents need it

    # A draw of 0 would be an infinite noise; the smallest number above 0 is a large one.
    noise = ndtri(np.maximum(draws[:, 2:], 2.0**-53)).astype(np.float32)  # [T, Z, B]
    steps = zip(explore, pick, random, noise.transpose(0, 2, 1), strict=True)
    return [Chance(*step) for step in steps]


def epsilon_greedy(
    q: Array, chance: Chance, action_mask: Mask | None = None, temperature: float = 0.0
) -> npt.NDArray[np.int32]:
    """Actions [B]: the best by the values q [B, A], ties falling at random, or a random one.

    Args:
        q: [B, A] action values.
        chance: The draws.
        action_mask: The legal actions; None where all are.
        temperature: Above 0, actions are drawn by a softmax of q / temperature instead of the best.
    """
    explore, pick, random, _ = chance
    if action_mask is not None:
        q, random = np.where(action_mask, q, -np.inf), drawn(pick, q.shape[1], action_mask)
    if temperature:
        actions = softmax(q, pick, temperature)
        np.copyto(actions, random, where=explore)
        return actions
    q = np.ascontiguousarray(q.T)  # [A, B]: a few long rows reduce faster than many short ones
    best = q == q.max(axis=0)  # [A, B]
    if np.count_nonzero(best) == best.shape[1]:  # no ties, as a rule with a network
        actions = best.argmax(axis=0).astype(np.int32)
    else:
        actions = chosen(best, pick)
    np.copyto(actions, random, where=explore)
    return actions


def softmax(q: Array, pick: npt.NDArray[np.float64], temperature: float) -> npt.NDArray[np.int32]:
    """Actions [B] drawn with probabilities proportional to exp(q / temperature).

    Args:
        q: [B, A] action values, -inf for actions that are never drawn.
        pick: [B] uniform draws in [0, 1).
        temperature: Positive; the smaller, the likelier is the best action.
    """
    preferences = (q - q.max(axis=-1, keepdims=True)) / temperature  # [B, A]
    reached = np.exp(preferences, dtype=np.float64).cumsum(axis=-1)  # [B, A]
    return (reached > pick[:, None] * reached[:, -1:]).argmax(axis=-1).astype(np.int32)


class ExploringActor(Actor):
    """The base of actors that value actions: how they choose by these values."""

    draws = 2
    respects_masks = True

    def __init__(
        self,
        actions: int,
        epsilon: EpsilonSchedule,
        env_indices: Sequence[int],
        *,
        temperature: float = 0.0,
    ):
        """Takes the settings of exploration.

        Args:
            actions: Number of actions A.
            epsilon: Probability of a random action over the environment steps of the run.
            env_indices: [B] numbers of the environments.
            temperature: Of the softmax that draws actions in exploration; 0 takes the best.
        """
        self._actions, self._epsilon, self._temperature = actions, epsilon, temperature
        self._env_indices = np.asarray(env_indices)

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[Chance]:
        epsilons = self._epsilon.ladder(env_steps, self._env_indices)  # [T, B] or [T, 1]
        return chances(epsilons, draws, self._actions)

    def choose(
        self, q: Array, exploration: Chance | None, action_mask: Mask | None
    ) -> npt.NDArray[np.int32]:
        """The actions [B] by the values q [B, A], the draws and the legal actions."""
        if exploration is None:
            return greedy(q, action_mask)
        return epsilon_greedy(q, exploration, action_mask, self._temperature)


class EpsilonGreedyActor(ExploringActor):
    """Acts ε-greedily on action values, and greedily without exploration. It remembers nothing."""

    def __init__(
        self,
        values: Callable[[Weights, Array], Array],
        actions: int,
        epsilon: EpsilonSchedule,
        env_indices: Sequence[int],
        *,
        temperature: float = 0.0,
    ):
        """Makes the actor.

        Args:
            values: Gives action values [B, A] under weights of observations [B, ...].
            actions: Number of actions A.
            epsilon: Probability of a random action over the environment steps of the run.
            env_indices: [B] numbers of the environments.
            temperature: Of the softmax that draws actions in exploration; 0 takes the best.
        """
        super().__init__(actions, epsilon, env_indices, temperature=temperature)
        self._values = values

    def values(self, weights: Weights, observations: Array, state: State) -> Array:
        return self._values(weights, observations)

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: Chance | None = None,
        action_mask: Mask | None = None,
    ) -> ActorOutput:
        q = self._values(weights, observations)  # [B, A]
        return ActorOutput(self.choose(q, exploration, action_mask), state)
