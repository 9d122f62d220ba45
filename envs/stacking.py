"""The newest observations of environments as one, the oldest first."""

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from common.stacks import Stack
from envs.encoding import Observations, UnsupportedSpace
from envs.remarks import bounds
from envs.vector_env import Array, VectorEnv


def stack(space: Box | Discrete, count: int) -> Stack:
    """What agents see of observations that are shown `count` together.

    Raises:
        UnsupportedSpace: They are no Box.
    """
    if not isinstance(space, Box):
        raise UnsupportedSpace(
            f"its observations are {space}, and only those of a Box can be stacked"
        )
    return Stack(space, count)


class Stacked(Observations):
    """Observations that agents see several of together: each is encoded by itself."""

    def __init__(self, single: Observations, count: int):
        """Takes how single observations are encoded.

        Raises:
            UnsupportedSpace: As `stack` says.
        """
        self._single, self.left_out = single, single.left_out
        self.space = stack(single.space, count)
        newest = (
            f"the newest {count} together along the last axis, the oldest first; an episode begins "
            f"with {count} copies of its first"
        )
        self.told = "; ".join(filter(None, (single.told, newest)))

    def encode(self, observation: Any) -> Any:
        """An observation of the environment as a frame of the stack."""
        return self._single.encode(observation)


class StackedVectorEnv(VectorEnv):
    """Environments that show their newest observations together.

    Rows are joined to a longer row, and pictures to one with more channels. An episode begins with
    copies of its first observation.
    """

    def __init__(self, envs: VectorEnv, count: int):
        """Takes environments over.

        Args:
            envs: What shows single observations, not begun yet.
            count: Observations of a stack.

        Raises:
            UnsupportedSpace: As `stack` says.
        """
        self._envs, self._stack = envs, stack(envs.observation_space, count)
        self.observation_space, self.action_space = self._stack, envs.action_space
        self.num_envs, self.action_mask, self.lives = envs.num_envs, envs.action_mask, envs.lives
        self.bounds = None if envs.bounds is None else bounds(self._stack, envs._env_indices)
        # Who counts episodes, and notes which steps failed, is one for both.
        self._guard, self._purpose, self._keys = envs._guard, envs._purpose, envs._keys
        self._env_indices, self._all_rows = envs._env_indices, envs._all_rows
        self._episode, self._dropped = envs._episode, envs._dropped
        self._newest = np.zeros((self.num_envs, *self._stack.shape), self._stack.dtype)

    def _begin(self, rows: Array) -> Array:
        return self._kept(rows, self._stack.repeated(self._envs._begin(rows)))

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        s_t, r_t, terminated_t, truncated_t = self._envs._advance(actions, rows)
        stacks = self._kept(rows, self._stack.followed(self._newest[rows], s_t))
        return stacks, r_t, terminated_t, truncated_t

    def _kept(self, rows: Array, stacks: Array) -> Array:
        self._newest[rows] = stacks
        self.action_mask = self._envs.action_mask
        return stacks

    def close(self) -> None:
        self._envs.close()
