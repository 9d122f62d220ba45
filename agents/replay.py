"""Experience replay in columns (Lin 1992; Mnih et al. 2015)."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.transitions import Transitions

Array = npt.NDArray


class ReplayBuffer:
    """The last `capacity` transitions, sampled uniformly with replacement.

    Each field is one contiguous column; the oldest row is overwritten first. Columns are allocated
    at the first `add`, in the types that arrive.
    """

    def __init__(self, capacity: int, rng: np.random.Generator):
        """Makes an empty buffer.

        Args:
            capacity: Transitions held at most.
            rng: Draws the samples; the buffer owns it from here on.
        """
        self.capacity = capacity
        self.added = 0
        self._rng = rng
        self._columns: dict[str, Array] = {}

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, transitions: Transitions) -> None:
        """Appends transitions; of more than `capacity` at once only the last stay."""
        count = len(transitions.a_tm1)
        if not self._columns:
            self._columns = {
                field.name: np.zeros(
                    (self.capacity, *getattr(transitions, field.name).shape[1:]),
                    getattr(transitions, field.name).dtype,
                )
                for field in fields(Transitions)
            }
        kept = min(count, self.capacity)
        rows = np.arange(self.added + count - kept, self.added + count) % self.capacity
        for name, column in self._columns.items():
            column[rows] = getattr(transitions, name)[count - kept :]
        self.added += count

    def sample(self, batches: int, batch_size: int) -> Transitions:
        """Draws `batches` independent batches; every array is [batches, batch_size, ...].

        One set of indices serves all columns, so the fields of a sampled row belong together.

        Raises:
            ValueError: The buffer is empty.
        """
        if not self.added:
            raise ValueError("cannot sample from an empty replay buffer")
        rows = self._rng.integers(0, len(self), (batches, batch_size))
        return Transitions(**{n: column.take(rows, axis=0) for n, column in self._columns.items()})

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs: the filled rows, the position and the generator."""
        return {
            "added": self.added,
            "rng": self._rng.bit_generator.state,
            "columns": {name: column[: len(self)] for name, column in self._columns.items()},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave, into a buffer of the same capacity."""
        self.added = int(state["added"])
        self._rng.bit_generator.state = state["rng"]
        self._columns = {}
        for name, rows in state["columns"].items():
            self._columns[name] = np.zeros((self.capacity, *rows.shape[1:]), rows.dtype)
            self._columns[name][: len(rows)] = rows
