"""Streams in contiguous blocks over a group of Ray actors; one that dies or hangs is replaced."""

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
from launch.cluster.actor_group import WATCH, ActorGroup, Call, Slot, stored
from launch.cluster.capacity import worker_cpus
from launch.config.execution import PlacementConfig
from training.evaluation import Evaluated, Evaluation
from training.pool import Acting
from training.unroll import Positions
from training.worker import Played, RolloutWorker

_LOG = logging.getLogger(__name__)
_FETCH_SECONDS = 0.02  # between two looks whether the learner is done


class RayPool:
    """Spreads the streams over Ray actors.

    A worker that dies, whose node is lost, or that hangs or does not answer is replaced by one that
    stands where the streams stood after the rounds entered, and gets every call since then again.
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
            entered: Where they stood after the rounds that were ended, to rebuild a lost block.
        """
        self.restarts = 0
        self._acting = acting
        self._first, self._entered = positions, entered
        self._rounds: deque[list[Call]] = deque()  # begun and not ended
        self._fetched: Played | None = None  # what came of the first of them
        self._blocks = split(acting.streams, placement.workers)
        self._doomed: list[set[Place]] = [set() for _ in self._blocks]
        slots = [
            Slot(
                number=number,
                name=f"worker {number} (streams {block.start}-{block.stop - 1})",
                cpus=worker_cpus(placement.workers),
                gpus=placement.worker_gpus,
            )
            for number, block in enumerate(self._blocks)
        ]
        self._actors = ActorGroup(self, slots, acting.faults.hang_seconds, unit="round")

    def wait_until_ready(self) -> None:
        self._answers([self._actors.submit(slot, "ready") for slot in self._actors.slots])

    def take_over(self) -> None:
        """Has all streams stand where they do now, after others have played them.

        Raises:
            RunError: As `end`.
        """
        now = self._entered()
        blocks = [now.block(block) for block in self._blocks]
        self._answers(
            [self._actors.submit(slot, "go_to", blocks[slot.number]) for slot in self._actors.slots]
        )

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        arguments = (stored(weights), first_step, steps)
        self._rounds.append(
            [self._actors.submit(slot, "rollout", *arguments) for slot in self._actors.slots]
        )

    def answered(self) -> bool:
        return self._actors.are_done(self._rounds[0])

    def fetch(self, over: Callable[[], bool]) -> None:
        calls = self._rounds[0] if self._rounds else []
        while calls and not over():
            if self._actors.are_done(calls, _FETCH_SECONDS):
                with suppress(RayError):  # for `end` to see to
                    for call in calls:
                        self._actors.fetch(call)
                    self._fetched = Played.merge([call.answer for call in calls])
                return

    def end(self) -> Played:
        answers = self._answers(self._rounds.popleft())
        fetched, self._fetched = self._fetched, None
        return fetched or Played.merge(answers)

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> Evaluated:
        streams, reference, slots = evaluation.streams, stored(weights), self._actors.slots
        shares = split(len(streams), len(slots))
        calls = [
            self._actors.submit(
                slot, "evaluate", evaluation, reference, streams[share.start : share.stop]
            )
            for slot, share in zip(slots, shares, strict=False)
        ]
        return Evaluated.merge(self._answers(calls))

    def close(self) -> None:
        self._actors.close()

    def start_actor(self, slot: Slot) -> Any:
        positions = self._first if slot.actor is None else self._entered()
        block = self._blocks[slot.number]
        remote: Any = ray.remote  # its stubs know no concurrency groups
        worker = remote(concurrency_groups=WATCH)(RolloutWorker)
        return worker.options(num_cpus=slot.cpus, num_gpus=slot.gpus).remote(
            **self._acting.worker(block, self._doomed[slot.number]),
            positions=positions and positions.block(block),
            hide_gpus=slot.gpus == 0,
        )

    def on_actor_lost(self, slot: Slot) -> None:
        self.restarts = self._acting.faults.one_more(self.restarts)

    def is_hung(self, slot: Slot, current_call: tuple[Place, float] | None) -> bool:
        """Whether a call of an environment hangs; it is noted, and never made again."""
        if current_call is None or current_call[1] <= self._acting.faults.hang_seconds:
            return False
        self._acting.faults.doom(self._doomed[slot.number], current_call[0])
        _LOG.warning("%s hangs in %s: the episode is dropped", slot.name, current_call[0])
        return True

    def to_error(self, error: RayTaskError) -> Exception:
        if isinstance(error.cause, EnvironmentFault):
            return self._acting.faults.failed(error.cause)
        message = f"a worker failed: {type(error.cause).__name__}: {one_line(error.cause)}"
        return RunError(message, str(error))

    def _answers(self, calls: list[Call]) -> list[Any]:
        return [call.answer for call in self._actors.wait(calls)]
