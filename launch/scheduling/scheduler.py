"""Jobs of both kinds on one cluster: placed by what they need, retried, stopped, told apart."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import ray

from launch.cluster import check_gpus, check_resources
from launch.configs import SupervisedConfig, TrainingConfig
from launch.scheduling.board import Board
from launch.scheduling.planned import JobOutcome, Planned
from launch.scheduling.scheduled import ActingJob, SupervisedJob

_LOOK_SECONDS = 0.5


class ScheduledJob(Protocol):
    """A job that the scheduler has handed to Ray."""

    @property
    def waits_for(self) -> Any:
        """What is ready when there is something to do for it."""
        ...

    def advance(self, board: Board) -> JobOutcome | None:
        """Does what there is to do; its outcome once it is over."""
        ...

    def look(self, board: Board) -> None:
        """Shows how far it is, where that has to be looked up."""
        ...

    def stop(self) -> JobOutcome | None:
        """Asks it to stop and keep everything; its outcome where it had not begun."""
        ...

    def kill(self) -> JobOutcome:
        """Ends it at once."""
        ...


def run(
    jobs: Iterable[Planned | None],
    interrupted: Callable[[], bool],
    finished: Callable[[JobOutcome], None] = lambda outcome: None,
) -> list[JobOutcome]:
    """Runs jobs on the connected cluster, as many at once as their needs allow.

    Args:
        jobs: What to run. Ray is asked for all of them at once, and takes them in an order of its
            own; None stands for a job that cannot be named before another one has ended.
        interrupted: Whether to stop: each job then ends where it can go on without a loss.
        finished: Told each outcome as it comes.

    Returns:
        The outcomes of the jobs that were handed out, in their order.

    Raises:
        UsageError: A job can never be placed.
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    order: list[str] = []
    outcomes: dict[str, JobOutcome] = {}
    supply = iter(jobs)
    with Board() as board:
        waiting: list[ScheduledJob] = []

        def ends(job: ScheduledJob, outcome: JobOutcome) -> None:
            waiting.remove(job)
            outcomes[outcome.planned.name] = outcome
            finished(outcome)

        stopping = False
        try:
            while True:
                while not stopping and (planned := next(supply, None)) is not None:
                    _check(planned)
                    waiting.append(_scheduled(planned, board))
                    order.append(planned.name)
                    board.expect(len(order))
                if not waiting:
                    break
                if interrupted() and not stopping:
                    stopping = True
                    for job in list(waiting):
                        if (outcome := job.stop()) is not None:
                            ends(job, outcome)
                for job in _ready(waiting):
                    if (outcome := job.advance(board)) is not None:
                        ends(job, outcome)
                for job in waiting:
                    job.look(board)
        finally:
            for job in list(waiting):
                ends(job, job.kill())
    return [outcomes[name] for name in order]


def _check(planned: Planned) -> None:
    if isinstance(planned.config, SupervisedConfig):
        check_resources(planned.experiment, planned.config.resources)
    else:
        check_gpus(planned.config.placement)


def _scheduled(planned: Planned, board: Board) -> ScheduledJob:
    if isinstance(planned.config, TrainingConfig):
        return ActingJob(planned, planned.config)
    return SupervisedJob(planned, planned.config, board)


def _ready(jobs: Sequence[ScheduledJob]) -> list[ScheduledJob]:
    """Jobs that there is something to do for; comes back after a while in any case."""
    if not jobs:
        return []
    by_reference = {job.waits_for: job for job in jobs}
    ready, _ = ray.wait(
        list(by_reference),
        num_returns=1,
        timeout=_LOOK_SECONDS,
        fetch_local=False,
    )
    return [by_reference[reference] for reference in ready]
