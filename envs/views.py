"""How agents see the spaces of an environment, in words and numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary, MultiDiscrete, Space

from envs.actions import Actions, can_be_binned
from envs.encoding import UnsupportedSpace, observations

_BYTES = np.dtype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Views:
    """How agents see an environment's spaces.

    Attributes:
        row: What a network sees of an observation; empty where it cannot learn from it.
        states: How many states a table tells apart; None where there is no table of them.
        actions: How many actions there are to choose from; None where they cannot be counted.
        needs_bins: Whether actions can be counted only with `--env.action-bins`.
        left_out: Parts of the observations that no agent sees.
        refusals: By "observations" and "actions", why agents cannot learn from them.
    """

    row: str = ""
    states: int | None = None
    actions: int | None = None
    needs_bins: bool = False
    left_out: tuple[str, ...] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)

    def seen(self) -> str:
        """What agents see of observations that they can learn from, in words."""
        table = "" if self.states is None else f"; a table, one of {self.states:,} states"
        out = f"; left out: {', '.join(self.left_out)}" if self.left_out else ""
        return f"a network sees {self.row}{table}{out}"


def views(seen: Space[Any], done: Space[Any], bins: int = 0) -> Views:
    """How agents see the spaces of an environment.

    Args:
        seen: The space of its observations.
        done: The space of its actions.
        bins: Values at which each number of a box action is taken; 0 takes none.
    """
    refusals: dict[str, str] = {}
    row, states, actions, left_out = "", None, None, ()
    try:
        actions = int(Actions(done, bins).space.n)
    except UnsupportedSpace as error:
        refusals["actions"] = str(error)
    try:
        encoded = observations(seen)
        row, left_out = _row(encoded.space), encoded.left_out
    except UnsupportedSpace as error:
        refusals["observations"] = str(error)
    else:
        states = _states(seen)
    return Views(
        row=row,
        states=states,
        actions=actions,
        needs_bins=not bins and can_be_binned(done),
        left_out=left_out,
        refusals=refusals,
    )


def _row(space: Box | Discrete) -> str:
    if isinstance(space, Discrete):
        return f"one row of {int(space.n):,} numbers, a 1 at the state's"
    if len(space.shape) == 3:
        kinds = {_BYTES: " bytes", np.dtype(np.bool_): ", on or off"}
        size = " x ".join(map(str, space.shape))
        return f"a picture of {size}{kinds.get(np.dtype(space.dtype), ' numbers')}"
    numbers = math.prod(space.shape)
    return "one number" if numbers == 1 else f"one row of {numbers:,} numbers"


def _states(space: Space[Any]) -> int | None:
    try:
        index = observations(space, "state").space
    except UnsupportedSpace:  # more states than a table has
        return None
    return int(index.n) if isinstance(index, Discrete) else None


def short(space: Space[Any]) -> str:
    """A space in a few characters, without its bounds."""
    match space:
        case Box():
            shape = ", ".join(map(str, space.shape))
            return f"Box({shape}) bytes" if space.dtype == _BYTES else f"Box({shape})"
        case Discrete():
            return f"Discrete {int(space.n)}"
        case MultiBinary():
            return f"MultiBinary {'x'.join(map(str, space.shape))}"
        case MultiDiscrete():
            return f"MultiDiscrete {len(space.nvec.ravel())}"
    return type(space).__name__
