"""Experience replay (Lin 1992; Mnih et al. 2015)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.replay.accumulators import Accumulator
from agents.replay.observed import Bools, Observed
from agents.replay.samplers import Sampler
from agents.replay.storage import Held, Storage
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
        self._again: Observed | None = None  # follows observations that come again

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

    @property
    def held(self) -> Held:
        """Which observations are kept."""
        return self._storage.held

    def begin_again(self, begins: Bools, first: int) -> None:
        """Has observations come again, after a state that is without them.

        They begin with a rollout that brought the oldest one kept, or came before it, and in whose
        place no step had just been dropped.

        Args:
            begins: [B] whether the next step of each environment is the first of an episode.
            first: The id that the rollout's first new observation had.
        """
        self._storage.begin_again(first)
        newest = first - len(begins) + np.arange(len(begins))  # [B]
        self._again = Observed(begins, newest)

    def observe_again(self, rollout: Rollout) -> None:
        """Stores the observations of a rollout [T, B, ...] once more, after those before it."""
        assert self._again is not None, "begin_again comes first"
        over_t = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t  # [T, B]
        self._again.add(rollout, over_t, self._storage.observe)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs: open windows, windows, generator."""
        return self._state(self._storage.get_state())

    def get_state_without_observations(self) -> dict[str, Any]:
        """All of a resumed run's needs but the observations, which `observe_again` has to bring."""
        return self._state(self._storage.get_state_without_observations())

    def _state(self, storage: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "accumulator": self._accumulator.get_state(),
            "storage": storage,
            "sampler": self._sampler.get_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave, into a replay of the same parts."""
        self._accumulator.set_state(state["accumulator"])
        self._storage.set_state(state["storage"])
        self._sampler.set_state(state["sampler"])
