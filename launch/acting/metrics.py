"""The callback that writes what is measured of a run, by iteration and by evaluation."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import RunError
from common.text import reason
from envs.faults import Fault
from launch.tracking import Tracker
from training.callbacks import Callback
from training.events import EvaluationDone
from training.loop import Training
from training.pipeline import Iteration

_LOG = logging.getLogger(__name__)
_BEGINNING = {"step": -1, "lengths": {}}


class Tracking(Callback):
    """Turns iterations and evaluations into series and records; docs/architecture.md lists them."""

    name = "tracking"

    def __init__(self, folder: Path, state: Mapping[str, Any] | None):
        """Opens the run's files.

        Args:
            folder: The run's folder.
            state: The checkpoint to continue from; None for a new run, empty for one that was
                killed before its first checkpoint: it starts again, and so do its metrics.

        Raises:
            RunError: They cannot be written.
        """
        own = state["callbacks"][self.name] if state else {}
        try:
            self._tracker = Tracker(folder, None if state is None else own.get("files", _BEGINNING))
        except OSError as error:
            raise RunError(f"{folder}: metrics cannot be written: {reason(error)}") from None
        self._env_steps = self._updates = 0
        self._began = time.monotonic()
        self.training_seconds = 0.0

    def on_start(self, training: Training) -> None:
        self._env_steps, self._updates = training.env_steps, training.learner.updates

    def on_iteration_begin(self, training: Training) -> None:
        self._began = time.monotonic()

    def on_iteration(self, training: Training, done: Iteration) -> None:
        """Writes the record and the series of an iteration.

        Raises:
            RunError: The run's folder is gone.
        """
        seconds = time.monotonic() - self._began
        self.training_seconds += seconds
        steps, updates = done.env_steps - self._env_steps, done.updates - self._updates
        self._env_steps, self._updates = done.env_steps, done.updates
        scalars = {
            **{f"agent/{name}": value for name, value in done.exploration.items()},
            "speed/env_steps_per_second": steps / seconds,
            "speed/updates_per_second": updates / seconds,
            **{f"learner/{name}": value for name, value in done.metrics.items()},
        }
        if len(done.episodes):
            scalars["episode/return"] = float(done.episodes.returns.mean())
            scalars["episode/length"] = float(done.episodes.lengths.mean())
        if training.pool.restarts:
            scalars["workers/restarts"] = training.pool.restarts
        if training.episodes.dropped:
            scalars["episode/dropped"] = training.episodes.dropped
        self._tracker.scalars(done.env_steps, scalars)
        self.faults(done.env_steps, done.faults)
        self._tracker.record(
            {
                "kind": "iteration",
                "env_steps": done.env_steps,
                "updates": done.updates,
                "training_seconds": round(self.training_seconds, 6),
                **scalars,
                "episode_returns": done.episodes.returns.tolist(),
                "episode_lengths": done.episodes.lengths.tolist(),
            }
        )
        self._tracker.hand_over()

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        self.faults(done.env_steps, done.faults)
        summary = done.summary
        scalars = {"evaluation/return": summary.mean_return}
        if summary.success_rate is not None:
            scalars["evaluation/success_rate"] = summary.success_rate
        self._tracker.scalars(done.env_steps, scalars)
        self._tracker.record(
            {"kind": "evaluation", "env_steps": done.env_steps, **summary.to_json()}
        )

    def faults(self, env_steps: int, faults: Sequence[Fault]) -> None:
        """Notes environments that failed, and says the first of them."""
        for fault in faults:
            place = fault.place._asdict()
            self._tracker.record(
                {"kind": "fault", "env_steps": env_steps, **place, "reason": fault.reason}
            )
        if faults:
            more = f", and {len(faults) - 1} more at the same time" if len(faults) > 1 else ""
            _LOG.warning("episode dropped: %s%s", faults[0], more)

    def in_place(self) -> bool:
        """Whether the run's folder is still where it was."""
        return self._tracker.in_place()

    def flush(self) -> None:
        """Writes everything out.

        Raises:
            OSError: The disk takes nothing.
        """
        self._tracker.flush()

    def get_state(self) -> dict[str, Any]:
        """What a resumed run needs.

        Raises:
            OSError: The metrics so far cannot be made durable.
        """
        return {
            "files": self._tracker.get_state(self._env_steps),
            "training_seconds": self.training_seconds,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.training_seconds = state["training_seconds"]

    def close(self) -> None:
        self._tracker.close()
