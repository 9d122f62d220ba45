"""Action masks: which actions an environment allows next."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Dict, Space

from envs.faults import Nonsense

KEY = "action_mask"
"""The name of a mask in an observation or an info, as in Gymnasium and PettingZoo."""


def is_in(space: Space[Any]) -> bool:
    """Whether observations of a space bring a mask with them."""
    return isinstance(space, Dict) and KEY in space.spaces


def given(observation: Any, info: Mapping[str, Any]) -> Any:
    """The mask that came with an observation, as the environment has it; None without one."""
    if isinstance(observation, Mapping) and KEY in observation:
        return observation[KEY]
    return info.get(KEY)


class Masks:
    """Turns the masks of an action space into one flag for each numbered action."""

    def __init__(self, sizes: Sequence[int]):
        """Takes the choices that each part of an action has.

        Args:
            sizes: A single number where actions have one part.
        """
        self._sizes, self._count = tuple(sizes), math.prod(sizes)

    def legal(self, mask: Any) -> npt.NDArray[np.bool_]:
        """Which actions [A] a mask allows.

        Args:
            mask: Zeros and ones: A of them, or for actions of several parts those of each part,
                one after the other or as a tuple.

        Raises:
            Nonsense: It is something else, or allows no action.
        """
        flags = self._flags(mask)
        parts = self._sizes
        if len(parts) > 1 and flags.size == sum(parts):
            legal = np.ones(1, np.bool_)
            for part in np.split(flags, np.cumsum(parts)[:-1]):
                legal = np.logical_and.outer(legal, part).ravel()
        elif flags.size == self._count:
            legal = flags
        else:
            raise Nonsense(f"{KEY} has {flags.size} entries, expected {self._expected()}")
        if not legal.any():
            raise Nonsense(f"{KEY} allows no action: a state that is not terminal needs one")
        return legal

    def _expected(self) -> str:
        if len(self._sizes) == 1:
            return f"one for each of {self._count} actions"
        parts = " + ".join(map(str, self._sizes))
        return f"{parts} for the choices of each part, or {self._count} for all combinations"

    def _flags(self, mask: Any) -> npt.NDArray[np.bool_]:
        """The entries of a mask, one after the other."""
        try:
            parts = mask if isinstance(mask, tuple) else (mask,)
            entries = np.concatenate([np.asarray(part).ravel() for part in parts])
            flags = entries.astype(np.bool_)
            if entries.dtype.kind in "biuf" and (flags == entries).all():
                return flags
        except (TypeError, ValueError):
            pass  # it is no array of numbers
        raise Nonsense(f"{KEY} holds something else than zeros and ones")
