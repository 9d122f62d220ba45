"""Storage of windows: named columns, and every observation once."""

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray

OBSERVATIONS = ("s_tm1", "s_t")
"""The columns that hold ids of observations instead of values."""


class Held(NamedTuple):
    """Which observations a storage keeps, by their numbers in the order in which they came."""

    oldest: int
    """The smallest number that may be asked for."""
    next: int
    """The number that the next observation gets."""


class Storage:
    """The last `capacity` windows in a ring of rows, their observations in a ring of their own.

    Window number w is row w % capacity. Observation number id is at id % size of its ring. An
    observation is overwritten only when nothing can ask for it any more: its id is below those of
    all windows held, and below those of the windows that are not complete yet.
    """

    def __init__(self, capacity: int):
        """Makes an empty storage; columns are allocated in the types that arrive.

        Args:
            capacity: Windows held at most.
        """
        self.capacity = capacity
        self.added = 0
        self._columns: dict[str, Array] = {}  # ids where they are of `OBSERVATIONS`
        self._observations: Array | None = None  # the ring
        self._observed = 0  # ids handed out
        self._floor = 0  # the smallest id that may be asked for
        # (windows added, smallest id) after an append, both increasing. An append whose smallest id
        # is not below a later one's is left out: it goes first, and does not lower the floor.
        self._appends: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def observe(self, observations: Array) -> npt.NDArray[np.int64]:
        """Takes observations [M, ...] in and returns their ids [M], which are consecutive."""
        first, self._observed = self._observed, self._observed + len(observations)
        kept = observations[max(0, self._floor - first) :]  # the others only come again
        _write(self._reserve(kept), self._observed - len(kept), kept)
        return np.arange(first, self._observed)  # [M]

    def append(
        self, columns: Mapping[str, Array], *, pending: int | None = None
    ) -> npt.NDArray[np.int64]:
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
        cut = max(0, count - self.capacity)
        smallest = min(int(columns[n][cut:].min(initial=self._observed)) for n in OBSERVATIONS)
        if smallest < self._floor:
            raise ValueError(f"observation {smallest} is not kept any more: {self._floor} and up")
        first, self.added = self.added + cut, self.added + count
        for name, values in columns.items():
            if name not in self._columns:
                self._columns[name] = _ring(self.capacity, values)
            _write(self._columns[name], first, values[cut:])
        self._forget(smallest, pending)
        return np.arange(first, self.added) % self.capacity

    def gather(self, rows: npt.NDArray[np.int64]) -> dict[str, Array]:
        """The windows in rows [K, B]: columns [K, B, ...], with observations instead of ids.

        Args:
            rows: [K, B] rows below `len`; windows must have been appended.
        """
        gathered = {name: column.take(rows, axis=0) for name, column in self._columns.items()}
        ring = self._observations
        assert ring is not None
        # Places are less than two turns, so that `wrap` makes one subtraction at most. A division
        # for each id would cost more than the look-up.
        turns = self._floor - self._floor % len(ring)
        for name in OBSERVATIONS:
            gathered[name] = ring.take(gathered[name] - turns, axis=0, mode="wrap")  # [K, B, ...]
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

    def _reserve(self, observations: Array) -> Array:
        """The ring, with room for observations [M, ...], the newest, and all that are kept."""
        needed = self._observed - self._floor
        ring = self._observations
        if ring is None:
            ring = _ring(max(needed, self.capacity + self.capacity // 16), observations)
        elif needed > len(ring):
            old, first = ring, self._floor
            ring = _ring(max(needed, len(old) + len(old) // 8), observations)
            for part in _span(old, first, needed - len(observations)):
                _write(ring, first, part)
                first += len(part)
        self._observations = ring
        return ring

    @property
    def held(self) -> Held:
        """Which observations are kept."""
        return Held(self._floor, self._observed)

    def begin_again(self, first: int) -> None:
        """Has observations come again, from id `first` on, after a state that is without them."""
        self._observed = first

    def get_state(self) -> dict[str, Any]:
        """The filled rows, the observations that may be asked for, and the positions."""
        state = self.get_state_without_observations()
        if self._observations is not None:
            live = self._observed - self._floor
            state["observations"] = np.concatenate(_span(self._observations, self._floor, live))
        return state

    def get_state_without_observations(self) -> dict[str, Any]:
        """The filled rows and the positions."""
        return {
            "added": self.added,
            "floor": self._floor,
            "appends": np.array(self._appends, np.int64).reshape(-1, 2),
            "columns": {name: column[: len(self)] for name, column in self._columns.items()},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave, into a storage of the same capacity."""
        self.added = int(state["added"])
        self._observed = self._floor = int(state["floor"])
        self._appends = deque((int(added), int(first)) for added, first in state["appends"])
        self._columns = {}
        for name, values in state["columns"].items():
            self._columns[name] = _ring(self.capacity, values)
            self._columns[name][: len(self)] = values
        self._observations = None
        if "observations" in state:
            self.observe(state["observations"])


def _ring(size: int, like: Array) -> Array:
    """Room for `size` of what `like` [N, ...] has; memory that is not written costs none yet."""
    return np.zeros((size, *like.shape[1:]), like.dtype)


def _span(ring: Array, first: int, count: int) -> tuple[Array, Array]:
    """Views of the entries from number `first` on: up to the ring's end, and from its start."""
    start = first % len(ring)
    end = min(start + count, len(ring))
    return ring[start:end], ring[: count - (end - start)]


def _write(ring: Array, first: int, values: Array) -> None:
    """Writes values [N, ...] as the entries from number `first` on."""
    head, rest = _span(ring, first, len(values))
    head[:], rest[:] = values[: len(head)], values[len(head) :]
