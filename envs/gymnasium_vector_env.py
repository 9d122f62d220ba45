"""Any single Gymnasium environment behind the contract of `VectorEnv`."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import gymnasium
import numpy as np

from common.errors import RAISED
from envs import masks
from envs.actions import Actions
from envs.encoding import Observations
from envs.faults import Guard, Nonsense, Place
from envs.options import FLOAT32_MAX
from envs.remarks import bounds
from envs.returned import checked_flag, checked_reward, observation_check
from envs.sources import close
from envs.vector_env import Array, VectorEnv

_OLD_API = (
    "speaks the old Gym API: {}; reset(seed=..., options=...) returns (observation, info) now, and "
    "step (observation, reward, terminated, truncated, info); change it, or give it a wrapper that "
    "does: --wrappers module:Wrapper"
)


_LATE_MASK = (
    f"{masks.KEY} comes with steps, and did not with the first reset: it is ignored; "
    "give it in reset's info, too"
)


class GymnasiumVectorEnv(VectorEnv):
    """B environment objects of Gymnasium, each episode reset with its own seed.

    Observations and actions of a `Discrete` space count from 0 here, whatever its `start`. What an
    environment returns is checked against its spaces; where it raises or returns nonsense, the
    guard decides whether the run ends or the episode is dropped. After a dropped episode a new
    environment object takes the place of the old one, which may be in any state.

    The first reset decides whether actions are masked: by `action_mask` in the observation or in
    the info, which then has to come with every observation that is acted on.
    """

    def __init__(
        self,
        *,
        seed: int,
        purpose: int,
        env_indices: Sequence[int],
        make: Callable[[], gymnasium.Env[Any, Any]],
        encodings: Callable[[gymnasium.Env[Any, Any]], tuple[Observations, Actions]],
        guard: Guard | None = None,
        counts_lives: bool = False,
        largest_reward: float = FLOAT32_MAX,
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            make: Builds one environment, its time limit included.
            encodings: How the observations and actions of such an environment are encoded.
            guard: Decides about faults; None lets every fault raise `EnvironmentFault`.
            counts_lives: Whether lives are counted, which each info has to tell then.
            largest_reward: How far from 0 a reward may be.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices, guard=guard)
        self._make = make
        self._envs = [make() for _ in env_indices]
        self._note = self._guard.remarks.note
        self._observations, self._actions = encodings(self._envs[0])
        self._checked = observation_check(
            self._envs[0].observation_space, self._observations, self._note
        )
        self.observation_space = self._observations.space
        self.bounds = bounds(self.observation_space, self._env_indices)
        self.action_space = self._actions.space
        self.lives = np.zeros(self.num_envs, np.int64) if counts_lives else None
        self._largest_reward = largest_reward
        self._has_begun = False  # from then on it is known whether actions are masked
        self._elapsed = [0] * self.num_envs  # [B] steps begun in the episode
        self._dropped_in_a_row = np.zeros(self.num_envs, np.int64)  # [B]

    def _begin(self, rows: Array) -> Array:
        observations = self._empty(len(rows))
        for i, (row, seed) in enumerate(zip(rows, self._seeds(rows), strict=True)):
            while True:
                self._elapsed[row] = 0
                try:
                    self._guard.enter(self._place(row, None))
                    observation, info = _first(self._envs[row], int(seed))
                    observations[i] = self._checked(observation)
                    self._note_mask(row, observation, info)
                    if self.lives is not None:
                        self.lives[row] = info["lives"]
                    break
                except RAISED as error:
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
                observation, reward, terminated, truncated, info = self._envs[row].step(
                    self._actions.decode(action)
                )
                s_t[i] = self._checked(observation)
                r_t[i] = checked_reward(reward, self._largest_reward, self._note)
                terminated = checked_flag("terminated", terminated, self._note)
                truncated = checked_flag("truncated", truncated, self._note)
                if self.action_mask is not None:
                    self._note_mask(row, observation, info, over=terminated)
                elif type(info) is dict and masks.KEY in info:
                    self._note(masks.KEY, _LATE_MASK)
                if self.lives is not None:
                    self.lives[row] = info["lives"]
            except RAISED as error:
                self._drop(row, action, _old_step(error))
                self._dropped.append(row)
                s_t[i], r_t[i] = 0, 0.0
                continue
            if terminated or truncated:
                terminated_t[i], truncated_t[i] = terminated, truncated
                self._dropped_in_a_row[row] = 0
        self._guard.leave()
        return s_t, r_t, terminated_t, truncated_t

    def close(self) -> None:
        for env in self._envs:
            close(env)
        self._envs.clear()  # native libraries complain of objects that live until Python ends

    def _place(self, row: int, action: int | None) -> Place:
        # By position: by name it takes twice as long, in each step of each environment.
        episode = int(self._episode[row])
        return Place(self._purpose, self._env_indices[row], episode, self._elapsed[row], action)

    def _drop(self, row: int, action: int | None, error: BaseException) -> None:
        """Tells the guard of the fault, and replaces the failed environment by a new one."""
        self._guard.contain(self._place(row, action), error, int(self._dropped_in_a_row[row]))
        self._dropped_in_a_row[row] += 1
        with suppress(*RAISED):  # it has failed already
            self._envs[row].close()
        self._envs[row] = self._make()

    def _note_mask(self, row: int, observation: Any, info: Any, *, over: bool = False) -> None:
        """Notes which actions are legal after an observation, where the environment masks them.

        Args:
            row: The environment's row.
            observation: As the environment gave it.
            info: What came with it.
            over: Whether the state is terminal: nothing is chosen in it.

        Raises:
            Nonsense: The mask is none, or is there only at times.
        """
        mask = masks.given(observation, info)
        if not self._has_begun:
            self._has_begun = True
            if mask is not None:
                self.action_mask = np.ones((self.num_envs, int(self.action_space.n)), np.bool_)
        if self.action_mask is not None and over:
            self.action_mask[row] = True
        elif self.action_mask is None:
            if mask is not None:
                raise Nonsense(f"{masks.KEY} comes with this reset, and came not with the first")
        elif mask is None:
            raise Nonsense(f"{masks.KEY} is missing here, and came with the first reset")
        else:
            self.action_mask[row] = self._actions.legal(mask)

    def _empty(self, rows: int) -> Array:
        space = self.observation_space
        return np.empty((rows, *(space.shape or ())), space.dtype)


def _first(env: gymnasium.Env[Any, Any], seed: int) -> tuple[Any, Mapping[str, Any]]:
    """The first observation of an episode, and its info.

    Raises:
        Nonsense: The environment speaks the old Gym API.
    """
    try:
        begun = env.reset(seed=seed)
    except TypeError as error:
        if "seed" not in str(error):
            raise
        raise Nonsense(_OLD_API.format("its reset takes no seed")) from None
    if not (isinstance(begun, tuple) and len(begun) == 2 and isinstance(begun[1], Mapping)):
        raise Nonsense(_OLD_API.format("its reset returns no pair of observation and info"))
    return begun


def _old_step(error: BaseException) -> BaseException:
    """What a step raised, or that the environment speaks the old Gym API."""
    # Python's words where four values are to be five, here or in a wrapper.
    if isinstance(error, ValueError) and "expected 5, got 4" in str(error):
        return Nonsense(_OLD_API.format("its step returns 4 values"))
    return error
