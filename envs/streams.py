"""The batched-stream contract: one logical environment per stream, stepped together.

A stream is an endless sequence of episodes. Episode `e` of stream `i` starts from a seed that is a
function of (run seed, purpose, i, e), so a stream's future depends on its own actions and nothing
else: not on its neighbours in the batch, nor on which worker holds it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from envs.randomness import Keys, derive, episode_seeds

Array = npt.NDArray


@dataclass(frozen=True, kw_only=True)
class StreamStep:
    """What one step of B streams gave.

    Attributes:
        s_t: [B, ...] the true successors: the final observation where an episode ended.
        r_t: [B] float64 rewards.
        terminated_t: [B] bool, the environment reached a terminal state: nothing follows.
        truncated_t: [B] bool, a limit cut the episode: the state's value still counts.
        observation: [B, ...] what to act on next: where an episode ended, the next one's first.
    """

    s_t: Array
    r_t: npt.NDArray[np.float64]
    terminated_t: npt.NDArray[np.bool_]
    truncated_t: npt.NDArray[np.bool_]
    observation: Array


class Streams(ABC):
    """B streams with explicit autoreset: an ended episode's successor starts in the same step."""

    observation_space: Box | Discrete
    action_space: Discrete

    def __init__(self, *, seed: int, purpose: int, streams: Sequence[int]):
        """Makes the streams; `reset` starts them.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`, so that evaluation never touches training draws.
            streams: [B] the streams' numbers within the run.
        """
        self.count = len(streams)
        self._keys: Keys = derive(seed, purpose, np.asarray(streams))  # [B]
        self._episode = np.zeros(self.count, np.int64)  # [B]
        self._everyone = np.arange(self.count)

    def reset(self) -> Array:
        """Starts episode 0 of every stream and returns the observations [B, ...]."""
        self._episode[:] = 0
        return self._begin(self._everyone, self._seeds(self._everyone))

    def step(self, actions: Array, rows: Array | None = None) -> StreamStep:
        """Steps the streams in `rows` (all of them when None).

        Args:
            actions: [B] integer actions in [0, n), one for each stepped row.
            rows: Increasing row numbers; the others stand still.
        """
        rows = self._everyone if rows is None else rows
        s_t, r_t, terminated_t, truncated_t = self._advance(actions, rows)
        ended = terminated_t | truncated_t
        observation = s_t
        if ended.any():
            ended_rows = rows[ended]
            self._episode[ended_rows] += 1
            observation = s_t.copy()
            observation[ended] = self._begin(ended_rows, self._seeds(ended_rows))
        return StreamStep(
            s_t=s_t,
            r_t=r_t,
            terminated_t=terminated_t,
            truncated_t=truncated_t,
            observation=observation,
        )

    def restore(self, episodes: npt.ArrayLike, actions: Sequence[Array]) -> Array:
        """Puts every stream at a position by replaying its current episode.

        Args:
            episodes: [B] the episode each stream is in.
            actions: B arrays, the actions taken so far in that episode.

        Returns:
            The observations to act on next, [B, ...].

        Raises:
            ValueError: An episode ended under the replayed actions: they belong to another run or
                to another version of the environment.
        """
        self._episode[:] = episodes
        observation = self._begin(self._everyone, self._seeds(self._everyone))
        lengths = np.array([len(taken) for taken in actions])
        for t in range(int(lengths.max(initial=0))):
            rows = np.flatnonzero(lengths > t)
            s_t, _, terminated_t, truncated_t = self._advance(
                np.array([actions[int(row)][t] for row in rows]), rows
            )
            if (terminated_t | truncated_t).any():
                raise ValueError(f"a replayed episode ended early, at step {t}")
            observation[rows] = s_t
        return observation

    def close(self) -> None:  # noqa: B027 - batched dynamics hold nothing
        """Frees what the environments hold."""

    def _seeds(self, rows: Array) -> npt.NDArray[np.int64]:
        return episode_seeds(self._keys[rows], self._episode[rows])

    @abstractmethod
    def _begin(self, rows: Array, seeds: npt.NDArray[np.int64]) -> Array:
        """Starts an episode from each seed; returns the rows' first observations, a fresh array."""

    @abstractmethod
    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        """Steps the rows; returns fresh arrays (s_t, r_t, terminated_t, truncated_t)."""
