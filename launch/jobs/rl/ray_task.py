"""A reinforcement learning run on a cluster, among others: a Ray task on this machine."""

import logging
import os
import signal
from contextlib import suppress
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.placement_group import placement_group, remove_placement_group

from common.errors import RunError, UsageError
from common.text import with_kind
from launch.cluster.capacity import worker_cpus
from launch.cluster.placement_group import first_place
from launch.config.training import TrainingConfig
from launch.jobs.rl import execution
from launch.run_folder import location, lock, result
from launch.run_folder.metrics import last_record
from launch.run_folder.names import CONFIG, FAILURE, resume_hint, traceback_hint
from launch.scheduler.run import Outcome, Run
from launch.terminal.progress import ProgressDisplay

_LOG = logging.getLogger(__name__)
_RETRIES = 3


class SubmittedTraining:
    """Implements `launch.scheduler.run.SubmittedRun`.

    Learner and workers are placed together or not at all, so that no two runs wait for each other
    with half of their workers placed. The task writes the run's folder by itself; its progress is
    read there.
    """

    def __init__(self, run: Run, config: TrainingConfig, display: ProgressDisplay):
        """Asks Ray to execute the run.

        Args:
            run: The run.
            config: Its config.
            display: Shows its progress.

        Raises:
            UsageError: Its folder cannot be made.
        """
        self._run, self._display = run, display
        self._folder = (run.folder or location.reserve(run.experiment, config)).absolute()
        self._config = replace(config, output=replace(config.output, run_dir=self._folder))
        self._here = {f"node:{ray.util.get_node_ip_address()}": 0.001}
        self._group = placement_group(_bundles(config, self._here))
        self._deaths = 0
        self._has_line = False
        self._stopping = False
        self._submit()

    @property
    def waits_for(self) -> Any:
        return self._task

    def advance(self) -> Outcome | None:
        try:
            ray.get(self._task)
        except RayTaskError as failed:
            cause = failed.cause
            if isinstance(cause, UsageError | RunError):
                return self._close(cause)
            message = with_kind(cause)
            return self._close(self._traced(message, str(failed)))
        except RayError as lost:
            self._deaths += 1
            why = f"its process died ({type(lost).__name__})"
            if self._deaths <= _RETRIES and not self._stopping:
                _LOG.warning("%s: %s; resumed from its last checkpoint", self._run.name, why)
                self._submit()
                return None
            return self._close(RunError(f"{why}{resume_hint(self._folder)}"))
        return self._close(None)

    def show_progress(self) -> None:
        done = last_record(self._folder)
        if done is None:
            return
        if not self._has_line:
            self._has_line = True
            self._display.begin(self._run.name)
        values = {"return": done["iteration/return"]} if "iteration/return" in done else {}
        self._display.update(
            self._run.name, done["env_steps"], self._config.env_steps, unit="steps", values=values
        )

    def stop(self) -> Outcome | None:
        process = lock.holder(self._folder)
        if process is None:
            return self.kill()
        self._stopping = True
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
        return None  # it saves everything first

    def kill(self) -> Outcome:
        ray.cancel(self._task, force=True)
        return self._close(None)

    def _submit(self) -> None:
        task: Any = ray.remote(_execute)
        self._task = task.options(
            name=self._run.name,
            num_cpus=0,
            resources=self._here,
            max_retries=0,
            scheduling_strategy=first_place(self._group),
        ).remote(self._run.experiment, self._config, list(self._run.arguments))

    def _traced(self, message: str, trace: str) -> RunError:
        """An error that the run did not foresee; its traceback is kept where that is possible."""
        try:
            (self._folder / FAILURE).write_text(trace)
        except OSError:
            return RunError(message)
        return RunError(f"{message}{traceback_hint(self._folder)}")

    def _close(self, error: Exception | None) -> Outcome:
        remove_placement_group(self._group)
        began = (self._folder / CONFIG).exists()
        if not began and self._run.folder is None:
            with suppress(OSError):
                self._folder.rmdir()
        stopped = result.status(self._folder) != "finished"
        return Outcome(
            run=self._run,
            folder=self._folder if began else None,
            error=error,
            interrupted=error is None and stopped,
        )


def _execute(experiment: str, config: TrainingConfig, arguments: list[str]) -> None:
    """Makes a reinforcement learning run in Ray's process, or continues the one in its folder."""
    folder = config.output.run_dir
    assert folder is not None
    if (folder / CONFIG).exists():
        execution.resume(folder, config)
    else:
        execution.train(experiment, config, arguments)


def _bundles(config: TrainingConfig, here: dict[str, float]) -> list[dict[str, float]]:
    """What a run needs: a place on this machine, its workers' CPUs and GPUs, its learner's GPU."""
    placement = config.placement
    bundles = [dict(here)]
    for _ in range(placement.workers):
        worker = {"CPU": worker_cpus(placement.workers), "GPU": placement.worker_gpus}
        bundles.append({name: amount for name, amount in worker.items() if amount})
    if placement.workers and placement.learner_gpus:
        bundles.append({"GPU": placement.learner_gpus})
    return bundles
