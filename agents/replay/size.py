"""What a replay takes in memory and in a checkpoint, by arithmetic."""

import math
from dataclasses import dataclass

import numpy as np
from gymnasium.spaces import Box, Discrete

_SPARE = 64
"""A storage has room for one observation more in so many: episodes have one more than steps."""
_COPIES = 3
"""Times that a call's batches are in memory: gathered, handed over, and the call's before them."""


def shown(space: Box | Discrete) -> int:
    """Bytes of an observation."""
    return math.prod(space.shape or ()) * np.dtype(space.dtype).itemsize


@dataclass(frozen=True, kw_only=True)
class ReplaySize:
    """What a replay holds, in bytes; a window is what its capacity counts.

    Attributes:
        capacity: Windows at most.
        steps: Environment steps of a window that no other window has.
        observation: Bytes that an observation adds.
        row: Bytes of a window beside its observations.
        batch_size: Windows of an update.
        updates_per_call: Updates whose batches are drawn together.
        drawn: Bytes of a window that is drawn, with its observations.
        computed: Bytes of what an update computes of a window.
        network: Bytes of the weights that learn from it.
    """

    capacity: int
    steps: int
    observation: int
    row: int
    batch_size: int
    updates_per_call: int
    drawn: int
    computed: int
    network: int

    def windows(self, env_steps: int) -> int:
        """Windows that are held after so many environment steps."""
        return min(self.capacity, -(-env_steps // self.steps))

    def observations(self, windows: int) -> int:
        """Bytes of the observations of so many windows."""
        count = windows * self.steps
        return (count + count // _SPARE) * self.observation

    def rows(self, windows: int) -> int:
        """Bytes of so many windows beside their observations."""
        return windows * self.row

    @property
    def batches(self) -> int:
        """Bytes of the batches of a call, and of an update's own numbers."""
        drawn = self.updates_per_call * self.drawn * _COPIES
        return self.batch_size * (drawn + self.computed)
