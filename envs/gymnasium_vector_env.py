"""Any single Gymnasium environment behind the contract of `VectorEnv`."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from envs.faults import Guard, Nonsense, Place
from envs.vector_env import Array, VectorEnv


class GymnasiumVectorEnv(VectorEnv):
    """B environment objects of Gymnasium, each episode reset with its own seed.

    Observations and actions of a `Discrete` space count from 0 here, whatever its `start`. What an
    environment returns is checked against its spaces; where it raises or returns nonsense, the
    guard decides whether the run ends or the episode is dropped. After a dropped episode a new
    environment object takes the place of the old one, which may be in any state.
    """

    def __init__(
        self,
        *,
        seed: int,
        purpose: int,
        env_indices: Sequence[int],
        make: Callable[[], gymnasium.Env[Any, Any]],
        guard: Guard | None = None,
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            make: Builds one environment, its time limit included.
            guard: Decides about faults; None lets every fault raise `EnvironmentFault`.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices, guard=guard)
        self._make = make
        self._envs = [make() for _ in env_indices]
        space = self._envs[0].observation_space
        actions = self._envs[0].action_space
        assert isinstance(space, Box | Discrete)
        assert isinstance(actions, Discrete)
        self._observation_start = int(space.start) if isinstance(space, Discrete) else 0
        self._action_start = int(actions.start)
        self.observation_space = Discrete(int(space.n)) if isinstance(space, Discrete) else space
        self.action_space = Discrete(int(actions.n))
        self._elapsed = [0] * self.num_envs  # [B] steps begun in the episode
        self._dropped_in_a_row = np.zeros(self.num_envs, np.int64)  # [B]

    def _begin(self, rows: Array, seeds: npt.NDArray[np.int64]) -> Array:
        observations = self._empty(len(rows))
        for i, (row, seed) in enumerate(zip(rows, seeds, strict=True)):
            while True:
                self._elapsed[row] = 0
                try:
                    self._guard.enter(self._place(row, None))
                    observations[i] = self._checked(self._envs[row].reset(seed=int(seed))[0])
                    break
                except Exception as error:
                    self._drop(row, None, error)
                    self._episode[row] += 1
                    (seed,) = self._seeds(np.array([row]))
            self._guard.leave()
        return observations

    def _advance(self, actions: Array, rows: Array) -> tuple[Array, Array, Array, Array]:
        s_t = self._empty(len(rows))
        r_t = np.zeros(len(rows))
        terminated_t = np.zeros(len(rows), np.bool_)
        truncated_t = np.zeros(len(rows), np.bool_)
        for i, (row, action) in enumerate(zip(rows.tolist(), actions.tolist(), strict=True)):
            self._elapsed[row] += 1
            try:
                self._guard.enter(self._place(row, action))
                observation, reward, terminated, truncated, _ = self._envs[row].step(
                    action + self._action_start
                )
                s_t[i], r_t[i] = self._checked(observation), _checked_reward(reward)
                terminated_t[i] = _checked_flag("terminated", terminated)
                truncated_t[i] = _checked_flag("truncated", truncated)
            except Exception as error:
                self._drop(row, action, error)
                self._dropped.append(row)
                s_t[i], r_t[i], terminated_t[i], truncated_t[i] = 0, 0.0, False, False
                continue
            if terminated_t[i] or truncated_t[i]:
                self._dropped_in_a_row[row] = 0
        self._guard.leave()
        return s_t, r_t, terminated_t, truncated_t

    def close(self) -> None:
        for env in self._envs:
            env.close()

    def _place(self, row: int, action: int | None) -> Place:
        return Place(
            purpose=self._purpose,
            env_index=self._env_indices[row],
            episode=int(self._episode[row]),
            step=self._elapsed[row],
            action=action,
        )

    def _drop(self, row: int, action: int | None, error: Exception) -> None:
        """Tells the guard of the fault, and replaces the failed environment by a new one."""
        self._guard.contain(self._place(row, action), error, int(self._dropped_in_a_row[row]))
        self._dropped_in_a_row[row] += 1
        with suppress(Exception):  # it has failed already
            self._envs[row].close()
        self._envs[row] = self._make()

    def _checked(self, observation: Any) -> Any:
        """The observation counted from 0, if its space allows it.

        Raises:
            Nonsense: The space does not allow it.
        """
        space = self.observation_space
        array = np.asarray(observation)
        if isinstance(space, Discrete):
            if array.shape or not np.issubdtype(array.dtype, np.integer):
                raise Nonsense(f"observation {_shown(observation)} is not an integer")
            number = int(array) - self._observation_start
            if not 0 <= number < space.n:
                raise Nonsense(
                    f"observation {int(array)} is outside the space's {self._observation_start} "
                    f"to {self._observation_start + int(space.n) - 1}"
                )
            return number
        if array.dtype != space.dtype:
            raise Nonsense(f"observation of dtype {array.dtype}, the space says {space.dtype}")
        if array.shape != space.shape:
            raise Nonsense(f"observation of shape {array.shape}, the space says {space.shape}")
        if array.dtype.kind == "f" and not _is_finite(array):
            raise Nonsense(f"observation holds NaN or infinity: {_shown(observation)}")
        return array

    def _empty(self, rows: int) -> Array:
        space = self.observation_space
        return np.empty((rows, *(space.shape or ())), space.dtype)


def _is_finite(array: Array) -> bool:
    # The product is a third of the time, and finite only where every element is; it may overflow.
    flat = array.ravel()
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(array).all())


def _checked_reward(reward: Any) -> float:
    try:
        value = float(reward)
    except (TypeError, ValueError):
        raise Nonsense(f"reward {_shown(reward)} is not a number") from None
    if not math.isfinite(value):
        raise Nonsense(f"reward is {value}")
    return value


def _checked_flag(name: str, flag: Any) -> bool:
    if not isinstance(flag, bool | np.bool_ | int | np.integer):
        raise Nonsense(f"{name} is {_shown(flag)}, not a bool")
    return bool(flag)


def _shown(value: Any) -> str:
    """A value in a few words, whatever it is."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
