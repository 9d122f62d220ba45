"""The random agent: the baseline of every other agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor, ActorOutput, State
from agents.agent import Agent, Learner
from agents.exploration import Mask
from agents.weights import Array, Weights
from common.choices import drawn


class RandomActor(Actor):
    """Takes the random actions that its exploration drew, of the legal ones."""

    draws = 2  # of which the second is used: runs have had both since the first version
    respects_masks = True

    def __init__(self, actions: int):
        self._actions = actions

    def exploration(
        self, env_steps: npt.NDArray[np.int64], draws: npt.NDArray[np.float64]
    ) -> Sequence[npt.NDArray[np.float64]]:
        return list(draws[:, 1])  # [T, B]

    def act(
        self,
        weights: Weights,
        observations: Array,
        state: State,
        exploration: npt.NDArray[np.float64] | None = None,
        action_mask: Mask | None = None,
    ) -> ActorOutput:
        if exploration is None:
            raise ValueError("the random agent has no greedy policy")
        return ActorOutput(drawn(exploration, self._actions, action_mask), state)


@dataclass(frozen=True, kw_only=True)
class Random(Agent):
    """Uniformly random actions, the chapter's first demonstration. Nothing is learned."""

    acts_randomly: ClassVar[bool] = True

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> RandomActor:
        return RandomActor(int(action_space.n))

    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        from agents.random.learner import RandomLearner

        return RandomLearner()
