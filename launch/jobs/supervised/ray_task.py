"""A supervised job on a cluster: one Ray generator task, whose events are kept by this process."""

import logging
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.placement_group import placement_group, remove_placement_group

from common.errors import RunError, UsageError
from launch.cluster.capacity import shared_bundles
from launch.cluster.placement_group import first_place
from launch.config.supervised import SupervisedConfig
from launch.jobs.supervised.process import stream
from launch.jobs.supervised.receiver import EventReceiver, explained
from launch.run_folder.events import Checkpoint
from launch.scheduler.run import Outcome, Run
from launch.terminal.progress import ProgressDisplay

_LOG = logging.getLogger(__name__)


class SubmittedJob:
    """Implements `launch.scheduler.run.SubmittedRun`.

    A job whose process dies is started again from its last checkpoint.
    """

    def __init__(self, run: Run, config: SupervisedConfig, display: ProgressDisplay):
        """Asks Ray to execute the job.

        Args:
            run: The run.
            config: Its config.
            display: Shows its progress.

        Raises:
            UsageError: The run cannot be continued.
        """
        self._run, self._config = run, config
        self._receiver = EventReceiver(run, config, display)
        self._deaths = 0  # of its process since its last checkpoint
        self._stopping = False
        # The job and its workers are placed together or not at all, so that no two jobs wait for
        # each other with half of their workers placed.
        bundles = shared_bundles(config.resources)
        self._group = placement_group(bundles) if bundles else None
        display.activity(run.name, "waiting for its place on the cluster")
        self._submit()

    @property
    def waits_for(self) -> Any:
        return self._generator

    def show_progress(self) -> None:
        pass  # its events bring it

    def advance(self) -> Outcome | None:
        try:
            events = ray.get(next(self._generator))
        except StopIteration:
            return self._close(None)
        except RayTaskError as error:
            return self._close(explained(error.cause, str(error)))
        except RayError as error:
            return self._restart(error)
        try:
            for event in events:
                self._receiver.take(event)
                if isinstance(event, Checkpoint):
                    self._deaths = 0
                    if self._stopping:
                        return self.kill()
        except (OSError, UsageError, RunError) as error:
            self._cancel()
            return self._close(explained(error, ""))
        return None

    def stop(self) -> Outcome | None:
        self._stopping = True
        # One that has begun comes to its next checkpoint, or to its end.
        return None if self._receiver.has_begun else self.kill()

    def kill(self) -> Outcome:
        self._cancel()
        return self._close(None, interrupted=True)

    def _cancel(self) -> None:
        ray.cancel(self._generator, force=True)

    def _close(self, error: Exception | None, interrupted: bool = False) -> Outcome:
        if self._group is not None:
            remove_placement_group(self._group)
        return self._receiver.close(error, interrupted)

    def _submit(self) -> None:
        resources = self._config.resources
        alone = self._group is None
        # A process of its own: TensorFlow fixes its threads at its import, and keeps some memory of
        # every program it has compiled.
        task: Any = ray.remote(max_calls=1)(stream)
        self._generator = task.options(
            name=self._run.name,
            num_cpus=resources.cpus if alone else 0,
            num_gpus=resources.gpus if alone else 0,
            memory=int(resources.memory_gb * 1e9),
            max_retries=0,
            scheduling_strategy="DEFAULT" if alone else first_place(self._group),
        ).remote(self._config, self._receiver.restored())

    def _restart(self, error: RayError) -> Outcome | None:
        """Starts the job again after its process died, unless that happens too often."""
        self._deaths += 1
        why = f"its process died ({type(error).__name__})"
        if self._deaths > self._config.schedule.max_retries:
            why = f"{why} {self._deaths} times without a checkpoint in between"
            return self._close(RunError(why))
        _LOG.warning("%s: %s; started again from its last checkpoint", self._run.name, why)
        self._receiver.count_restart()
        self._submit()
        return None
