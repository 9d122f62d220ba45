"""Numbers that stand for several choices at once."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Discrete


class Factored(Discrete):
    """Numbers from 0, each of which stands for one choice in each of several branches.

    The last branch counts fastest, as in `numpy.ravel_multi_index`.

    Attributes:
        branches: How many choices each branch has.
    """

    def __init__(self, branches: Sequence[int]):
        super().__init__(math.prod(branches))
        self.branches = tuple(branches)


def branches(space: Discrete) -> tuple[int, ...]:
    """How many choices each branch of actions has; actions that have none are one branch."""
    return space.branches if isinstance(space, Factored) else (int(space.n),)


def joined(choices: Sequence[npt.NDArray[np.int64]], sizes: Sequence[int]) -> npt.NDArray[np.int32]:
    """The numbers [B] of actions, given the choice [B] in each branch."""
    return np.ravel_multi_index(tuple(choices), tuple(sizes)).astype(np.int32)
