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
from envs.remarks import bounds
from envs.vector_env import Array, VectorEnv

_OLD_API = (
    "speaks the old Gym API: {}; reset(seed=..., options=...) returns (observation, info) now, and "
    "step (observation, reward, terminated, truncated, info); change it, or give it a wrapper that "
    "does: --wrappers module:Wrapper"
)
Note = Callable[[str, str], None]
"""Takes the kind and the text of a remark."""


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
        self._note = self._guard.remarks.note
        self._observations, self._actions = encodings(self._envs[0])
        checked = _checks(self._envs[0].observation_space, self._note, self._observations)
        self._checked = checked or self._encoded
        self.observation_space = self._observations.space
        self.bounds = bounds(self.observation_space, self._env_indices)
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
                s_t[i], r_t[i] = self._checked(observation), _checked_reward(reward, self._note)
                terminated = _checked_flag("terminated", terminated, self._note)
                truncated = _checked_flag("truncated", truncated, self._note)
                if self.action_mask is not None:
                    self._note_mask(row, observation, info, over=terminated)
            except Exception as error:
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
            env.close()
        self._envs.clear()  # native libraries complain of objects that live until Python ends

    def _place(self, row: int, action: int | None) -> Place:
        # By position: by name it takes twice as long, in each step of each environment.
        episode = int(self._episode[row])
        return Place(self._purpose, self._env_indices[row], episode, self._elapsed[row], action)

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
    space: gymnasium.Space[Any], note: Note, observations: Observations | None = None
) -> Callable[[Any], Any] | None:
    """What checks an observation of one part, and counts it from 0; None for several parts."""
    if isinstance(observations, Part) and (checked := _checks(observations.part, note)):
        return lambda observation: checked(observation[observations.name])
    if isinstance(space, Box):
        return _box_check(space, note)
    return partial(_checked_number, space, note) if isinstance(space, Discrete) else None


def _box_check(space: Box, note: Note) -> Callable[[Any], Array]:
    """What makes an observation of a box an array of its type.

    It raises `Nonsense` where one has another shape, a type that cannot become the space's, or no
    finite numbers.
    """
    shape, dtype = space.shape, space.dtype  # looked up once: each step of each environment asks
    assert dtype is not None
    is_float = dtype.kind == "f"

    def checked(observation: Any) -> Array:
        array = observation
        if type(observation) is not np.ndarray or array.dtype != dtype:
            array = _converted(space, observation, note)
        if array.shape != shape:
            raise Nonsense(f"observation of shape {array.shape}, the space says {shape}")
        if is_float and not _is_finite(array):
            raise Nonsense(f"observation holds NaN or infinity: {_shown(observation)}")
        return array

    return checked


def _converted(space: Box, observation: Any, note: Note) -> Array:
    """An observation of a box that is no array of its type, as one.

    Raises:
        Nonsense: It has another shape, or a type that cannot become the space's.
    """
    array, dtype = np.asarray(observation), space.dtype
    if array.shape != space.shape:
        raise Nonsense(f"observation of shape {array.shape}, the space says {space.shape}")
    assert dtype is not None
    cast = array.astype(dtype) if array.dtype.kind in "biuf" else None
    if cast is None or not (dtype.kind == "f" or np.array_equal(cast, array)):
        raise Nonsense(f"observation of dtype {array.dtype}, the space says {dtype}")
    is_numpys = isinstance(observation, np.ndarray | np.generic)
    if array.dtype != dtype or not is_numpys:
        found = array.dtype if is_numpys else f"of type {type(observation).__name__}"
        note("observation", f"observations are {found}, the space says {dtype}: they are converted")
    return cast


def _checked_number(space: Discrete, note: Note, observation: Any) -> int:
    """A discrete observation, counted from 0.

    Raises:
        Nonsense: It is no integer, or outside the space.
    """
    array = np.asarray(observation)
    if array.size != 1 or array.dtype.kind not in "biu":
        raise Nonsense(f"observation {_shown(observation)} is not an integer")
    if array.ndim or array.dtype.kind == "b":
        found = _kind(observation)
        note("observation", f"observation is {found}, the space says {space}: it is converted")
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
    flat = array if array.ndim == 1 else array.ravel()
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(array).all())


def _checked_reward(reward: Any, note: Note) -> float:
    try:
        value = reward if isinstance(reward, float) else float(np.asarray(reward).item())
    except (TypeError, ValueError):
        raise Nonsense(f"reward {_shown(reward)} is not a number") from None
    if not math.isfinite(value):
        raise Nonsense(f"reward is {value}")
    if not isinstance(reward, float | int | np.generic):
        note("reward", f"reward is {_kind(reward)}, not a number: it is converted")
    return value


def _checked_flag(name: str, flag: Any, note: Note) -> bool:
    if isinstance(flag, bool):
        return flag
    array = np.asarray(flag)
    if array.size != 1 or array.dtype.kind not in "biu":
        raise Nonsense(f"{name} is {_shown(flag)}, not a bool")
    if not isinstance(flag, np.bool_):
        note(name, f"{name} is {_kind(flag)}, not a bool: it is converted")
    return bool(array.item())


def _kind(value: Any) -> str:
    """The type of a value that should be a plain number, in words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    return f"of type {type(value).__name__}"


def _shown(value: Any) -> str:
    """A value in a few words, whatever it is."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
