"""Prioritised replay: rows with large errors are drawn the more often."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from agents.replay.samplers import Array, Rows
from common.settings import require
from common.typed_settings import Settings


@dataclass(frozen=True, kw_only=True)
class PriorityConfig(Settings):
    """Proportional prioritised replay (Schaul et al. 2016)."""

    PART: ClassVar[str] = "agent.priority"

    exponent: float = 0.0
    """α: a row is drawn in proportion to its last absolute error to this power, in [0, 1]; 0 draws
    all rows alike."""
    correction: float = 0.4
    """β at the start, in [0, 1]: losses are weighted by the probability of their row to the power
    -β, so that 1 takes away the bias of the draws."""
    correction_end: float = 1.0
    """β where the budget ends; between the two it moves along a line."""
    offset: float = 1e-6
    """Added to every absolute error, so that each row can be drawn again."""

    def __post_init__(self) -> None:
        for name in ("exponent", "correction", "correction_end"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"agent.priority.{name}", "must be in [0, 1]", value)
        require(self.offset > 0, "agent.priority.offset", "must be positive", self.offset)


class Prioritised:
    """Draws rows in proportion to their priorities, with replacement.

    A call's batches are drawn together, by the priorities after the call before the last: while
    updates are made, the next call's batches are drawn. That is arithmetic, so that a run keeps its
    bits. The priorities of all rows are summed up anew in each call, which costs less than keeping
    a tree of sums, as long as a call makes many updates. A new row gets the greatest priority yet.
    """

    def __init__(self, rng: np.random.Generator, config: PriorityConfig, capacity: int, draws: int):
        """Makes a sampler for rows that are all still to come.

        Args:
            rng: Draws the rows; the sampler owns it from here on.
            config: The settings.
            capacity: Rows at most.
            draws: Rows drawn in the whole run, over which the correction changes.
        """
        self._rng, self._config, self._draws = rng, config, max(draws, 1)
        self._priorities = np.zeros(capacity)
        self._greatest = 1.0
        self._drawn = 0

    def sample(self, size: int, shape: tuple[int, int]) -> tuple[Rows, npt.NDArray[np.float32]]:
        """Draws rows: one from each of B equal parts of the priorities' sum, for each of K batches.

        Args:
            size: Rows that are filled.
            shape: (K, B), batches and rows of each.

        Returns:
            rows: [K, B] int64.
            weights: [K, B] float32, of which the greatest in each batch is 1.
        """
        sums = self._priorities[:size].cumsum()  # [size]
        parts = (np.arange(shape[1]) + self._rng.random(shape)) / shape[1]  # [K, B] in [0, 1)
        rows = np.searchsorted(sums, parts * sums[-1], side="right")  # [K, B]
        rows = np.minimum(rows, size - 1)  # rounding may reach the very end of the sum
        progress = (self._drawn + np.arange(shape[0]) * shape[1]) / self._draws  # [K]
        config = self._config
        rise = (config.correction_end - config.correction) * np.minimum(progress, 1.0)
        correction = config.correction + rise  # [K]
        weights = self._priorities[rows] ** -correction[:, None]  # [K, B]
        weights /= weights.max(axis=1, keepdims=True)
        self._drawn += rows.size
        return rows, weights.astype(np.float32)

    def added(self, rows: Rows) -> None:
        self._priorities[rows] = self._greatest

    def update(self, rows: Rows, td_errors: Array) -> None:
        """Takes the errors [K, B] of rows [K, B]; of a row drawn twice the last one counts."""
        errors = np.abs(td_errors, dtype=np.float64) + self._config.offset  # [K, B]
        priorities = errors**self._config.exponent
        self._priorities[rows.reshape(-1)] = priorities.reshape(-1)
        self._greatest = max(self._greatest, float(priorities.max()))

    def get_state(self) -> dict[str, Any]:
        return {
            "rng": self._rng.bit_generator.state,
            "priorities": self._priorities,
            "greatest": self._greatest,
            "drawn": self._drawn,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._rng.bit_generator.state = state["rng"]
        self._priorities[:] = state["priorities"]
        self._greatest, self._drawn = float(state["greatest"]), int(state["drawn"])
