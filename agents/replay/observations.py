"""The observations of a storage by id: each once, and of stacks each frame once."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from agents.replay.ring import Array, Ids, Ring
from common.stacks import Stack

Before = Callable[[Ids], Ids]
"""Of observations with ids [M], the ids [M] of those before them in their episodes."""


class Held(NamedTuple):
    """Which observations are kept, by their numbers in the order in which they came."""

    oldest: int
    """The smallest number that may be asked for."""
    next: int
    """The number that the next observation gets."""


class Observations:
    """Observations from a floor on; those below it make room for new ones.

    Attributes:
        count: Ids handed out.
    """

    def __init__(self, size: int):
        """Makes room.

        Args:
            size: Observations that there is room for at first.
        """
        self.count = 0
        self._floor = 0  # the smallest id that is kept
        self._ring = Ring(size)

    def add(self, observations: Array, before: Before | None) -> Ids:
        """Takes observations [M, ...] in and returns their ids [M], which increase.

        Args:
            observations: What is kept.
            before: Tells their ids from those of the observations before them; None for
                observations that begin an episode.
        """
        return self._append(self._ring, observations)

    def take(self, ids: Ids) -> Array:
        """The observations [..., *shape] of ids [...] that are kept."""
        return self._ring.take(ids)

    def forget(self, floor: int) -> None:
        """Is told the smallest id that may still be asked for."""
        self._floor = floor

    def _append(self, ring: Ring, entries: Array) -> Ids:
        """Writes entries [M, ...] under the next ids, which it returns."""
        first, self.count = self.count, self.count + len(entries)
        self._write(ring, entries, first)
        return np.arange(first, self.count)

    def _write(self, ring: Ring, entries: Array, first: int) -> None:
        """Writes entries [M, ...] as those from id `first` on, but for those below the floor.

        Where observations come again, the first of them may be below it.
        """
        kept = entries[max(0, self._floor - first) :]
        if len(kept):
            ring.add(kept, first + len(entries) - len(kept), self._floor)

    @property
    def held(self) -> Held:
        """Which observations are kept."""
        return Held(self._floor, self.count)

    def get_state(self) -> dict[str, Any]:
        """The observations that are kept, if there ever were any."""
        if not self.count:
            return {}
        return {"observations": self._kept(self._ring)}

    def get_positions(self) -> dict[str, Any]:
        """What the observations themselves, when they come again, do not tell."""
        return {}

    def set_state(self, state: Mapping[str, Any], floor: int) -> None:
        """Puts back what `get_state` gave, into room of the same size; nothing below is kept."""
        self.count = self._floor = floor
        if "observations" in state:
            self._append(self._ring, state["observations"])

    def _kept(self, ring: Ring) -> Array:
        return np.concatenate(ring.span(self._floor, self.count - self._floor))


class Stacks(Observations):
    """Stacks, as their frames: each has the id of its newest one, and follows those before it.

    At an episode's start a stack holds copies of its first frame, and that is kept once. Where it
    holds others, as one in the middle of a recorded episode does, those are kept before it.
    """

    def __init__(self, size: int, stack: Stack):
        """Makes room.

        Args:
            size: Frames that there is room for at first.
            stack: What stacks are made of.
        """
        super().__init__(size)
        self._stack = stack
        self._back = Ring(size)  # from a frame's id back to that of the one before it; 0 at a start
        self._farthest = 0  # of those

    def add(self, observations: Array, before: Before | None) -> Ids:
        frames = self._stack.split(observations)  # count times [M, ...]
        if before is None:
            return self._begin(np.stack(frames, axis=1))
        first = self.count
        ids = self._append(self._ring, frames[-1])  # [M]
        self._link(ids - before(ids), first)
        return ids

    def take(self, ids: Ids) -> Array:
        numbers = [ids]
        for _ in range(self._stack.count - 1):
            numbers.append(numbers[-1] - self._back.take(numbers[-1]))
        return self._stack.joined(self._ring.take(each) for each in reversed(numbers))

    def forget(self, floor: int) -> None:
        # Frames that the kept stacks need: no farther back than so many of the longest ways.
        needed = floor - (self._stack.count - 1) * self._farthest
        self._floor = max(self._floor, needed)

    def _begin(self, stacks: Array) -> Ids:
        """Keeps stacks [M, count, ...] that follow none, and returns their ids [M]."""
        ids = []
        for frames in stacks:
            copies = 1
            while copies < len(frames) and np.array_equal(frames[copies], frames[0]):
                copies += 1
            first = self.count
            chain = self._append(self._ring, frames[copies - 1 :])
            self._link(np.minimum(chain - first, 1), first)
            ids.append(chain[-1])
        return np.array(ids, np.int64)

    def _link(self, back: Ids, first: int) -> None:
        """Notes how far it is from the frames from id `first` on [M] to those before them."""
        self._farthest = max(self._farthest, int(back.max(initial=0)))
        self._write(self._back, back.astype(np.int32), first)

    def get_state(self) -> dict[str, Any]:
        """The frames that are kept, if there ever were any, and how they follow each other."""
        if not self.count:
            return {}
        kept = {**self.get_positions()["frames"], "back": self._kept(self._back)}
        return {**super().get_state(), "frames": kept}

    def get_positions(self) -> dict[str, Any]:
        return {"frames": {"floor": self._floor, "farthest": self._farthest}}

    def set_state(self, state: Mapping[str, Any], floor: int) -> None:
        kept = state.get("frames", {"floor": floor, "farthest": 0})
        super().set_state(state, int(kept["floor"]))
        self._farthest = int(kept["farthest"])
        if "back" in kept:
            self._back.add(kept["back"], self._floor, self._floor)
