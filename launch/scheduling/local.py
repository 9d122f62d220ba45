"""Jobs one after another in this process, without Ray."""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from common.errors import RunError, UsageError
from launch import run_folder
from launch.configs import SupervisedConfig, TrainingConfig
from launch.reporting import summaries
from launch.scheduling.board import Board
from launch.scheduling.planned import JobOutcome, Planned
from launch.supervising.desk import Desk, explained
from launch.supervising.job_host import execute


class _Stop(BaseException):
    """Ends a job at a checkpoint; no job takes it for an error of its own."""


def run(
    jobs: Iterable[Planned | None],
    interrupted: Callable[[], bool],
    finished: Callable[[JobOutcome], None] = lambda outcome: None,
) -> list[JobOutcome]:
    """Runs jobs here, in their order.

    Args:
        jobs: What to run.
        interrupted: Whether to stop: the job under way ends at its next checkpoint.
        finished: Told each outcome as it comes.

    Raises:
        UsageError: They ask for different numbers of threads, which a process fixes once.
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    threads: set[int] = set()
    outcomes: list[JobOutcome] = []
    with Board() as board:
        for planned in jobs:
            assert planned is not None, "nothing else is under way that it could wait for"
            board.expect(len(outcomes) + 1)
            if isinstance(planned.config, SupervisedConfig):
                threads.add(planned.config.resources.cpus)
            if len(threads) > 1:
                raise UsageError(f"--local: one number of --cpus only, got {sorted(threads)}")
            if interrupted() or any(outcome.interrupted for outcome in outcomes):
                outcome = JobOutcome(planned=planned, folder=None, interrupted=True)
            elif isinstance(planned.config, SupervisedConfig):
                outcome = _supervised(planned, planned.config, interrupted, board)
            else:
                outcome = _acting(planned, planned.config, board)
            outcomes.append(outcome)
            finished(outcome)
    return outcomes


def _supervised(
    planned: Planned, config: SupervisedConfig, interrupted: Callable[[], bool], board: Board
) -> JobOutcome:
    desk = Desk(planned, config, board)

    def send(kind: str, *arguments: Any) -> None:
        try:
            desk.take(kind, arguments)
        except OSError as error:  # ours, where the job's own are told with their traceback
            raise explained(error, "") from None
        if kind == "checkpoint" and interrupted():
            raise _Stop

    try:
        execute(config, desk.restored(), send)
    except _Stop:
        return desk.close(None, interrupted=True)
    except KeyboardInterrupt:
        desk.close(None, interrupted=True)
        raise
    except Exception as error:
        return desk.close(explained(error, traceback.format_exc()))
    return desk.close(None)


def _acting(planned: Planned, config: TrainingConfig, board: Board) -> JobOutcome:
    from launch.acting import runs  # no supervised job needs it

    here = replace(config, placement=replace(config.placement, workers=0, address=None))
    folder, error = planned.folder, None
    try:
        if folder is None:
            folder, _ = runs.train(planned.experiment, here, planned.arguments)
        else:
            runs.resume(folder, here.placement, here.faults)
    except (UsageError, RunError) as raised:
        error = raised
    stopped = folder is not None and not error and run_folder.status(folder) == "interrupted"
    outcome = JobOutcome(planned=planned, folder=folder, error=error, interrupted=stopped)
    board.ends(planned.name, summaries.line(outcome))
    return outcome
