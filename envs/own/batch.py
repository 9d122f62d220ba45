"""A batch of one of our own environments, where that can play any number of itself at once."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from envs.vector_env import Array, VectorEnv


class Play(Protocol):
    """B environments of one kind in play."""

    def begin(self, rows: Array, seeds: npt.NDArray[np.int64]) -> Array:
        """Starts episodes of the rows [N] from seeds [N]; returns what is seen [N, ...]."""
        ...

    def advance(self, rows: Array, actions: Array) -> tuple[Array, Array, Array]:
        """Steps the rows [N] by actions [N].

        Returns:
            What is seen [N, ...], rewards [N] float64, and which episodes are over [N].
        """
        ...


class Playable(Protocol):
    """An environment that says how any number of its kind are played.

    Attributes:
        observations: The space of one observation.
        actions: The space of one action.
    """

    observations: Box
    actions: Discrete

    def play(self, number: int) -> Play:
        """A number of environments as this one is."""
        ...


class OwnVectorEnv(VectorEnv):
    """Such environments over a batch, each equal bit for bit to the single one."""

    def __init__(
        self,
        *,
        seed: int,
        purpose: int,
        env_indices: Sequence[int],
        max_episode_steps: int | None,
        single: Playable,
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            max_episode_steps: Steps after which an episode is truncated; None truncates none.
            single: One such environment.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices)
        self.observation_space, self.action_space = single.observations, single.actions
        self._play = single.play(self.num_envs)
        self._limit = max_episode_steps or np.iinfo(np.int64).max
        self._elapsed = np.zeros(self.num_envs, np.int64)  # [B]

    def _begin(self, rows: Array) -> Array:
        self._elapsed[rows] = 0
        return self._play.begin(rows, self._seeds(rows))

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        self._elapsed[rows] += 1
        seen, rewards, over = self._play.advance(rows, actions)
        return seen, rewards, over, self._elapsed[rows] >= self._limit
