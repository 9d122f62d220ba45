"""Processes that share the work of a supervised job: Ray actors with an object each."""

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
from common.text import with_kind
from launch.cluster.actor_group import WATCH, ActorGroup, stored
from launch.cluster.slots import Call, Slot
from launch.config.supervised import SupervisedConfig
from supervised.core.job import module_of
from supervised.core.sharing.group import ResultLost

_LOG = logging.getLogger(__name__)
_SILENCE_SECONDS = 60.0
_MOST_RESTARTS = 100  # in the life of a group


class Member:
    """A Ray actor that holds an object of the job, and computes with the job's settings.

    The object is made by a call of its own, after the actor has started. So an actor that answers
    has its place on the cluster, however long TensorFlow then takes to be imported.
    """

    works: ClassVar[bool] = True

    def __init__(self, config: SupervisedConfig, making: Sequence[Any]):
        """Starts without the object.

        Args:
            config: The job's config.
            making: Ray's references to what is called to make the object, and to its arguments.
        """
        self._config, self._making = config, making
        self._object: Any = None

    def make(self) -> str:
        """Makes the object; returns a warning where the process lacks a GPU, or nothing."""
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
        """Calls a method of the object, which is made first where `make` has failed."""
        if self._object is None:
            self.make()
        return getattr(self._object, method)(*arguments)

    def current_call(self) -> None:
        """Answers nothing; a process that hangs as a whole does not even answer."""


class StorageMember(Member):
    """A member that only keeps arrays, such as a parameter server; it reserves no CPU or GPU."""

    works: ClassVar[bool] = False


class JobWorkers:
    """Implements `supervised.core.sharing.group.WorkerGroup` with a group of Ray actors."""

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
            config: The job's config.
            group: Ray's placement group of the job; its last place is that of a worker.
            kind: What is called to make the object of each process.
            arguments: Arguments of `kind`.
            count: How many processes there are.
            name: What they are called in messages.
            reserve: Whether CPUs and GPUs are reserved; processes that only keep arrays need none.
        """
        self.restarts = 0
        self._config, self._group, self._reserve = config, group, reserve
        self._making = [stored(value) for value in (kind, *arguments)]
        self._warnings: list[Any] = []  # Ray's references to what `Member.make` returns
        # As much as the job's placement group has for a worker, whatever the cluster has now.
        cpus = group.bundle_specs[-1].get("CPU", 0.0) if reserve else 0.0
        gpus = config.resources.gpus if reserve else 0.0
        slots = [
            Slot(number=number, name=f"{name} {number}", cpus=cpus, gpus=gpus)
            for number in range(count)
        ]
        self._actors = ActorGroup(self, slots, _SILENCE_SECONDS, unit="call")

    def __len__(self) -> int:
        return len(self._actors.slots)

    def call(self, member: int, method: str, *arguments: Any, results: int = 1) -> Call:
        slot = self._actors.slots[member]
        return self._actors.submit(slot, "call", method, *arguments, results=results)

    def answers(self, calls: Sequence[Call], wanted: int | None = None) -> list[Call]:
        done = self._actors.wait(calls, wanted)
        self._warn()
        return done

    def forget(self) -> None:
        self._actors.forget()

    def close(self) -> None:
        self._actors.close()

    def start_actor(self, slot: Slot) -> Any:
        remote: Any = ray.remote
        member = remote(concurrency_groups=WATCH)(Member if self._reserve else StorageMember)
        # One that has to share a CPU, its place being lost, shares memory, too.
        memory = int(self._config.resources.memory_gb * 1e9) if slot.cpus else 0
        reserved = member.options(
            num_cpus=slot.cpus,
            num_gpus=slot.gpus,
            memory=memory,
            scheduling_strategy=PlacementGroupSchedulingStrategy(self._group),
        )
        actor = reserved.remote(self._config, self._making)
        self._warnings.append(actor.make.remote())
        return actor

    def on_actor_lost(self, slot: Slot) -> None:
        if self.restarts >= _MOST_RESTARTS:
            raise RunError(f"{slot.name}: {_MOST_RESTARTS} processes like it have died: giving up")
        self.restarts += 1

    def is_hung(self, slot: Slot, current_call: None) -> bool:
        return False

    def to_error(self, error: RayTaskError) -> Exception:
        """What our own code raised comes out as it is; anything else ends the run."""
        cause = error.cause
        if isinstance(cause, RayError):
            return ResultLost(f"what it had answered, too: {type(cause).__name__}")
        if type(cause).__module__.partition(".")[0] in ("supervised", "launch"):
            return cause
        message = f"a process of the job failed: {with_kind(cause)}"
        return RunError(message, str(error))

    def _warn(self) -> None:
        """Logs the warnings of new processes. Where making an object failed, its calls fail too."""
        if self._warnings:
            come, self._warnings = ray.wait(
                self._warnings, num_returns=len(self._warnings), timeout=0
            )
            for reference in come:
                with suppress(RayError):
                    if warning := ray.get(reference):
                        _LOG.warning(warning)
