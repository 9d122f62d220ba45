"""Contiguous blocks of environments over a crew of Ray actors; one that fails is replaced."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from agents.weights import Weights
from common.errors import RunError
from common.ranges import split
from common.text import one_line
from envs.faults import EnvironmentFault, Place
from launch.cluster import worker_cpus
from launch.configs import PlacementConfig
from launch.crew import WATCH, Call, Crew, Seat, stored
from training.evaluation import Evaluated, Evaluation
from training.pool import Acting
from training.unroll import Positions
from training.worker import Played, RolloutWorker

_LOG = logging.getLogger(__name__)
_FETCH_SECONDS = 0.02  # between two looks whether the learner is done


class RayPool:
    """Spreads the environments over Ray actors.

    A worker that dies, whose node is lost, or that hangs or does not answer is replaced by one that
    stands where the streams stood after the iterations entered, and gets every call since then again.
    """

    def __init__(
        self,
        acting: Acting,
        placement: PlacementConfig,
        positions: Positions | None,
        entered: Callable[[], Positions],
    ):
        """Asks Ray for the workers; `wait_until_ready` waits for them.

        Args:
            acting: Who acts where.
            placement: How many workers there are, and what each has.
            positions: Where the streams stand; None starts them.
            entered: Where they stood after the iterations that were ended, to rebuild a lost block.
        """
        self.restarts = 0
        self._acting = acting
        self._first, self._entered = positions, entered
        self._iterations: deque[list[Call]] = deque()  # begun and not ended
        self._fetched: Played | None = None  # what came of the first of them
        self._blocks = split(acting.num_envs, placement.workers)
        self._doomed: list[set[Place]] = [set() for _ in self._blocks]
        seats = [
            Seat(
                number=number,
                name=f"worker {number} (environments {block.start}-{block.stop - 1})",
                cpus=worker_cpus(placement.workers),
                gpus=placement.worker_gpus,
            )
            for number, block in enumerate(self._blocks)
        ]
        self._crew = Crew(self, seats, acting.faults.hang_seconds, unit="iteration")

    def wait_until_ready(self) -> None:
        self._answers([self._crew.submit(seat, "ready") for seat in self._crew.seats])

    def take_over(self) -> None:
        """Has all streams stand where they do now, after others have played them.

        Raises:
            RunError: As `end`.
        """
        now = self._entered()
        blocks = [now.block(block) for block in self._blocks]
        self._answers(
            [self._crew.submit(seat, "go_to", blocks[seat.number]) for seat in self._crew.seats]
        )

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        arguments = (stored(weights), first_step, steps)
        self._iterations.append(
            [self._crew.submit(seat, "rollout", *arguments) for seat in self._crew.seats]
        )

    def answered(self) -> bool:
        return self._crew.answered(self._iterations[0])

    def fetch(self, over: Callable[[], bool]) -> None:
        calls = self._iterations[0] if self._iterations else []
        while calls and not over():
            if self._crew.answered(calls, _FETCH_SECONDS):
                with suppress(RayError):  # for `end` to see to
                    for call in calls:
                        self._crew.take_in(call)
                    self._fetched = Played.merge([call.answer for call in calls])
                return

    def end(self) -> Played:
        answers = self._answers(self._iterations.popleft())
        fetched, self._fetched = self._fetched, None
        return fetched or Played.merge(answers)

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> Evaluated:
        env_indices, reference, seats = evaluation.env_indices, stored(weights), self._crew.seats
        shares = split(len(env_indices), len(seats))
        calls = [
            self._crew.submit(
                seat, "evaluate", evaluation, reference, env_indices[share.start : share.stop]
            )
            for seat, share in zip(seats, shares, strict=False)
        ]
        return Evaluated.merge(self._answers(calls))

    def close(self) -> None:
        self._crew.close()

    def hire(self, seat: Seat) -> Any:
        """As `crew.Employer`."""
        positions = self._first if seat.actor is None else self._entered()
        block = self._blocks[seat.number]
        remote: Any = ray.remote  # its stubs know no concurrency groups
        worker = remote(concurrency_groups=WATCH)(RolloutWorker)
        return worker.options(num_cpus=seat.cpus, num_gpus=seat.gpus).remote(
            **self._acting.worker(block, self._doomed[seat.number]),
            positions=positions and positions.block(block),
            hide_gpus=seat.gpus == 0,
        )

    def lost(self, seat: Seat) -> None:
        """As `crew.Employer`."""
        self.restarts = self._acting.faults.one_more(self.restarts)

    def heard(self, seat: Seat, under_way: tuple[Place, float] | None) -> bool:
        """As `crew.Employer`: an environment's call that hangs is not made again."""
        if under_way is None or under_way[1] <= self._acting.faults.hang_seconds:
            return False
        self._acting.faults.doom(self._doomed[seat.number], under_way[0])
        _LOG.warning("%s hangs in %s: the episode is dropped", seat.name, under_way[0])
        return True

    def failed(self, error: RayTaskError) -> Exception:
        """As `crew.Employer`."""
        if isinstance(error.cause, EnvironmentFault):
            return self._acting.faults.failed(error.cause)
        message = f"a worker failed: {type(error.cause).__name__}: {one_line(error.cause)}"
        return RunError(message, str(error))

    def _answers(self, calls: list[Call]) -> list[Any]:
        return [call.answer for call in self._crew.answers(calls)]
