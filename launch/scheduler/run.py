"""The interface of a run: what commands and the scheduler ask of both kinds of runs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from common.errors import UsageError
from launch.config.run import RunConfig
from launch.config.serialization import identity
from launch.run_folder import result
from launch.run_folder.names import resume_hint
from launch.terminal.progress import ProgressDisplay


class SubmittedRun(Protocol):
    """A run that Ray has been asked to execute."""

    @property
    def waits_for(self) -> Any:
        """Ray's reference that is ready when `advance` has something to do."""
        ...

    def advance(self) -> "Outcome | None":
        """Takes what the run has handed over; its outcome once it is over."""
        ...

    def show_progress(self) -> None:
        """Shows how far the run is, where that has to be looked up."""
        ...

    def stop(self) -> "Outcome | None":
        """Asks the run to stop with everything kept; its outcome where it had not begun."""
        ...

    def kill(self) -> "Outcome":
        """Ends the run at once."""
        ...


@dataclass(frozen=True, kw_only=True)
class Run(ABC):
    """One execution of an experiment, to be made or to be continued.

    Attributes:
        experiment: The experiment's name.
        config: The run's config.
        arguments: The command line, kept with the run; empty from Python.
        folder: The folder of an unfinished run to continue; None for a new one.
        label: The run's name among those of a command; "" takes experiment and seed.
    """

    DRIVES_RAY: ClassVar[bool]
    """Whether the run, executed in this process, starts Ray for its own workers."""

    experiment: str
    config: RunConfig
    arguments: Sequence[str] = ()
    folder: Path | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """The run's name among those of a command."""
        return self.label or f"{self.experiment} seed {self.config.seed}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """The settings that two runs with the same bits share, as plain JSON values."""
        return identity(self.config)

    @classmethod
    def completed(cls, config: RunConfig) -> RunConfig:
        """The config of a new run, with what has to be looked up in files that it names.

        Raises:
            UsageError: There is no such file.
        """
        return config

    @property
    @abstractmethod
    def threads(self) -> int | None:
        """Threads that TensorFlow has in this process if the run is executed here; None is any.

        A process fixes their number at its first import of TensorFlow.
        """

    @abstractmethod
    def check_resources(self) -> None:
        """Makes sure that the connected cluster has the CPUs, GPUs and memory of the run.

        Raises:
            UsageError: It never will have them.
        """

    @abstractmethod
    def execute(self, display: ProgressDisplay, interrupted: Callable[[], bool]) -> "Outcome":
        """Executes the run in this process, from its start or its newest checkpoint.

        Args:
            display: Shows its progress.
            interrupted: Whether to stop, with everything kept.

        Raises:
            KeyboardInterrupt: Somebody insisted on an end at once.
        """

    @abstractmethod
    def submit(self, display: ProgressDisplay) -> SubmittedRun:
        """Asks Ray to execute the run.

        Raises:
            UsageError: Its folder cannot be made, or it cannot be continued.
        """

    @abstractmethod
    def resumed(self, changes: Mapping[str, Any]) -> Self:
        """The run as it goes on, to the same bits, with some of its settings changed.

        Args:
            changes: New values of settings that say how it runs, by name.

        Raises:
            UsageError: This kind of run has no such setting, or its bits would change.
        """

    @abstractmethod
    def evaluate(self, settings: Mapping[str, Any]) -> Iterable[str]:
        """Scores the trained policy or model once more.

        Args:
            settings: What a user asked for, by the name of its flag.

        Returns:
            The scores, in lines, each as soon as it is known.

        Raises:
            UsageError: This kind of run has no such setting, or it cannot be scored.
        """

    @abstractmethod
    def export(self, settings: Mapping[str, Any]) -> list[str]:
        """Makes a file of the trained policy or model that works without Actorlab.

        Args:
            settings: What a user asked for, by the name of its flag.

        Returns:
            What was done, in lines.

        Raises:
            UsageError: This kind of run has no such setting, or has no model.
            RunError: The model cannot be converted, or the file gives something else than the run.
        """


def refuse_others(given: Mapping[str, Any], known: Collection[str], run: Path, kind: str) -> None:
    """Makes sure that only settings of one kind of runs were given.

    Args:
        given: Settings by name.
        known: Names of those that this kind has.
        run: The run's folder, for the message.
        kind: Such as "a supervised run".

    Raises:
        UsageError: One of them is of the other kind.
    """
    for name in given:
        if name not in known:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag}: {run} is {kind}, which has no such setting")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended.

    Attributes:
        run: The run.
        folder: Its folder; None where none was made.
        error: What stood in the way: a `UsageError` or a `RunError`; None where nothing did.
        interrupted: Whether it was stopped, with everything kept.
    """

    run: Run
    folder: Path | None
    error: Exception | None = None
    interrupted: bool = False

    def in_a_line(self) -> str:
        """What became of the run."""
        if self.error is not None:
            return f"failed: {self.error}"
        if self.folder is None:
            return "not started"
        if self.interrupted:
            return f"interrupted{resume_hint(self.folder)}"
        found = result.read(self.folder)
        return f"{found.in_a_line()}  {found.wall_seconds:.1f} s  {self.folder}"
