"""Any single Gymnasium environment behind the batched-stream contract."""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from envs.streams import Array, Streams


class GymnasiumStreams(Streams):
    """One environment object per stream, each episode reset with its own seed.

    Observations and actions of a `Discrete` space count from 0 here, whatever its `start`.
    """

    def __init__(
        self,
        *,
        seed: int,
        purpose: int,
        streams: Sequence[int],
        make: Callable[[], gymnasium.Env[Any, Any]],
    ):
        """Makes the streams.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            streams: [B] stream numbers.
            make: Builds one environment, its time limit included.
        """
        super().__init__(seed=seed, purpose=purpose, streams=streams)
        self._envs = [make() for _ in streams]
        space = self._envs[0].observation_space
        actions = self._envs[0].action_space
        assert isinstance(space, Box | Discrete)
        assert isinstance(actions, Discrete)
        self._observation_start = int(space.start) if isinstance(space, Discrete) else 0
        self._action_start = int(actions.start)
        self.observation_space = Discrete(int(space.n)) if isinstance(space, Discrete) else space
        self.action_space = Discrete(int(actions.n))

    def _begin(self, rows: Array, seeds: npt.NDArray[np.int64]) -> Array:
        observations = self._empty(len(rows))
        for i, (row, seed) in enumerate(zip(rows, seeds, strict=True)):
            observations[i] = self._envs[row].reset(seed=int(seed))[0]
        return observations - self._observation_start if self._observation_start else observations

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        s_t = self._empty(len(rows))
        r_t = np.zeros(len(rows))
        terminated_t = np.zeros(len(rows), np.bool_)
        truncated_t = np.zeros(len(rows), np.bool_)
        for i, (row, action) in enumerate(zip(rows, actions, strict=True)):
            s_t[i], r_t[i], terminated_t[i], truncated_t[i], _ = self._envs[row].step(
                int(action) + self._action_start
            )
        if self._observation_start:
            s_t -= self._observation_start
        return s_t, r_t, terminated_t, truncated_t

    def close(self) -> None:
        for env in self._envs:
            env.close()

    def _empty(self, rows: int) -> Array:
        space = self.observation_space
        return np.empty((rows, *(space.shape or ())), space.dtype)
