"""Any single Gymnasium environment behind the contract of `VectorEnv`."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from common.text import one_line
from envs import masks
from envs.actions import Actions
from envs.encoding import Observations, Part
from envs.faults import Guard, Nonsense, Place
from envs.vector_env import Array, VectorEnv

_OLD_API = (
    "speaks the old Gym API: {}; reset(seed=..., options=...) returns (observation, info) now, and "
    "step (observation, reward, terminated, truncated, info); change it, or wrap it by --wrappers "
    "(the package shimmy has such wrappers)"
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
    ):
        """Makes the environments.

        Args:
            seed: The run's seed.
            purpose: An `envs.randomness.Purpose`.
            env_indices: [B] numbers of the environments within the run.
            make: Builds one environment, its time limit included.
            encodings: How the observations and actions of such an environment are encoded.
            guard: Decides about faults; None lets every fault raise `EnvironmentFault`.
        """
        super().__init__(seed=seed, purpose=purpose, env_indices=env_indices, guard=guard)
        self._make = make
        self._envs = [make() for _ in env_indices]
        self._observations, self._actions = encodings(self._envs[0])
        checked = _checks(self._envs[0].observation_space, self._observations)
        self._checked = checked or self._encoded
        self.observation_space = self._observations.space
        self.action_space = self._actions.space
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
                observation, reward, terminated, truncated, info = self._envs[row].step(
                    self._actions.decode(action)
                )
                s_t[i], r_t[i] = self._checked(observation), _checked_reward(reward)
                terminated_t[i] = _checked_flag("terminated", terminated)
                truncated_t[i] = _checked_flag("truncated", truncated)
                if self.action_mask is not None:
                    self._note_mask(row, observation, info, over=terminated_t[i])
            except Exception as error:
                self._drop(row, action, _old_step(error))
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

    def _encoded(self, observation: Any) -> Any:
        """The code of an observation of several parts, if its space allows it.

        Raises:
            Nonsense: The space does not allow it.
        """
        try:
            encoded = self._observations.encode(observation)
        except (ValueError, TypeError, KeyError, IndexError, AssertionError) as error:
            raise Nonsense(
                f"observation {_shown(observation)} is none of its space: "
                f"{type(error).__name__}: {one_line(error)}"
            ) from None
        if np.shape(encoded) != (self.observation_space.shape or ()):
            raise Nonsense(f"observation {_shown(observation)} is none of its space")
        if isinstance(self.observation_space, Box) and not _is_finite(encoded):
            raise Nonsense(f"observation holds NaN or infinity: {_shown(observation)}")
        return encoded

    def _empty(self, rows: int) -> Array:
        space = self.observation_space
        return np.empty((rows, *(space.shape or ())), space.dtype)


def _checks(
    space: gymnasium.Space[Any], observations: Observations | None = None
) -> Callable[[Any], Any] | None:
    """What checks an observation of one part, and counts it from 0; None for several parts."""
    if isinstance(observations, Part) and (checked := _checks(observations.part)):
        return lambda observation: checked(observation[observations.name])
    if isinstance(space, Box):
        return partial(_checked_box, space)
    return partial(_checked_number, space) if isinstance(space, Discrete) else None


def _checked_box(space: Box, observation: Any) -> Array:
    """An observation of a box as an array of its type.

    Raises:
        Nonsense: It has another shape, a type that cannot become the space's, or no finite numbers.
    """
    array = np.asarray(observation)
    if array.shape != space.shape:
        raise Nonsense(f"observation of shape {array.shape}, the space says {space.shape}")
    if array.dtype != space.dtype:
        assert space.dtype is not None
        cast = array.astype(space.dtype) if array.dtype.kind in "biuf" else None
        if cast is None or not (space.dtype.kind == "f" or np.array_equal(cast, array)):
            raise Nonsense(f"observation of dtype {array.dtype}, the space says {space.dtype}")
        array = cast
    if array.dtype.kind == "f" and not _is_finite(array):
        raise Nonsense(f"observation holds NaN or infinity: {_shown(observation)}")
    return array


def _checked_number(space: Discrete, observation: Any) -> int:
    """A discrete observation, counted from 0.

    Raises:
        Nonsense: It is no integer, or outside the space.
    """
    array = np.asarray(observation)
    if array.size != 1 or array.dtype.kind not in "biu":
        raise Nonsense(f"observation {_shown(observation)} is not an integer")
    start, found = int(space.start), int(array.item())
    if not 0 <= found - start < space.n:
        raise Nonsense(
            f"observation {found} is outside the space's {start} to {start + int(space.n) - 1}"
        )
    return found - start


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


def _old_step(error: Exception) -> Exception:
    """What a step raised, or that the environment speaks the old Gym API."""
    # Python's words where four values are to be five, here or in a wrapper.
    if isinstance(error, ValueError) and "expected 5, got 4" in str(error):
        return Nonsense(_OLD_API.format("its step returns 4 values"))
    return error


def _is_finite(array: Array) -> bool:
    # The product is a third of the time, and finite only where every element is; it may overflow.
    flat = array.ravel()
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(array).all())


def _checked_reward(reward: Any) -> float:
    try:
        value = reward if isinstance(reward, float) else float(np.asarray(reward).item())
    except (TypeError, ValueError):
        raise Nonsense(f"reward {_shown(reward)} is not a number") from None
    if not math.isfinite(value):
        raise Nonsense(f"reward is {value}")
    return value


def _checked_flag(name: str, flag: Any) -> bool:
    if isinstance(flag, bool):
        return flag
    array = np.asarray(flag)
    if array.size != 1 or array.dtype.kind not in "biu":
        raise Nonsense(f"{name} is {_shown(flag)}, not a bool")
    return bool(array.item())


def _shown(value: Any) -> str:
    """A value in a few words, whatever it is."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
