"""The base class of the configs of both kinds of runs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from launch.config.execution import OutputConfig

Kind = Literal["rl", "supervised"]
"""Kinds of runs: reinforcement learning, and supervised jobs."""


class RunConfig(ABC):
    """The settings of a run: a frozen, keyword-only dataclass.

    Attributes:
        seed: Seed of everything random.
        final: Whether it is scored at its end on what chose nothing, as a search's trials are not.
        output: Where the run's folder goes.
    """

    KIND: ClassVar[Kind]
    """Which kind of run it is."""
    HOW_IT_RUNS: ClassVar[tuple[str, ...]]
    """Fields that say where and how the run is executed, and leave no trace in its bits."""
    UNSEEN: ClassVar[tuple[str, ...]] = ()
    """Flags that keep a run among many from making what is only looked at."""
    WITHOUT_FLAG: ClassVar[tuple[str, ...]] = ()
    """Fields that are found out, and that no flag sets."""

    seed: int
    final: bool
    output: OutputConfig

    @property
    @abstractmethod
    def task(self) -> str:
        """What is to be learned: the name of an environment or of a job."""

    @property
    @abstractmethod
    def method(self) -> type:
        """What learns it: the class of the agent or of the job."""

    @property
    @abstractmethod
    def modules(self) -> set[str]:
        """The modules that a process has to import before it can execute the run."""

    @property
    @abstractmethod
    def uses_ray(self) -> bool:
        """Whether the run is executed on a Ray cluster."""

    @property
    @abstractmethod
    def address(self) -> str | None:
        """The Ray cluster to join; None takes RAY_ADDRESS, or starts one on this machine."""

    @abstractmethod
    def with_seed(self, seed: int) -> Self:
        """The config of the same run with another seed."""

    @property
    def has_idle_workers(self) -> bool:
        """Whether the run asks for workers that would have nothing to do."""
        return False

    def without_workers(self) -> Self:
        """The config of the same run without workers."""
        return self

    def look_for_data(self) -> None:
        """Makes sure that a run finds or can download what it reads, before anything starts.

        Raises:
            UsageError: It does not.
        """
        return  # most runs read nothing

    def reads_the_same_as(self, earlier: "RunConfig", since: float) -> bool:
        """Whether it reads what an earlier run of the same settings read, as far as places tell.

        Args:
            earlier: The config of that run.
            since: When that run began, in seconds since 1970.
        """
        return True  # most runs read nothing

    @abstractmethod
    def settled(self, default: "RunConfig") -> Self:
        """The config with what follows from its flags.

        Args:
            default: The experiment's config before any flag was applied.

        Raises:
            UsageError: A folder that it names does not exist.
        """

    @abstractmethod
    def describe_step(self, step: int) -> str:
        """What the step of a checkpoint counts, in words, such as "4,096 of 80,000 env steps"."""

    def identity_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The part of the config that the run's bits depend on.

        Args:
            values: The config as plain JSON values.
        """
        return {name: value for name, value in values.items() if name not in self.HOW_IT_RUNS}
