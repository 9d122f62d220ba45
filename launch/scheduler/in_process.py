"""Executes runs one after another in this process, without Ray."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from common.errors import UsageError
from launch.scheduler.run import Outcome, Run
from launch.terminal.progress import ProgressDisplay


def execute(
    runs: Iterable[Run | None],
    display: ProgressDisplay,
    interrupted: Callable[[], bool],
    finished: Callable[[Outcome], None],
) -> list[Outcome]:
    """Executes runs here, in their order.

    Args:
        runs: The runs.
        display: Shows their progress.
        interrupted: Whether to stop: the run under way then ends with everything kept, and the
            others do not start.
        finished: Told each outcome as it comes.

    Raises:
        UsageError: They ask for different numbers of threads, which a process fixes once.
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    threads: set[int] = set()
    outcomes: list[Outcome] = []
    with display:
        for run in runs:
            assert run is not None, "nothing else is under way that it could wait for"
            display.expect(len(outcomes) + 1)
            if run.threads is not None:
                threads.add(run.threads)
            if len(threads) > 1:
                raise UsageError(f"--local: one number of --cpus only, got {sorted(threads)}")
            if interrupted() or any(outcome.interrupted for outcome in outcomes):
                outcome = Outcome(run=run, folder=None, interrupted=True)
            else:
                alone = replace(run, config=run.config.without_workers())
                outcome = alone.execute(display, interrupted)
            display.end(run.name, outcome.in_a_line())
            outcomes.append(outcome)
            finished(outcome)
    return outcomes
