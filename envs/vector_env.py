"""The contract of batched environments: B logical environments that are stepped together.

An environment is an endless sequence of episodes. Episode `e` of environment `i` starts from a seed
that is a function of (run seed, purpose, i, e). So the future of an environment depends only on its
own actions: not on the other environments of the batch, nor on the worker that steps it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from envs.faults import EnvironmentFault, Guard
from envs.randomness import Keys, derive, episode_seeds
from envs.remarks import Bounds

Array = npt.NDArray


@dataclass(frozen=True, kw_only=True)
class EnvStep:
    """What one step of B environments gave.

    Attributes:
        s_t: [B, ...] the true successors: the final observation where an episode ended.
        r_t: [B] float64 rewards.
        terminated_t: [B] bool, the environment reached a terminal state: nothing follows.
        truncated_t: [B] bool, a limit cut the episode: the state's value still counts.
        dropped_t: [B] bool, the environment failed in this step and the guard let its episode be
            dropped: there is no successor and no reward, and the step is no transition.
        observation: [B, ...] what to act on next: where an episode ended, the next one's first.
        mask_t: [B, A] bool, the actions that are legal in s_t; all of them where it is terminal.
            None where the environment masks no actions.
        life_lost_t: [B] bool, a life was lost in this step. None where lives are not counted.
    """

    s_t: Array
    r_t: npt.NDArray[np.float64]
    terminated_t: npt.NDArray[np.bool_]
    truncated_t: npt.NDArray[np.bool_]
    dropped_t: npt.NDArray[np.bool_]
    observation: Array
    mask_t: npt.NDArray[np.bool_] | None
    life_lost_t: npt.NDArray[np.bool_] | None = None


class VectorEnv(ABC):
    """B environments with autoreset in the same step: where an episode ends, the next one starts.

    Attributes:
        observation_space: The space of one observation.
        action_space: The space of one action, counted from 0.
        num_envs: Number of environments B.
        action_mask: [B, A] bool, the actions that are legal in the observation to act on next.
            None where the environment masks no actions, or none is known before the first reset.
        bounds: What observations are compared with; None where they cannot leave their space.
        lives: [B] int, the lives that are left. None where they are not counted.
    """

    observation_space: Box | Discrete
    action_space: Discrete
    action_mask: npt.NDArray[np.bool_] | None = None
    bounds: Bounds | None = None
    lives: npt.NDArray[np.int64] | None = None

    def __init__(
        self, *, seed: int, purpose: int, env_indices: Sequence[int], guard: Guard | None = None
    ):
        """Makes the environments; `reset` starts them.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`, so that evaluation never touches training draws.
            env_indices: [B] numbers of the environments within the run.
            guard: Decides about faults; None lets every fault raise `EnvironmentFault`.
        """
        self._guard = guard or Guard()
        self.num_envs = len(env_indices)
        self._purpose, self._env_indices = purpose, [int(index) for index in env_indices]
        self._keys: Keys = derive(seed, purpose, np.asarray(env_indices))  # [B]
        self._episode = np.zeros(self.num_envs, np.int64)  # [B]
        self._dropped: list[int] = []  # rows whose step failed, as `_advance` says
        self._all_rows = np.arange(self.num_envs)

    @property
    def episodes(self) -> npt.NDArray[np.int64]:
        """Number of the episode [B] that each environment is in."""
        return self._episode.copy()

    def reset(self) -> Array:
        """Starts episode 0 of every environment and returns the observations [B, ...]."""
        self._episode[:] = 0
        return self._begin(self._all_rows)

    def step(self, actions: Array, rows: Array | None = None) -> EnvStep:
        """Steps the environments in `rows` (all of them when None).

        Args:
            actions: [R] integer actions in [0, n), one for each stepped row.
            rows: [R] increasing row numbers; the other environments are not stepped.
        """
        rows = self._all_rows if rows is None else rows
        lives_tm1, life_lost_t = None if self.lives is None else self.lives[rows], None
        s_t, r_t, terminated_t, truncated_t = self._advance(actions, rows)
        if self.lives is not None and lives_tm1 is not None:
            life_lost_t = self.lives[rows] < lives_tm1
        mask_t = None if self.action_mask is None else self.action_mask[rows]
        dropped_t = np.zeros(len(rows), np.bool_)
        ended = terminated_t | truncated_t
        if self._dropped:
            dropped_t = np.isin(rows, self._dropped)
            ended |= dropped_t
            self._dropped.clear()
        observation = s_t
        if np.count_nonzero(ended):  # `any` takes four times as long
            ended_rows = rows[ended]
            self._episode[ended_rows] += 1
            observation = s_t.copy()
            observation[ended] = self._begin(ended_rows)
        return EnvStep(
            s_t=s_t,
            r_t=r_t,
            terminated_t=terminated_t,
            truncated_t=truncated_t,
            dropped_t=dropped_t,
            observation=observation,
            mask_t=mask_t,
            life_lost_t=life_lost_t,
        )

    def restore(self, episodes: npt.ArrayLike, actions: Sequence[Array]) -> Array:
        """Puts every environment at a position by replaying its current episode.

        Args:
            episodes: [B] number of the episode that each environment is in.
            actions: B arrays, the actions taken so far in that episode.

        Returns:
            The observations to act on next, [B, ...].

        Raises:
            ValueError: An episode ended under the replayed actions: they belong to another run, to
                another version of the environment, or to one that is not deterministic.
            EnvironmentFault: The environment failed in a call that did not fail before.
        """
        self._episode[:] = episodes
        lengths = np.array([len(taken) for taken in actions])
        observation = self._begin(self._all_rows)
        if ((self._episode != episodes) & (lengths > 0)).any():
            raise EnvironmentFault(self._guard.last_fault())
        for t in range(int(lengths.max(initial=0))):
            rows = np.flatnonzero(lengths > t)
            s_t, _, terminated_t, truncated_t = self._advance(
                np.array([actions[int(row)][t] for row in rows]), rows
            )
            if self._dropped:
                raise EnvironmentFault(self._guard.last_fault())
            ended = terminated_t | truncated_t
            if ended.any():
                row = rows[ended][0]
                place = f"environment {self._env_indices[row]}, episode {self._episode[row]}"
                raise ValueError(
                    f"{place}: replaying its actions ended it at step {t + 1}, where it went on "
                    "before: the environment has changed, or it is not deterministic"
                )
            observation[rows] = s_t
        return observation

    def close(self) -> None:  # noqa: B027 - batched dynamics hold nothing
        """Frees what the environments hold."""

    def _seeds(self, rows: Array) -> npt.NDArray[np.int64]:
        """Seeds of the episodes that the rows are in."""
        return episode_seeds(self._keys[rows], self._episode[rows])

    @abstractmethod
    def _begin(self, rows: Array) -> Array:
        """Starts the episodes that the rows are in, each from its own of `_seeds`.

        Returns the rows' first observations, a fresh array.

        Where an environment cannot start an episode and its guard drops that, the next one starts.
        One that masks actions writes the rows of `action_mask`, here and in `_advance`.
        """

    @abstractmethod
    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        """Steps the rows; returns fresh arrays (s_t, r_t, terminated_t, truncated_t).

        Rows whose step failed and may be dropped are added to `_dropped`.
        """
