"""What a command is to run, and what became of it. Imports neither TensorFlow nor Ray."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from launch.configs import RunConfig


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A run to be made.

    Attributes:
        experiment: Its name in the catalog.
        config: Its config.
        arguments: The command line, kept with the run.
        folder: An unfinished run to continue, or None for a new one.
        label: Tells it from the others of a command; "" does it by experiment and seed.
    """

    experiment: str
    config: RunConfig
    arguments: Sequence[str]
    folder: Path | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """Tells it from the others of a command."""
        return self.label or f"{self.experiment} seed {self.config.seed}"


@dataclass(frozen=True, kw_only=True)
class JobOutcome:
    """How a planned run ended.

    Attributes:
        planned: What was planned.
        folder: Its folder; None where it came to none.
        error: What stood in the way: a `UsageError` or a `RunError`; None where nothing did.
        interrupted: Whether it was stopped, with everything kept.
    """

    planned: Planned
    folder: Path | None
    error: Exception | None = None
    interrupted: bool = False
