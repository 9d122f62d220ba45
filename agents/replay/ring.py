"""Rings: entries with consecutive numbers, of which the oldest make room for new ones."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray
Ids = npt.NDArray[np.int64]


class Ring:
    """The entries from a number on; whoever adds more says which of them are still needed.

    It grows where they need more room, by a little and in place: a ring of pictures may take half
    of the memory that there is.
    """

    def __init__(self, size: int):
        """Makes a ring without entries; memory is taken as it is written.

        Args:
            size: Entries that there is room for at first.
        """
        self._size = size
        self._entries: Array | None = None
        # Entry number i is at (i - base) % size, and less than two turns after the base: a division
        # for each number would cost more than the look-up.
        self._base = 0

    def add(self, entries: Array, first: int, floor: int) -> None:
        """Writes entries [M, ...] as those from number `first` on.

        Args:
            entries: What is written; of one type and shape in all calls.
            first: One more than the greatest number so far.
            floor: The smallest number whose entry is still needed.
        """
        needed = first + len(entries) - floor
        if self._entries is None:
            self._size = max(needed, self._size)
            self._entries = np.zeros((self._size, *entries.shape[1:]), entries.dtype)
        self._base = floor - (floor - self._base) % self._size
        if needed > self._size:
            self._grow(max(needed - self._size, self._size // 64), first, floor)
        head, rest = self.span(first, len(entries))
        head[:], rest[:] = entries[: len(head)], entries[len(head) :]

    def take(self, numbers: Ids) -> Array:
        """The entries [..., *entry] of numbers [...] that are still needed."""
        assert self._entries is not None
        return self._entries.take(numbers - self._base, axis=0, mode="wrap")

    def span(self, first: int, count: int) -> tuple[Array, Array]:
        """Views of the entries from number `first` on: up to the ring's end, and from its start."""
        assert self._entries is not None
        start = (first - self._base) % self._size
        end = min(start + count, self._size)
        return self._entries[start:end], self._entries[: count - (end - start)]

    def _grow(self, more: int, first: int, floor: int) -> None:
        """Makes room for `more` entries beside those from number `floor` to `first`."""
        assert self._entries is not None
        start, end = floor - self._base, self._size
        self._size += more
        self._entries.resize((self._size, *self._entries.shape[1:]))
        if start + first - floor <= end:  # one piece, which stays where it is
            return
        for last in range(end, start, -more):  # in parts, which do not lie over each other
            part = self._entries[max(start, last - more) : last]
            self._entries[last + more - len(part) : last + more] = part
        self._base -= more
