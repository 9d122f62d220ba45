"""Processes that a supervised job shares its work with: Ray actors with an object each."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy
from threadpoolctl import threadpool_limits

from common.backend import prepare_job, set_precision
from common.errors import RunError
from common.text import one_line
from launch.configs import SupervisedConfig
from launch.crew import WATCH, Call, Crew, Seat, stored
from supervised.core.job import module_of
from supervised.core.sharing.group import ResultLost

_LOG = logging.getLogger(__name__)
_SILENCE_SECONDS = 60.0
_MOST_RESTARTS = 100  # of a crew


class Member:
    """An object in a process of its own, under the settings of its job.

    It is made after the process is there: one that says so has its place, however long TensorFlow
    then takes to be imported on a busy machine.
    """

    works: ClassVar[bool] = True

    def __init__(self, config: SupervisedConfig, making: Sequence[Any]):
        """Is there.

        Args:
            config: The job's.
            making: Stored: what is called to make the object, and its arguments.
        """
        self._config, self._making = config, making
        self._object: Any = None

    def make(self) -> str:
        """Makes the object; a warning where something is not as it was asked for, or nothing."""
        resources = self._config.resources
        gpus = resources.gpus if self.works else 0.0
        warning = prepare_job(resources.cpus, gpus, "a worker")
        set_precision(resources.precision)
        threadpool_limits(resources.cpus)
        module_of(self._config.job)  # which makes its layers known to Keras
        # Not before TensorFlow has its settings: reading what is stored may import it.
        kind, *arguments = ray.get(list(self._making))
        self._object = kind(*arguments)
        return warning

    def call(self, method: str, *arguments: Any) -> Any:
        """Calls a method of the object; where `make` has failed it fails again."""
        if self._object is None:
            self.make()
        return getattr(self._object, method)(*arguments)

    def under_way(self) -> None:
        """Answers, which a process that hangs as a whole does not."""


class Keeper(Member):
    """One that only keeps things: no CPU and no GPU is reserved for it."""

    works: ClassVar[bool] = False


class JobCrew:
    """Implements `supervised.core.sharing.group.WorkerGroup`."""

    def __init__(
        self,
        config: SupervisedConfig,
        group: Any,
        kind: Any,
        arguments: Sequence[Any],
        *,
        count: int,
        name: str,
        reserve: bool,
    ):
        """Asks Ray for the processes.

        Args:
            config: The job's.
            group: Ray's placement group of the job, the last place one of a worker.
            kind: What each of them makes.
            arguments: Of `kind`.
            count: How many.
            name: For messages.
            reserve: Whether CPUs and GPUs are reserved; those that only keep things need none.
        """
        self.restarts = 0
        self._config, self._group, self._reserve = config, group, reserve
        self._making = [stored(value) for value in (kind, *arguments)]
        self._warnings: list[Any] = []  # of `Member.make`, not come yet
        # Of a place that the job has, whatever became of the cluster since.
        cpus = group.bundle_specs[-1].get("CPU", 0.0) if reserve else 0.0
        gpus = config.resources.gpus if reserve else 0.0
        seats = [
            Seat(number=number, name=f"{name} {number}", cpus=cpus, gpus=gpus)
            for number in range(count)
        ]
        self._crew = Crew(self, seats, _SILENCE_SECONDS, unit="call")

    def __len__(self) -> int:
        return len(self._crew.seats)

    def call(self, member: int, method: str, *arguments: Any, results: int = 1) -> Call:
        return self._crew.submit(
            self._crew.seats[member], "call", method, *arguments, results=results
        )

    def answers(self, calls: Sequence[Call], wanted: int | None = None) -> list[Call]:
        done = self._crew.answers(calls, wanted)
        self._warn()
        return done

    def forget(self) -> None:
        self._crew.forget()

    def close(self) -> None:
        self._crew.close()

    def hire(self, seat: Seat) -> Any:
        """As `crew.Employer`."""
        remote: Any = ray.remote
        member = remote(concurrency_groups=WATCH)(Member if self._reserve else Keeper)
        # One that has to share a CPU, its place being lost, shares memory, too.
        memory = int(self._config.resources.memory_gb * 1e9) if seat.cpus else 0
        reserved = member.options(
            num_cpus=seat.cpus,
            num_gpus=seat.gpus,
            memory=memory,
            scheduling_strategy=PlacementGroupSchedulingStrategy(self._group),
        )
        actor = reserved.remote(self._config, self._making)
        self._warnings.append(actor.make.remote())
        return actor

    def lost(self, seat: Seat) -> None:
        """As `crew.Employer`."""
        if self.restarts >= _MOST_RESTARTS:
            raise RunError(f"{seat.name}: {_MOST_RESTARTS} processes like it have died: giving up")
        self.restarts += 1

    def heard(self, seat: Seat, under_way: None) -> bool:
        """As `crew.Employer`."""
        return False

    def failed(self, error: RayTaskError) -> Exception:
        """As `crew.Employer`: what our own code raised comes out as it is."""
        cause = error.cause
        if isinstance(cause, RayError):
            return ResultLost(f"what it had answered, too: {type(cause).__name__}")
        if type(cause).__module__.partition(".")[0] in ("supervised", "launch"):
            return cause
        message = f"a process of the job failed: {type(cause).__name__}: {one_line(cause)}"
        return RunError(message, str(error))

    def _warn(self) -> None:
        """Passes on what new processes warn of; where making one failed, its calls do too."""
        if self._warnings:
            come, self._warnings = ray.wait(
                self._warnings, num_returns=len(self._warnings), timeout=0
            )
            for reference in come:
                with suppress(RayError):
                    if warning := ray.get(reference):
                        _LOG.warning(warning)
