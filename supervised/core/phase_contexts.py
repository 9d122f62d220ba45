"""A job's context as one of several trainings in it has it."""

from collections.abc import Mapping
from typing import Any

from supervised.core.job import Context


class Phase:
    """Gives what a job's context gives, and tells of the whole job's progress."""

    def __init__(self, context: Context, number: int, count: int):
        """Wraps a context.

        Args:
            context: The job's.
            number: Which of the trainings this is, from 0.
            count: How many there are, all of about the same length.
        """
        self._context, self._number, self._count = context, number, count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def progress(self, done: int, total: int, text: str) -> None:
        """Progress of the whole job."""
        self._context.progress(self._number * total + done, self._count * total, text)


class Unwatched(Phase):
    """One that is too small to be followed closer: it keeps nothing, no series, no checkpoints."""

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Drops them."""

    def restored(self, phase: str) -> None:
        """Nothing: it begins anew."""

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        """Drops it."""
