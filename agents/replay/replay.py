"""Experience replay (Lin 1992; Mnih et al. 2015)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.replay.accumulators import Accumulator
from agents.replay.samplers import Sampler
from agents.replay.storage import Storage
from agents.rollout import Rollout

Array = npt.NDArray


@dataclass(frozen=True, kw_only=True)
class Sample:
    """K batches of B windows each.

    Attributes:
        rows: [K, B] where the windows are stored, for `Replay.update`.
        weights: [K, B] what each window's loss counts for; None where all count the same.
        columns: [K, B, ...] each: s_tm1, a_tm1, r_t, discount_t, s_t and the extras.
    """

    rows: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32] | None
    columns: dict[str, Array]


class Replay:
    """Keeps the newest windows, and draws batches of them."""

    def __init__(self, accumulator: Accumulator, storage: Storage, sampler: Sampler):
        """Puts the parts together; the replay owns them from here on.

        Args:
            accumulator: Forms windows of steps.
            storage: Keeps the windows.
            sampler: Draws them.
        """
        self._accumulator = accumulator
        self._storage = storage
        self._sampler = sampler

    def __len__(self) -> int:
        return len(self._storage)

    def add(self, rollout: Rollout) -> None:
        """Stores the windows that are complete with a rollout's steps.

        Args:
            rollout: [T, B, ...] what the next steps of the same environments.
        """
        columns = self._accumulator.add(rollout, self._storage.observe)
        rows = self._storage.append(columns, pending=self._accumulator.oldest)  # [N]
        self._sampler.added(rows)

    def sample(self, batches: int, batch_size: int) -> Sample:
        """Draws `batches` independent batches.

        Raises:
            ValueError: The replay is empty.
        """
        if not len(self):
            raise ValueError("cannot sample from an empty replay")
        rows, weights = self._sampler.sample(len(self), (batches, batch_size))
        return Sample(rows=rows, weights=weights, columns=self._storage.gather(rows))

    def update(self, rows: npt.NDArray[np.int64], td_errors: Array) -> None:
        """Gives the sampler the TD errors [K, B] of the rows [K, B] that it drew."""
        self._sampler.update(rows, td_errors)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs: open windows, windows, generator."""
        return {
            "accumulator": self._accumulator.get_state(),
            "storage": self._storage.get_state(),
            "sampler": self._sampler.get_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave, into a replay of the same parts."""
        self._accumulator.set_state(state["accumulator"])
        self._storage.set_state(state["storage"])
        self._sampler.set_state(state["sampler"])
