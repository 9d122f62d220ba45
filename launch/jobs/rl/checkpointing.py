"""The callback that writes a run's checkpoints."""

from common.errors import RunError
from launch.run_folder.writer import RunWriter
from training.callbacks import Callback
from training.events import EndStatus, EvaluationDone
from training.loop import Training
from training.pipeline import Iteration


class Checkpoints(Callback):
    """Saves the whole run: at its start, every so often, at a best evaluation and at its end.

    It comes after every callback that has a state, so that all of them have heard of what is saved.
    """

    def __init__(self, writer: RunWriter):
        self._writer = writer
        self._best: float | None = None  # mean return of a best evaluation since the last iteration

    def on_started(self, training: Training) -> None:
        if training.env_steps:
            self._save(training, due=False)
        else:
            self.save(training)  # so that there is always a good one

    def on_iteration(self, training: Training, done: Iteration) -> None:
        self._save(training, due=self._writer.checkpoint_due())

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        if done.is_best:
            self._best = done.summary.mean_return

    def _save(self, training: Training, *, due: bool) -> None:
        best, self._best = self._best, None
        if due or (best is not None and self._writer.checkpoint_affordable()):
            self.save(training, score=best)

    def on_training_end(self, training: Training, status: EndStatus) -> None:
        if not self.save(training) and status == "interrupted":
            raise RunError("interrupted, and nothing since the last checkpoint could be saved")

    def save(self, training: Training, score: float | None = None) -> bool:
        """Writes a checkpoint; where that fails training goes on, with the older ones untouched."""
        return self._writer.checkpoint(training.env_steps, training.get_state, score)
