"""Stacks: the newest observations of an environment as one, the oldest first.

Rows [D] are joined to a longer row, and pictures [H, W, C] to one with more channels. Anything
else, such as pictures [H, W], gets the observations side by side on a new last axis.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box

Array = npt.NDArray[Any]


class Stack(Box):
    """The box of so many observations of a box together.

    Attributes:
        frame: The box of a single one.
        count: Observations of a stack.
    """

    def __init__(self, frame: Box, count: int):
        """Takes the box of a single observation, and how many there are together."""
        self.frame, self.count = frame, count
        self._width = frame.shape[-1] if len(frame.shape) in (1, 3) else 1
        low, high = (self.repeated(bound[None])[0] for bound in (frame.low, frame.high))
        super().__init__(low, high, dtype=frame.dtype)  # pyright: ignore[reportArgumentType]

    def repeated(self, frames: Array) -> Array:
        """Stacks [N, *shape] that hold nothing but copies of frames [N, *frame.shape]."""
        return self.joined([frames] * self.count)

    def joined(self, frames: Iterable[Array]) -> Array:
        """The stacks [..., *shape] of `count` frames [..., *frame.shape], the oldest first."""
        stacks = None
        for number, each in enumerate(frames):
            wide, first = self._wide(each), number * self._width
            if stacks is None:
                stacks = np.empty((*wide.shape[:-1], self.count * self._width), wide.dtype)
            # Twice as fast as to concatenate them.
            stacks[..., first : first + self._width] = wide
        assert stacks is not None
        return stacks

    def followed(self, stacks: Array, frames: Array) -> Array:
        """The stacks [N, *shape] one step after `stacks`, with newer frames [N, *frame.shape]."""
        after = np.empty(stacks.shape, stacks.dtype)
        # One move of all bytes: row by row it takes ten times as long. What comes from a
        # neighbour is written over.
        after.reshape(-1)[: -self._width] = stacks.reshape(-1)[self._width :]
        after[..., -self._width :] = self._wide(frames)
        return after

    def split(self, stacks: Array) -> list[Array]:
        """The frames [N, *frame.shape] of stacks [N, *shape], the oldest first."""
        shape, width = (len(stacks), *self.frame.shape), self._width
        firsts = range(0, self.count * width, width)
        return [stacks[..., first : first + width].reshape(shape) for first in firsts]

    def _wide(self, frames: Array) -> Array:
        """Frames with the last axis that they are joined on."""
        return frames if len(self.frame.shape) in (1, 3) else frames[..., None]
