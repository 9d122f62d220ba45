"""What environments return, checked against what their spaces and the Gym API promise."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete

from common.text import with_kind
from envs.encoding import Observations, Part
from envs.faults import Nonsense
from envs.vector_env import Array

Note = Callable[[str, str], None]
"""Takes the kind and the text of a remark."""
TOO_LARGE = "is beyond float32"


def observation_check(
    space: gymnasium.Space[Any], observations: Observations, note: Note
) -> Callable[[Any], Any]:
    """What checks an observation and encodes it; it raises `Nonsense` where that cannot be.

    Args:
        space: The environment's space.
        observations: Their encoding.
        note: Is told of observations that are accepted, and should be otherwise.
    """
    if isinstance(observations, Part):
        name, checked = observations.name, _plain_check(observations.part, note)
        return lambda observation: checked(observation[name])
    if isinstance(space, Box | Discrete):
        return _plain_check(space, note)
    return partial(_encoded, observations)


def _plain_check(space: Box | Discrete, note: Note) -> Callable[[Any], Any]:
    """What checks an observation of one part, and counts it from 0."""
    if isinstance(space, Box):
        return _box_check(space, note)
    return partial(_checked_number, space, note)


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


def _encoded(observations: Observations, observation: Any) -> Any:
    """The code of an observation of several parts, if its space allows it.

    Raises:
        Nonsense: The space does not allow it.
    """
    try:
        encoded = observations.encode(observation)
    except (ValueError, TypeError, KeyError, IndexError, AssertionError) as error:
        raise Nonsense(
            f"observation {_shown(observation)} is none of its space: {with_kind(error)}"
        ) from None
    if np.shape(encoded) != (observations.space.shape or ()):
        raise Nonsense(f"observation {_shown(observation)} is none of its space")
    if isinstance(observations.space, Box) and not _is_finite(encoded):
        raise Nonsense(f"observation holds NaN or infinity: {_shown(observation)}")
    return encoded


def _is_finite(array: Array) -> bool:
    # The product is a third of the time, and finite only where every element is; it may overflow.
    flat = array if array.ndim == 1 else array.ravel()
    return math.isfinite(flat.dot(flat)) or bool(np.isfinite(array).all())


def checked_reward(reward: Any, largest: float, note: Note) -> float:
    """A reward as a number.

    Args:
        reward: What the environment gave.
        largest: How far from 0 it may be; beyond that nothing can learn from it.
        note: Is told of a reward that is accepted, and should be otherwise.

    Raises:
        Nonsense: It is none, not finite, or too large.
    """
    try:
        value = reward if isinstance(reward, float) else float(np.asarray(reward).item())
    except (TypeError, ValueError):
        raise Nonsense(f"reward {_shown(reward)} is not a number") from None
    if not math.isfinite(value):
        raise Nonsense(f"reward is {value}")
    if abs(value) > largest:
        scale = f"1e-{math.floor(math.log10(abs(value)))}"
        raise Nonsense(
            f"reward {value:g} {TOO_LARGE}, the numbers that are learned from; scale it: "
            f"--env.reward-scale {scale}"
        )
    if not isinstance(reward, float | int | np.generic):
        note("reward", f"reward is {_kind(reward)}, not a number: it is converted")
    return value


def checked_flag(name: str, flag: Any, note: Note) -> bool:
    """`terminated` or `truncated` as a bool.

    Raises:
        Nonsense: It is neither a bool nor a number.
    """
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
