"""Observations of any space as a box or a number, which agents learn from."""

import math
from abc import ABC, abstractmethod
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple
from gymnasium.spaces.utils import flatten, flatten_space

from envs import masks

MOST_STATES = 10_000_000
"""States of a table at most."""


Form = Literal["row", "state", "picture"]
"""What agents see of observations that are neither a box nor a number."""


class UnsupportedSpace(ValueError):
    """A space that nothing here learns from; the message says why and the way out."""


class Observations(ABC):
    """How an environment's observations become those that agents see.

    Attributes:
        space: The space of the encoded observations; a discrete one counts from 0.
        left_out: Parts of the observations that agents do not see, such as "mission: Text".
        told: What is done to an observation, for whoever does it elsewhere; empty where nothing is.
    """

    space: Box | Discrete
    left_out: tuple[str, ...] = ()
    told: str = ""

    @abstractmethod
    def encode(self, observation: Any) -> Any:
        """An observation of the environment as one of `space`."""


class Plain(Observations):
    """A box as it is, and a discrete observation counted from 0."""

    def __init__(self, space: Box | Discrete):
        self._start = int(space.start) if isinstance(space, Discrete) else 0
        self.space = Discrete(int(space.n)) if isinstance(space, Discrete) else space
        self.told = f"less {self._start}, so that it counts from 0" if self._start else ""

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
        self.told = ", ".join(filter(None, (f"its part {self.name!r}", self._inner.told)))

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
        self.told = f"one row of float32, as gymnasium.spaces.flatten has it: {_in_a_row(space)}"

    def encode(self, observation: Any) -> Any:
        return np.asarray(flatten(self._space, observation), np.float32)


class Picture(Observations):
    """The picture of a dictionary, with further channels that hold what its other parts say.

    Each number of the other parts, in Gymnasium's order and discrete ones one-hot, is a channel
    that is the same everywhere. Bytes of the picture are scaled to [0, 1].
    """

    def __init__(self, space: Dict):
        """Takes the parts of a dictionary that has one picture."""
        (self._name,) = _pictures(space)
        self._rest = Dict({name: each for name, each in space.spaces.items() if name != self._name})
        picture, rest = space.spaces[self._name], flatten_space(self._rest)
        assert isinstance(picture, Box)
        assert isinstance(rest, Box)
        self._shape = picture.shape[:2]
        self._scale = np.float32(1 / 255 if picture.dtype == np.uint8 else 1)
        low, high = (
            self._joined(of_picture, of_rest)
            for of_picture, of_rest in ((picture.low, rest.low), (picture.high, rest.high))
        )
        self.space = Box(low, high, dtype=np.float32)
        scaled = ", its bytes divided by 255" if picture.dtype == np.uint8 else ""
        self.told = (
            f"the picture {self._name!r}{scaled}, and behind its channels one for each number of "
            f"{_in_a_row(self._rest)}, the same everywhere"
        )

    def encode(self, observation: Any) -> Any:
        return self._joined(np.asarray(observation[self._name]), flatten(self._rest, observation))

    def _joined(self, picture: Any, rest: Any) -> npt.NDArray[np.float32]:
        """A picture [H, W, C] and numbers [N] as one picture [H, W, C + N]."""
        channels = np.broadcast_to(np.asarray(rest, np.float32), (*self._shape, len(rest)))
        return np.concatenate([picture.astype(np.float32) * self._scale, channels], axis=-1)


class Index(Observations):
    """A finite space as one number: that of the observation among all that there are."""

    def __init__(self, space: Space[Any]):
        self._parts = _finite_parts(space)
        sizes = [size for size, _ in self._parts]
        states = math.prod(sizes)
        if states > MOST_STATES:
            raise UnsupportedSpace(
                f"its observations are {_many(states)} states, and a table has at most "
                f"{MOST_STATES:,}; learn it with a network: python -m launch dqn --env ID"
            )
        self._space, self._sizes = space, sizes
        self.space = Discrete(states)
        self.told = (
            f"its number among all {states:,} that there are, the last part counting fastest"
        )

    def encode(self, observation: Any) -> Any:
        numbers = _numbers(self._space, observation)
        index = 0
        for (size, start), number in zip(self._parts, numbers, strict=True):
            digit = int(number) - start
            if not 0 <= digit < size:
                raise ValueError(f"{number} is outside {start} to {start + size - 1}")
            index = index * size + digit
        return np.int64(index)


def _in_a_row(space: Space[Any]) -> str:
    """The parts of a space, in the order of a row that has all of its numbers."""
    if isinstance(space, Dict | Tuple):
        parts = space.spaces.items() if isinstance(space, Dict) else enumerate(space.spaces)
        return ", ".join(f"{name} ({_in_a_row(part)})" for name, part in parts)
    row = flatten_space(space)
    assert isinstance(row, Box)
    count = math.prod(row.shape)
    numbers = "one number" if count == 1 else f"{count} numbers"
    return f"{numbers}, one-hot" if isinstance(space, Discrete | MultiDiscrete) else numbers


def _many(count: int) -> str:
    """A number, or its order of magnitude where nobody would read it."""
    return f"{count:,}" if count < 10**12 else f"over 10^{len(str(count)) - 1}"


def observations(space: Space[Any], form: Form = "row") -> Observations:
    """How observations of a space are encoded.

    Args:
        space: The space of the environment's observations.
        form: What agents see of observations that are neither a box nor a number: a row of numbers;
            the number of a state, where they are finite; a picture, where it is the only one of
            the parts of a dictionary.

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
    elif form == "picture" and isinstance(numeric, Dict) and len(_pictures(numeric)) == 1:
        found = Picture(numeric)
    else:
        found = Index(numeric) if form == "state" and _is_finite(numeric) else Flat(numeric)
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


def _pictures(space: Dict) -> list[str]:
    """The names of those parts of a dictionary that are pictures [height, width, channels]."""
    parts = space.spaces.items()
    return [name for name, each in parts if isinstance(each, Box) and len(each.shape) == 3]


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
