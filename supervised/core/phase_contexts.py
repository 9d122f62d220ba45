"""The contexts that a job with several trainings gives to each of them."""

from collections.abc import Mapping
from typing import Any

from supervised.core.job import Context


class PhaseContext:
    """The job's context, with the progress of one training turned into that of the whole job."""

    def __init__(self, context: Context, number: int, count: int):
        """Wraps a context.

        Args:
            number: Number of this training, from 0.
            count: How many trainings the job has, all of about the same length.
        """
        self._context, self._number, self._count = context, number, count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def progress(self, done: int, total: int, text: str) -> None:
        """Reports the progress of this training as a part of the whole job's."""
        self._context.progress(self._number * total + done, self._count * total, text)


class UnrecordedContext(PhaseContext):
    """The context of a training that is too short for series and checkpoints: it drops them."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Drops the points."""

    def restored(self, phase: str) -> None:
        """None: such a training always begins anew."""

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        """Drops the state."""
