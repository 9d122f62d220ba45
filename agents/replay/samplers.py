"""Which rows of a replay are drawn."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray
Rows = npt.NDArray[np.int64]


class Sampler(Protocol):
    """Draws rows. It is told which rows were written, and the TD errors of those that it drew."""

    def sample(
        self, size: int, shape: tuple[int, int]
    ) -> tuple[Rows, npt.NDArray[np.float32] | None]:
        """Draws rows in [0, size).

        Args:
            size: Rows that are filled, at least 1.
            shape: (K, B), batches and rows of each.

        Returns:
            rows: [K, B] int64.
            weights: [K, B] float32, what each row's loss counts for; None where all count the same.
        """
        ...

    def added(self, rows: Rows) -> None:
        """Is told that new windows were written to rows [N], over what they held before."""
        ...

    def update(self, rows: Rows, td_errors: Array) -> None:
        """Is told the TD errors [K, B] of rows [K, B] that it drew before."""
        ...

    def get_state(self) -> dict[str, Any]:
        """Nested dictionaries of arrays, numbers and strings: everything a resumed run needs."""
        ...

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        ...


class Uniform:
    """Draws every row with the same probability, with replacement."""

    def __init__(self, rng: np.random.Generator):
        """Takes the generator.

        Args:
            rng: Draws the rows; the sampler owns it from here on.
        """
        self._rng = rng

    def sample(self, size: int, shape: tuple[int, int]) -> tuple[Rows, None]:
        return self._rng.integers(0, size, shape), None

    def added(self, rows: Rows) -> None:
        pass

    def update(self, rows: Rows, td_errors: Array) -> None:
        pass

    def get_state(self) -> dict[str, Any]:
        return {"rng": self._rng.bit_generator.state}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._rng.bit_generator.state = state["rng"]
