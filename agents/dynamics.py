"""What an agent may be told of a finite environment whose transitions are known."""

from typing import Protocol

import numpy as np
import numpy.typing as npt


class Dynamics(Protocol):
    """The transitions of S states and A actions, as a planner needs them."""

    @property
    def start(self) -> npt.NDArray[np.float64]:
        """[S] distribution of the first state."""
        ...

    def backup(self, values: npt.NDArray[np.float64], discount: float) -> npt.NDArray[np.float64]:
        """Action values [S, A] of the successors' `values` [S], after one Bellman backup."""
        ...
