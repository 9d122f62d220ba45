"""Storage of windows: named columns, and every observation once."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.replay.observations import Before, Held, Observations, Stacks
from agents.replay.ring import Array, Ids
from common.stacks import Stack

OBSERVATIONS = ("s_tm1", "s_t")
"""The columns that hold ids of observations instead of values."""


class Storage:
    """The last `capacity` windows in a ring of rows, their observations in a ring of their own.

    Window number w is row w % capacity. An observation is overwritten only when nothing can ask for
    it any more: its id is below those of all windows held, and below those of the windows that are
    not complete yet. Of stacks each frame is held once.
    """

    def __init__(self, capacity: int, stack: Stack | None = None):
        """Makes an empty storage; columns are allocated in the types that arrive.

        Args:
            capacity: Windows held at most.
            stack: What the observations are, where they are stacks.
        """
        self.capacity = capacity
        self.added = 0
        self._columns: dict[str, Array] = {}  # ids where they are of `OBSERVATIONS`
        room = capacity + capacity // 64  # for the first observations of episodes
        self._observations = Observations(room) if stack is None else Stacks(room, stack)
        self._floor = 0  # the smallest id that may be asked for
        # (windows added, smallest id) after an append, both increasing. An append whose smallest id
        # is not below a later one's is left out: it goes first, and does not lower the floor.
        self._appends: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def observe(self, observations: Array, before: Before | None = None) -> Ids:
        """Takes observations [M, ...] in and returns their ids [M], which increase.

        Args:
            observations: What is stored.
            before: Tells their ids from those of the observations before them; None for
                observations that begin an episode.
        """
        return self._observations.add(observations, before)

    def append(self, columns: Mapping[str, Array], *, pending: int | None = None) -> Ids:
        """Appends windows; of more than `capacity` at once only the last stay.

        Args:
            columns: [N, ...] each, with the same names in every call; those in `OBSERVATIONS` are
                ids, of one observation or of several in a row.
            pending: The smallest id that windows appended later may have, of the ids handed out so
                far; None if they will have none of them.

        Returns:
            The rows [min(N, capacity)] written, in the order of the windows.

        Raises:
            ValueError: An id is of an observation that may be overwritten by now.
        """
        count = len(columns[OBSERVATIONS[0]])
        cut, observed = max(0, count - self.capacity), self._observations.count
        smallest = min(int(columns[n][cut:].min(initial=observed)) for n in OBSERVATIONS)
        if smallest < self._floor:
            raise ValueError(f"observation {smallest} is not kept any more: {self._floor} and up")
        first, self.added = self.added + cut, self.added + count
        for name, values in columns.items():
            if name not in self._columns:
                self._columns[name] = _ring(self.capacity, values)
            _write(self._columns[name], first, values[cut:])
        self._forget(smallest, pending)
        return np.arange(first, self.added) % self.capacity

    def gather(self, rows: Ids) -> dict[str, Array]:
        """The windows in rows [K, B]: columns [K, B, ...], with observations instead of ids.

        Args:
            rows: [K, B] rows below `len`; windows must have been appended.
        """
        gathered = {name: column.take(rows, axis=0) for name, column in self._columns.items()}
        for name in OBSERVATIONS:
            gathered[name] = self._observations.take(gathered[name])  # [K, B, ...]
        return gathered

    def _forget(self, smallest: int, pending: int | None) -> None:
        """Raises `_floor` after an append whose smallest id was `smallest`."""
        while self._appends and self._appends[-1][1] >= smallest:
            self._appends.pop()
        self._appends.append((self.added, smallest))
        while self._appends[0][0] <= self.added - self.capacity:
            self._appends.popleft()
        oldest = self._appends[0][1]
        self._floor = oldest if pending is None else min(oldest, pending)
        self._observations.forget(self._floor)

    @property
    def held(self) -> Held:
        """Which observations are kept."""
        return self._observations.held

    def begin_again(self, first: int) -> None:
        """Has observations come again, from id `first` on, after a state that is without them."""
        self._observations.count = first  # those below the floor are numbered and not kept

    def get_state(self) -> dict[str, Any]:
        """The filled rows, the observations that may be asked for, and the positions."""
        return {**self.get_state_without_observations(), **self._observations.get_state()}

    def get_state_without_observations(self) -> dict[str, Any]:
        """The filled rows and the positions."""
        return {
            "added": self.added,
            "floor": self._floor,
            "appends": np.array(self._appends, np.int64).reshape(-1, 2),
            "columns": {name: column[: len(self)] for name, column in self._columns.items()},
            **self._observations.get_positions(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave, into a storage of the same capacity."""
        self.added = int(state["added"])
        self._floor = int(state["floor"])
        self._appends = deque((int(added), int(first)) for added, first in state["appends"])
        self._columns = {}
        for name, values in state["columns"].items():
            self._columns[name] = _ring(self.capacity, values)
            self._columns[name][: len(self)] = values
        self._observations.set_state(state, self._floor)


def _ring(size: int, like: Array) -> Array:
    """Room for `size` of what `like` [N, ...] has; memory that is not written costs none yet."""
    return np.zeros((size, *like.shape[1:]), like.dtype)


def _write(ring: Array, first: int, values: Array) -> None:
    """Writes values [N, ...], N at most the ring's size, as those from number `first` on."""
    start = first % len(ring)
    head = values[: len(ring) - start]
    ring[start : start + len(head)] = head
    ring[: len(values) - len(head)] = values[len(head) :]
