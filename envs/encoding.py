"""Observations of any space as a box or a number, which agents learn from."""

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple
from gymnasium.spaces.utils import flatten, flatten_space

from envs import masks

MOST_STATES = 10_000_000
"""States of a table at most."""


class UnsupportedSpace(ValueError):
    """A space that nothing here learns from; the message says why and the way out."""


class Observations(ABC):
    """How an environment's observations become those that agents see.

    Attributes:
        space: The space of the encoded observations; a discrete one counts from 0.
        left_out: Parts of the observations that agents do not see, such as "mission: Text".
    """

    space: Box | Discrete
    left_out: tuple[str, ...] = ()

    @abstractmethod
    def encode(self, observation: Any) -> Any:
        """An observation of the environment as one of `space`."""


class Plain(Observations):
    """A box as it is, and a discrete observation counted from 0."""

    def __init__(self, space: Box | Discrete):
        self._start = int(space.start) if isinstance(space, Discrete) else 0
        self.space = Discrete(int(space.n)) if isinstance(space, Discrete) else space

    def encode(self, observation: Any) -> Any:
        return np.asarray(observation) - self._start if self._start else observation


class Part(Observations):
    """The only part of a dictionary that agents see, as it is: a picture stays a picture."""

    def __init__(self, space: Dict):
        """Takes the part of a dictionary that has one, a box or a number."""
        ((self.name, part),) = space.spaces.items()
        assert isinstance(part, Box | Discrete)
        self.part = part
        self._inner = Plain(part)
        self.space = self._inner.space

    def encode(self, observation: Any) -> Any:
        return self._inner.encode(observation[self.name])


class Flat(Observations):
    """Any numbers as one row: discrete parts one-hot, boxes flattened, in Gymnasium's order.

    Two observations have the same row only where they are the same.
    """

    def __init__(self, space: Space[Any]):
        self._space = space
        row = flatten_space(space)
        assert isinstance(row, Box)
        self.space = Box(row.low.astype(np.float32), row.high.astype(np.float32), dtype=np.float32)

    def encode(self, observation: Any) -> Any:
        return np.asarray(flatten(self._space, observation), np.float32)


class Index(Observations):
    """A finite space as one number: that of the observation among all that there are."""

    def __init__(self, space: Space[Any]):
        self._parts = _finite_parts(space)
        sizes = [size for size, _ in self._parts]
        states = math.prod(sizes)
        if states > MOST_STATES:
            raise UnsupportedSpace(
                f"its observations are {states:,} states, and a table has at most "
                f"{MOST_STATES:,}; learn it with a network: python -m launch dqn --env ID"
            )
        self._space, self._sizes = space, sizes
        self.space = Discrete(states)

    def encode(self, observation: Any) -> Any:
        numbers = _numbers(self._space, observation)
        index = 0
        for (size, start), number in zip(self._parts, numbers, strict=True):
            digit = int(number) - start
            if not 0 <= digit < size:
                raise ValueError(f"{number} is outside {start} to {start + size - 1}")
            index = index * size + digit
        return np.int64(index)


def observations(space: Space[Any], *, as_index: bool) -> Observations:
    """How observations of a space are encoded.

    Args:
        space: The space of the environment's observations.
        as_index: Whether a table learns from them, which needs a number.

    Raises:
        UnsupportedSpace: They cannot be.
    """
    if isinstance(space, Box | Discrete):
        return Plain(space)
    numeric, left_out = _numeric(_without_mask(space))
    if numeric is None:
        raise UnsupportedSpace(
            f"its observations are {space}, which agents here cannot learn from: it has no fixed "
            "number of numbers; turn them into a Box by a wrapper (--wrappers module:Wrapper)"
        )
    found: Observations
    if isinstance(numeric, Dict) and _is_one_part(numeric):
        found = Part(numeric)
    else:
        found = Index(numeric) if as_index and _is_finite(numeric) else Flat(numeric)
    found.left_out = left_out
    return found


def _numeric(space: Space[Any], name: str = "") -> tuple[Space[Any] | None, tuple[str, ...]]:
    """A space without the parts of a dictionary that are no numbers, and what those are.

    None where nothing is left, or where a part of a tuple would have to go.
    """
    match space:
        case Box() | Discrete() | MultiDiscrete() | MultiBinary():
            return space, ()
        case Dict():
            parts = {key: _numeric(part, str(key)) for key, part in space.spaces.items()}
            kept = {key: part for key, (part, _) in parts.items() if part is not None}
            out = tuple(each for _, left_out in parts.values() for each in left_out)
            return (Dict(kept), out) if kept else (None, out)
        case Tuple():
            found = [_numeric(part) for part in space.spaces]
            whole = [part for part, left_out in found if part is not None and not left_out]
            return (Tuple(whole), ()) if len(whole) == len(found) else (None, ())
    return None, (f"{name}: {type(space).__name__}",)


def _without_mask(space: Space[Any]) -> Space[Any]:
    """A space without the mask of actions, which agents respect and do not learn from."""
    if not masks.is_in(space):
        return space
    assert isinstance(space, Dict)
    return Dict({name: part for name, part in space.spaces.items() if name != masks.KEY})


def _is_one_part(space: Dict) -> bool:
    parts = list(space.spaces.values())
    return len(parts) == 1 and isinstance(parts[0], Box | Discrete)


def _is_finite(space: Space[Any]) -> bool:
    if isinstance(space, Dict | Tuple):
        parts = space.spaces.values() if isinstance(space, Dict) else space.spaces
        return all(_is_finite(part) for part in parts)
    if isinstance(space, Box):
        return np.issubdtype(space.dtype, np.integer) and bool(space.is_bounded())
    return True


def _finite_parts(space: Space[Any]) -> list[tuple[int, int]]:
    """Of each number in a finite space how many values it takes, and the first of them."""
    match space:
        case Dict():
            return [part for each in space.spaces.values() for part in _finite_parts(each)]
        case Tuple():
            return [part for each in space.spaces for part in _finite_parts(each)]
        case Discrete():
            return [(int(space.n), int(space.start))]
        case MultiDiscrete():
            starts = np.broadcast_to(space.start, space.nvec.shape)
            pairs = zip(space.nvec.ravel(), starts.ravel(), strict=True)
            return [(int(n), int(start)) for n, start in pairs]
        case MultiBinary():
            return [(2, 0)] * math.prod(space.shape)
        case Box():
            bounds = zip(space.low.ravel(), space.high.ravel(), strict=True)
            return [(int(last) - int(first) + 1, int(first)) for first, last in bounds]
    raise AssertionError(space)


def _numbers(space: Space[Any], observation: Any) -> list[int]:
    """The numbers of an observation, in the order of `_finite_parts`."""
    match space:
        case Dict():
            parts = [(each, observation[name]) for name, each in space.spaces.items()]
        case Tuple():
            parts = list(zip(space.spaces, observation, strict=True))
        case _:
            return np.asarray(observation).ravel().tolist()
    return [number for each, part in parts for number in _numbers(each, part)]
