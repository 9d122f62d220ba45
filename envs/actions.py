"""Actions of any space as numbers, which agents choose among."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Space

from common.factored import Factored
from envs.encoding import UnsupportedSpace
from envs.masks import Masks

MOST_ACTIONS = 4_096
"""Actions at most, where several at a time are told apart as one."""

_BINS = "give --env.action-bins 5, or another number of values for each of its numbers"
_FEWER = (
    "offer a few of them as a Discrete space, by a gymnasium.ActionWrapper: "
    "--wrappers module:Wrapper"
)

_BOUNDS = "give them bounds by a gymnasium.ActionWrapper: --wrappers module:Wrapper"


class Actions:
    """How the number of an action becomes what an environment's `step` takes.

    Attributes:
        space: The numbers, from 0; of several choices at once a `Factored` one.
    """

    def __init__(self, space: Space[Any], bins: int = 0):
        """Makes the decoding of a space.

        Args:
            space: The environment's actions.
            bins: Values at which each number of a box is taken; 0 takes no boxes.

        Raises:
            UnsupportedSpace: Its actions cannot be told apart by a number.
        """
        sizes = _sizes(space, bins)
        count = math.prod(sizes)
        if count > MOST_ACTIONS and not isinstance(space, Discrete):
            raise UnsupportedSpace(
                f"its actions are {count:,} combinations of {space}, and agents here tell at most "
                f"{MOST_ACTIONS:,} apart; {_FEWER if not bins else 'give fewer --env.action-bins'}"
            )
        self._space, self._sizes = space, tuple(sizes)
        self._masks = Masks(sizes)
        self._start: Any = getattr(space, "start", 0)
        self._levels = _levels(space, bins) if isinstance(space, Box) else None
        whole = isinstance(space, Discrete)
        self.space = Discrete(count) if whole else Factored(self._sizes)
        # Looked up: to make them anew in every step takes a part of a fast environment's time.
        few = whole and count <= MOST_ACTIONS
        self._numbers = [np.int64(i + self._start) for i in range(count)] if few else []

    def decode(self, action: int) -> Any:
        """The action of that number, with the environment's own type and shape."""
        if self._numbers:
            return self._numbers[action]
        if isinstance(self._space, Discrete):
            return np.int64(action + self._start)
        digits = np.array(np.unravel_index(action, self._sizes))
        if self._levels is not None:
            chosen = self._levels[np.arange(len(digits)), digits]
            return chosen.reshape(self._space.shape).astype(self._space.dtype)
        assert self._space.shape is not None
        return (digits.reshape(self._space.shape) + self._start).astype(self._space.dtype)

    def legal(self, mask: Any) -> npt.NDArray[np.bool_]:
        """Which of the actions [A] a mask of the environment allows.

        Raises:
            Nonsense: It is no mask of these actions, or allows none of them.
        """
        return self._masks.legal(mask)

    def number(self, action: Any) -> int:
        """The number of an action."""
        digits = np.asarray(action) - self._start
        return int(np.ravel_multi_index(tuple(digits.ravel()), self._sizes))


def _sizes(space: Space[Any], bins: int) -> Sequence[int]:
    """How many choices each part of an action has.

    Raises:
        UnsupportedSpace: They cannot be counted, or bins are given where they can.
    """
    if bins and not can_be_binned(space):
        way_out = _BOUNDS if isinstance(space, Box) else "leave it out"
        raise UnsupportedSpace(
            f"its actions are {space}, and --env.action-bins is for a Box with bounds; {way_out}"
        )
    if bins:
        return [bins] * math.prod(space.shape or ())
    match space:
        case Discrete():
            return [int(space.n)]
        case MultiDiscrete():
            return [int(n) for n in space.nvec.ravel()]
        case MultiBinary():
            return [2] * math.prod(space.shape or ())
    raise UnsupportedSpace(
        f"its actions are {space}, and agents here choose among actions that can be counted "
        f"(Discrete, MultiDiscrete, MultiBinary); {_BINS if can_be_binned(space) else _FEWER}"
    )


def can_be_binned(space: Space[Any]) -> bool:
    """Whether `--env.action-bins` makes actions that can be counted of those of a space."""
    return isinstance(space, Box) and bool(space.is_bounded())


def _levels(space: Box, bins: int) -> npt.NDArray[np.float64]:
    """The values [D, bins] of each number of a box action."""
    low, high = (bound.ravel().astype(np.float64) for bound in (space.low, space.high))
    return np.linspace(low, high, bins, axis=-1)
