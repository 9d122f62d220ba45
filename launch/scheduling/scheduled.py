"""The two kinds of jobs as the scheduler handles them."""

import logging
import os
import signal
from contextlib import suppress
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from common.errors import RunError, UsageError
from common.text import one_line
from launch import run_folder
from launch.acting import runs
from launch.cluster import shared_bundles, worker_cpus
from launch.configs import SupervisedConfig, TrainingConfig
from launch.errors import way_out
from launch.reporting import summaries
from launch.scheduling.board import Board
from launch.scheduling.planned import JobOutcome, Planned
from launch.supervising.desk import Desk, explained
from launch.supervising.job_host import stream
from launch.tracking import last_record

_LOG = logging.getLogger(__name__)
_ACTING_RETRIES = 3


class SupervisedJob:
    """A supervised job: a Ray generator whose messages are kept here, in its run folder.

    A job whose worker dies is started again from its last checkpoint.
    """

    def __init__(self, planned: Planned, config: SupervisedConfig, board: Board):
        """Hands the job to Ray.

        Args:
            planned: What to run.
            config: Its config.
            board: Shows its progress.

        Raises:
            UsageError: The run to be continued cannot be.
        """
        self._planned, self._config = planned, config
        self._desk = Desk(planned, config, board)
        self._losses = 0  # workers lost since its last checkpoint
        self._stopping = False
        # Its workers and the job are placed together or not at all, like those of an `ActingJob`.
        bundles = shared_bundles(config.resources)
        self._group = placement_group(bundles) if bundles else None
        self._submit()

    @property
    def waits_for(self) -> Any:
        return self._generator

    def look(self, board: Board) -> None:
        pass  # its messages come by themselves

    def advance(self, board: Board) -> JobOutcome | None:
        try:
            messages = ray.get(next(self._generator))
        except StopIteration:
            return self._close(None)
        except RayTaskError as error:
            return self._close(explained(error.cause, str(error)))
        except RayError as error:
            return self._lost(error)
        try:
            for kind, arguments in messages:
                self._desk.take(kind, arguments)
                if kind == "checkpoint":
                    self._losses = 0
                    if self._stopping:
                        return self.kill()
        except (OSError, UsageError, RunError) as error:
            self._cancel()
            return self._close(explained(error, ""))
        return None

    def stop(self) -> JobOutcome | None:
        self._stopping = True
        # One that has begun comes to its next checkpoint, or to its end.
        return None if self._desk.begun else self.kill()

    def kill(self) -> JobOutcome:
        self._cancel()
        return self._close(None, interrupted=True)

    def _cancel(self) -> None:
        ray.cancel(self._generator, force=True)

    def _close(self, error: Exception | None, interrupted: bool = False) -> JobOutcome:
        if self._group is not None:
            remove_placement_group(self._group)
        return self._desk.close(error, interrupted)

    def _submit(self) -> None:
        resources = self._config.resources
        alone = self._group is None
        # A process of its own: TensorFlow fixes its threads at its import, and keeps some memory of
        # every program it has compiled.
        task: Any = ray.remote(max_calls=1)(stream)
        self._generator = task.options(
            name=self._planned.name,
            num_cpus=resources.cpus if alone else 0,
            num_gpus=resources.gpus if alone else 0,
            memory=int(resources.memory_gb * 1e9),
            max_retries=0,
            scheduling_strategy="DEFAULT" if alone else _within(self._group),
        ).remote(self._config, self._desk.restored())

    def _lost(self, error: RayError) -> JobOutcome | None:
        """Starts the job again where its worker or its node died."""
        self._losses += 1
        why = f"its process died ({type(error).__name__})"
        if self._losses > self._config.schedule.max_retries:
            why = f"{why} {self._losses} times without a checkpoint in between"
            return self._close(RunError(why))
        _LOG.warning("%s: %s; started again from its last checkpoint", self._planned.name, why)
        self._desk.lost()
        self._submit()
        return None


class ActingJob:
    """A reinforcement learning run: a Ray task on this machine that has its own workers.

    Learner and workers are placed together or not at all, so that runs never wait for each other
    halfway. The task writes the run's folder by itself; its progress is read there.
    """

    def __init__(self, planned: Planned, config: TrainingConfig):
        """Hands the run to Ray.

        Args:
            planned: What to run.
            config: Its config.
        """
        self._planned = planned
        self._folder = (planned.folder or run_folder.reserve(planned.experiment, config)).absolute()
        output = replace(config.output, run_dir=self._folder)
        self._config = replace(config, output=output)
        here = {f"node:{ray.util.get_node_ip_address()}": 0.001}
        self._group = placement_group(_bundles(config, here))
        self._here = here
        self._losses = 0
        self._shown = False
        self._told = False
        self._submit()

    @property
    def waits_for(self) -> Any:
        return self._task

    def advance(self, board: Board) -> JobOutcome | None:
        error: Exception | None = None
        try:
            ray.get(self._task)
        except RayTaskError as failed:
            cause = failed.cause
            known = isinstance(cause, UsageError | RunError)
            message = f"{type(cause).__name__}: {one_line(cause)}"
            error = cause if known else self._traced(message, str(failed))
        except RayError as lost:
            self._losses += 1
            why = f"its process died ({type(lost).__name__})"
            if self._losses <= _ACTING_RETRIES and not self._told:
                _LOG.warning("%s: %s; resumed from its last checkpoint", self._planned.name, why)
                self._submit()
                return None
            error = RunError(f"{why}{way_out(self._folder)}")
        outcome = self._closed(error)
        board.ends(self._planned.name, summaries.line(outcome))
        return outcome

    def look(self, board: Board) -> None:
        done = last_record(self._folder)
        if done is None:
            return
        if not self._shown:
            self._shown = True
            board.begins(self._planned.name)
        text = f"return {done['episode/return']:.4g}" if "episode/return" in done else ""
        board.update(self._planned.name, done["env_steps"], self._config.env_steps, text)

    def stop(self) -> JobOutcome | None:
        holder = run_folder.holder(self._folder)
        if holder is None:
            return self.kill()
        self._told = True
        with suppress(ProcessLookupError):
            os.kill(holder, signal.SIGTERM)
        return None  # it saves everything first

    def kill(self) -> JobOutcome:
        ray.cancel(self._task, force=True)
        return self._closed(None)

    def _submit(self) -> None:
        task: Any = ray.remote(act)
        self._task = task.options(
            name=self._planned.name,
            num_cpus=0,
            resources=self._here,
            max_retries=0,
            scheduling_strategy=_within(self._group),
        ).remote(self._planned.experiment, self._config, list(self._planned.arguments))

    def _traced(self, message: str, trace: str) -> RunError:
        """An error that the run itself did not see coming, its traceback kept where it can be."""
        failure = self._folder / run_folder.FAILURE
        try:
            failure.write_text(trace)
        except OSError:
            return RunError(message)
        return RunError(f"{message} (traceback in {failure})")

    def _closed(self, error: Exception | None) -> JobOutcome:
        remove_placement_group(self._group)
        began = (self._folder / run_folder.CONFIG).exists()
        if not began and self._planned.folder is None:
            with suppress(OSError):
                self._folder.rmdir()
        stopped = run_folder.status(self._folder) != "finished"
        return JobOutcome(
            planned=self._planned,
            folder=self._folder if began else None,
            error=error,
            interrupted=error is None and stopped,
        )


def _within(group: Any) -> PlacementGroupSchedulingStrategy:
    """The first place of a group, for a task whose own workers take the others."""
    return PlacementGroupSchedulingStrategy(
        group, placement_group_bundle_index=0, placement_group_capture_child_tasks=True
    )


def act(experiment: str, config: TrainingConfig, arguments: list[str]) -> None:
    """Makes a reinforcement learning run, or continues the one in its folder."""
    folder = config.output.run_dir
    assert folder is not None
    if (folder / run_folder.CONFIG).exists():
        runs.resume(folder, config.placement, config.faults)
    else:
        runs.train(experiment, config, arguments)


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
