"""The callback that measures a run, by iteration and by evaluation."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from envs.faults import Fault
from launch.run_folder.events import Record, Scalars
from launch.run_folder.writer import RunWriter
from training.callbacks import Callback
from training.events import EvaluationDone
from training.loop import Training
from training.pipeline import Iteration

_LOG = logging.getLogger(__name__)


class Metrics(Callback):
    """Turns iterations and evaluations into the series and records of docs/run_folder.md."""

    name = "metrics"

    def __init__(self, writer: RunWriter):
        """Makes the callback.

        Args:
            writer: Writes the run's folder.
        """
        self._writer = writer
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
        self._writer.write(Scalars(done.env_steps, scalars))
        self.faults(done.env_steps, done.faults)
        record = {
            "kind": "iteration",
            "env_steps": done.env_steps,
            "updates": done.updates,
            "training_seconds": round(self.training_seconds, 6),
            **scalars,
            "episode_returns": done.episodes.returns.tolist(),
            "episode_lengths": done.episodes.lengths.tolist(),
        }
        self._writer.write(Record(record))
        self._writer.commit()

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        """Notes an evaluation.

        Raises:
            RunError: The run's folder is gone.
        """
        self.faults(done.env_steps, done.faults)
        summary = done.summary
        scalars = {"evaluation/return": summary.mean_return}
        if summary.success_rate is not None:
            scalars["evaluation/success_rate"] = summary.success_rate
        self._writer.write(Scalars(done.env_steps, scalars))
        record = {"kind": "evaluation", "env_steps": done.env_steps, **summary.to_json()}
        self._writer.write(Record(record))
        self._writer.commit()  # a checkpoint of this very moment counts on it

    def faults(self, env_steps: int, faults: Sequence[Fault]) -> None:
        """Notes environments that failed, and says the first of them."""
        for fault in faults:
            place = fault.place._asdict()
            values = {"kind": "fault", "env_steps": env_steps, **place, "reason": fault.reason}
            self._writer.write(Record(values))
        if faults:
            more = f", and {len(faults) - 1} more at the same time" if len(faults) > 1 else ""
            _LOG.warning("episode dropped: %s%s", faults[0], more)

    def get_state(self) -> dict[str, Any]:
        return {"training_seconds": self.training_seconds}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.training_seconds = state["training_seconds"]
