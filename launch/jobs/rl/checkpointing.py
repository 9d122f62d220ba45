"""The callback that writes a run's checkpoints."""

from common.errors import RunError
from launch.run_folder.writer import RunWriter
from training.callbacks import Callback
from training.events import EndStatus, EvaluationDone
from training.loop import Training
from training.pipeline import Iteration


class Checkpoints(Callback):
    """Saves the whole run: at its start, every so often, at a best evaluation and at its end."""

    def __init__(self, writer: RunWriter):
        self._writer = writer
        self._over = False

    def on_start(self, training: Training) -> None:
        if not training.env_steps:
            self.save(training)  # so that there is always a good one

    def on_iteration(self, training: Training, done: Iteration) -> None:
        if self._writer.checkpoint_due():
            self.save(training)

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        if done.is_best and not self._over and self._writer.checkpoint_affordable():
            self.save(training, score=done.summary.mean_return)

    def on_training_end(self, training: Training, status: EndStatus) -> None:
        self._over = True
        if not self.save(training) and status == "interrupted":
            raise RunError("interrupted, and nothing since the last checkpoint could be saved")

    def save(self, training: Training, score: float | None = None) -> bool:
        """Writes a checkpoint; where that fails training goes on, with the older ones untouched."""
        return self._writer.checkpoint(training.env_steps, training.get_state, score)
