"""What environments do that they should not, and that a training takes nevertheless."""

import contextlib
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of Gymnasium's logger


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What environments of a run do.

    Attributes:
        kind: What it is about; of each kind one remark is told in a run.
        text: What they do, for a message.
        count: Observations that are so, where they are counted.
        at: Where in its rollout it was seen first, as (time, environment): the earliest is told.
    """

    kind: str
    text: str
    count: int = 0
    at: tuple[int, int] = (0, 0)


class Remarks:
    """Keeps the first remark of each kind until it is taken."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._kept: list[Remark] = []

    def note(self, kind: str, text: str) -> None:
        """Keeps a remark, unless there was one of its kind before."""
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._kept.append(Remark(kind=kind, text=text))

    def take(self) -> tuple[Remark, ...]:
        """The remarks since the last call."""
        taken, self._kept = self._kept, []
        return tuple(taken)

    @contextlib.contextmanager
    def listening(self, is_calling: Callable[[], bool]) -> Iterator[None]:
        """Notes the warnings of environments, and has them print to standard error.

        Standard output is for what a command was asked for.

        Args:
            is_calling: Whether an environment is being called; other warnings are not noted.
        """
        before, thread = warnings.showwarning, threading.get_ident()

        def show(message: Any, category: Any, filename: str, line: int, *rest: Any) -> None:
            if threading.get_ident() != thread or not is_calling():
                before(message, category, filename, line, *rest)
                return
            words = " ".join(_COLOURS.sub("", str(message)).split()).removeprefix("WARN: ")
            where = f"{Path(filename).name}, line {line}"
            self.note(f"warning {where}", f"{category.__name__}: {words} ({where})")

        warnings.showwarning = show
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        finally:
            warnings.showwarning = before


class Bounds:
    """The bounds of a box, and which observations are outside of them."""

    def __init__(self, space: Box, env_indices: Sequence[int]):
        """Makes the bounds.

        Args:
            space: The box.
            env_indices: [B] numbers of the environments within the run.
        """
        self._space, self._env_indices = space, env_indices

    def outside(
        self, s_tm1: npt.NDArray, s_t: npt.NDArray, ended_t: npt.NDArray[np.bool_]
    ) -> tuple[Remark, ...]:
        """Counts each observation of a rollout that is outside; no remark where none is.

        Args:
            s_tm1: [T, B, ...] observations that were acted on.
            s_t: [T, B, ...] their successors.
            ended_t: [T, B] whether the successor is its episode's last: nothing acts on it.
        """
        if self._holds(s_tm1) and self._holds(s_t[ended_t]):
            return ()
        low, high = self._space.low, self._space.high
        seen = np.stack([s_tm1, s_t], axis=1)  # [T, 2, B, ...]
        numbers = ((seen < low) | (seen > high)).reshape(*seen.shape[:3], -1)  # [T, 2, B, N]
        wrong = np.logical_or.reduce(numbers, axis=-1)  # [T, 2, B]
        wrong[:, 1] &= ended_t
        t, which, row = (int(place) for place in np.argwhere(wrong)[0])
        text = f"observations are outside the Box: {outside(seen[t, which, row], self._space)}"
        at = (2 * t + which, self._env_indices[row])
        return (Remark(kind="outside", text=text, count=int(wrong.sum()), at=at),)

    def _holds(self, observations: npt.NDArray) -> bool:
        low, high = self._space.low, self._space.high
        return not ((observations < low).any() or (observations > high).any())


def bounds(space: Any, env_indices: Sequence[int]) -> Bounds | None:
    """The bounds of a space; None where it has none that an observation of its dtype could leave.

    Args:
        space: The space of the observations.
        env_indices: [B] numbers of the environments within the run.
    """
    if not isinstance(space, Box):
        return None
    assert space.dtype is not None
    whole = np.iinfo(space.dtype) if space.dtype.kind in "iu" else None
    lowest, highest = (whole.min, whole.max) if whole else (-np.inf, np.inf)
    free = (space.low == lowest).all() and (space.high == highest).all()
    return None if free else Bounds(space, env_indices)


def outside(observation: npt.NDArray, space: Box) -> str:
    """The first number of an observation that is outside a box, in words; empty if none is."""
    wrong = (observation < space.low) | (observation > space.high)
    if not wrong.any():
        return ""
    place = tuple(np.argwhere(wrong)[0])
    number, low, high = (
        str(array[place]).removesuffix(".0") for array in (observation, space.low, space.high)
    )
    return f"number {int(np.argmax(wrong))} is {number}, the Box says {low} to {high}"
