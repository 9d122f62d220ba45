"""The callback that tells what environments do that they should not, and notes it in the run."""

from envs.remarks import Remark
from launch.run_folder.events import Record, Scalars
from launch.run_folder.writer import RunWriter
from training import remarks
from training.loop import Training
from training.pipeline import Iteration


class Remarks(remarks.Remarks):
    """Writes what is told, and how many observations were outside their box."""

    def __init__(self, writer: RunWriter):
        """Makes the callback; what it writes is committed by `Metrics`, which comes after it.

        Args:
            writer: Writes the run's folder.
        """
        super().__init__()
        self._writer = writer

    def on_iteration(self, training: Training, done: Iteration) -> None:
        super().on_iteration(training, done)
        if self.outside:
            self._writer.write(Scalars(done.env_steps, {"episode/outside": self.outside}))

    def on_warned(self, env_steps: int, remark: Remark) -> None:
        record = {"kind": "remark", "env_steps": env_steps, "text": remark.text}
        self._writer.write(Record(record))
