"""A context for a training that is a small part of its job, and not followed closer."""

from collections.abc import Mapping
from typing import Any

from supervised.job import Context


class Unwatched:
    """Gives what a job's context gives, and keeps nothing: no series, no checkpoints."""

    def __init__(self, context: Context, part: int = 0, parts: int = 0):
        """Wraps a context.

        Args:
            context: The job's.
            part: Which part of the job this is, from 0, for its progress.
            parts: How many there are; 0 says nothing of progress.
        """
        self._context, self._part, self._parts = context, part, parts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def progress(self, done: int, total: int, text: str) -> None:
        """Progress of the whole job."""
        if self._parts:
            self._context.progress(self._part * total + done, self._parts * total, text)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Drops them."""

    def restored(self, phase: str) -> None:
        """Nothing: it begins anew."""

    def checkpoint(self, phase: str, state: Mapping[str, Any]) -> None:
        """Drops it."""
