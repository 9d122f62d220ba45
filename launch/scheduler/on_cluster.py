"""Executes runs side by side on one cluster."""

from collections.abc import Callable, Iterable, Sequence

import ray

from launch.scheduler.run import Outcome, Run, SubmittedRun
from launch.terminal.progress import ProgressDisplay

_LOOK_SECONDS = 0.5


def execute(
    runs: Iterable[Run | None],
    display: ProgressDisplay,
    interrupted: Callable[[], bool],
    finished: Callable[[Outcome], None],
) -> list[Outcome]:
    """Executes runs on the connected cluster, as many at once as their needs allow.

    Args:
        runs: The runs. Ray is asked for all of them at once, and takes them in an order of its
            own; None stands for a run that cannot be named before another one has ended.
        display: Shows their progress.
        interrupted: Whether to stop: each run then ends where it can go on without a loss.
        finished: Told each outcome as it comes.

    Returns:
        The outcomes of the runs that were submitted, in their order.

    Raises:
        UsageError: A run can never be placed.
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    with display:
        queue = _Queue(iter(runs), display, finished)
        try:
            while queue.fill(interrupted()):
                queue.advance()
        finally:
            queue.kill()
    return queue.outcomes()


class _Queue:
    """The runs that are under way on the cluster, and the outcomes of those that are over."""

    def __init__(
        self,
        supply: Iterable[Run | None],
        display: ProgressDisplay,
        finished: Callable[[Outcome], None],
    ):
        self._supply, self._display, self._finished = iter(supply), display, finished
        self._under_way: dict[SubmittedRun, Run] = {}
        self._order: list[str] = []
        self._outcomes: dict[str, Outcome] = {}
        self._stopping = False

    def fill(self, stop: bool) -> bool:
        """Submits the runs that can be named; says whether any run is under way.

        Args:
            stop: Whether to submit no more, and to ask those under way to stop.
        """
        while not (stop or self._stopping) and (run := next(self._supply, None)) is not None:
            run.check_resources()
            self._under_way[run.submit(self._display)] = run
            self._order.append(run.name)
            self._display.expect(len(self._order))
        if stop and not self._stopping:
            self._stopping = True
            for submitted in list(self._under_way):
                self._end(submitted, submitted.stop())
        return bool(self._under_way)

    def advance(self) -> None:
        """Waits until a run has handed something over, or for a while, and takes it."""
        for submitted in _ready(list(self._under_way)):
            self._end(submitted, submitted.advance())
        for submitted in self._under_way:
            submitted.show_progress()

    def kill(self) -> None:
        """Ends all runs that are still under way."""
        for submitted in list(self._under_way):
            self._end(submitted, submitted.kill())

    def outcomes(self) -> list[Outcome]:
        """The outcomes, in the order of the runs."""
        return [self._outcomes[name] for name in self._order]

    def _end(self, submitted: SubmittedRun, outcome: Outcome | None) -> None:
        """Notes that a run is over, where it has an outcome."""
        if outcome is None:
            return
        run = self._under_way.pop(submitted)
        self._outcomes[run.name] = outcome
        self._display.end(run.name, outcome.in_a_line())
        self._finished(outcome)


def _ready(submitted: Sequence[SubmittedRun]) -> list[SubmittedRun]:
    """Runs that have handed something over; comes back after a while in any case."""
    if not submitted:
        return []
    by_reference = {run.waits_for: run for run in submitted}
    ready, _ = ray.wait(list(by_reference), num_returns=1, timeout=_LOOK_SECONDS, fetch_local=False)
    return [by_reference[reference] for reference in ready]
