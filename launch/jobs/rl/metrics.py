"""The callback that measures a run, by iteration and by evaluation."""

import logging
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from envs.faults import Fault
from launch.run_folder.events import Episodes, Histograms, Layout, Record, Scalars
from launch.run_folder.writer import RunWriter
from training.callbacks import Callback
from training.episodes import FinishedEpisodes
from training.events import EvaluationDone
from training.loop import Training
from training.pipeline import Iteration

WHOLE = 100_000
"""Episodes of which `episodes.csv` has every one; of ten times as many it has every tenth."""
POINTS = 1_000
"""The same of TensorBoard's series, of which it shows as many points."""
_LOG = logging.getLogger(__name__)


class Metrics(Callback):
    """Turns iterations and evaluations into the series and records of docs/run_folder.md."""

    name = "metrics"

    def __init__(self, writer: RunWriter, task: str):
        """Makes the callback.

        Args:
            writer: Writes the run's folder.
            task: Names the runs that TensorBoard shows on one chart: experiment and environment.
        """
        self._writer, self._task = writer, task
        self._env_steps = self._updates = 0
        self._began = time.monotonic()
        self.training_seconds = 0.0

    def on_start(self, training: Training) -> None:
        self._env_steps, self._updates = training.env_steps, training.learner.updates
        if not self._env_steps:
            self._writer.write(Layout(self._task, self._charts()))

    def on_iteration_begin(self, training: Training) -> None:
        self._began = time.monotonic()

    def on_iteration(self, training: Training, done: Iteration) -> None:
        """Writes the record and the series of an iteration.

        Raises:
            RunError: The run's folder is gone.
        """
        seconds = time.monotonic() - self._began
        self._episodes(done.episodes)
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
            scalars["iteration/return"] = float(done.episodes.returns.mean())
            scalars["iteration/length"] = float(done.episodes.lengths.mean())
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
        measured = {
            "evaluation/return": summary.mean_return,
            "evaluation/success_rate": summary.success_rate,
            "evaluation/discounted_return": summary.discounted_return,
            "evaluation/q_start": summary.q_start,
            f"seeds/{self._task}": summary.mean_return,
        }
        scalars = {name: value for name, value in measured.items() if value is not None}
        self._writer.write(Scalars(done.env_steps, scalars))
        weights = {f"weights/{name}": array for name, array in done.weights.items()}
        self._writer.write(Histograms(done.env_steps, weights))
        record = {"kind": "evaluation", "env_steps": done.env_steps, **summary.to_json()}
        self._writer.write(Record(record))
        self._writer.commit()  # a checkpoint of this iteration counts on it

    def _episodes(self, done: FinishedEpisodes) -> None:
        """Notes the episodes of an iteration, one by one."""
        if not len(done):
            return
        ends = self._env_steps + done.ends  # [E] env steps of the run
        numbers = done.before + np.arange(len(done))  # [E]
        listed = np.flatnonzero(kept(numbers, WHOLE))
        columns = (done.env_indices, done.numbers, done.returns, done.lengths, ends)
        rows = zip(*(column[listed].tolist() for column in columns), strict=True)
        self._writer.write(Episodes(list(rows)))
        for i in np.flatnonzero(kept(numbers, POINTS)):
            values = {"episode/return": done.returns[i], "episode/length": done.lengths[i]}
            self._writer.write(Scalars(int(ends[i]), values))

    def _charts(self) -> dict[str, str]:
        """TensorBoard's charts of the runs of a task, whatever else is in the folder."""
        return {
            "return of evaluations": f"^{re.escape(f'seeds/{self._task}')}$",
            "value of the start, expected and received": (
                "^evaluation/(q_start|discounted_return)$"
            ),
        }

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


def kept(numbers: npt.NDArray[np.int64], whole: int) -> npt.NDArray[np.bool_]:
    """Which of the episodes with these numbers are kept: all, then one of 10, then of 100.

    Of ten times as many episodes nearly as many more are kept, and which ones depends on their
    numbers alone: a resumed run keeps the same.

    Args:
        numbers: [E] numbers of episodes, from 0.
        whole: All of the first `whole` are kept, one of 10 up to 10 times as many, and so on.
    """
    powers = np.ceil(np.log10((numbers + 1) / whole)).clip(0)
    return numbers % (10**powers).astype(np.int64) == 0
