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
from training.evaluation import Evaluation, EvaluationResult
from training.rollout_config import RolloutConfig
from training.unroll import Positions
from training.worker import RolloutResult, RolloutWorker

_LOG = logging.getLogger(__name__)
_FETCH_SECONDS = 0.02  # between two looks whether the learner is done


class RayPool:
    """Spreads the environments over Ray actors.

    A worker that dies, whose node is lost, or that hangs or does not answer is replaced by one that
    starts at the recorded positions, and gets every call since then again.
    """

    def __init__(
        self,
        rollout_config: RolloutConfig,
        placement: PlacementConfig,
        positions: Positions | None,
        recorded_positions: Callable[[], Positions],
    ):
        """Asks Ray for the workers; `wait_until_ready` waits for them.

        Args:
            rollout_config: The agent and the environments.
            placement: How many workers there are, and what each has.
            positions: Positions of the environments; None starts their first episodes.
            recorded_positions: Gives the positions after the rollouts recorded so far, to rebuild a
                lost block.
        """
        self.restarts = 0
        self._rollout_config = rollout_config
        self._first_positions, self._recorded_positions = positions, recorded_positions
        self._rollouts: deque[list[Call]] = deque()  # begun and not ended
        self._fetched: RolloutResult | None = None  # what came of the first of them
        self._blocks = split(rollout_config.num_envs, placement.workers)
        self._known_hangs: list[set[Place]] = [set() for _ in self._blocks]
        seats = [
            Seat(
                number=number,
                name=f"worker {number} (environments {block.start}-{block.stop - 1})",
                cpus=worker_cpus(placement.workers),
                gpus=placement.worker_gpus,
            )
            for number, block in enumerate(self._blocks)
        ]
        self._crew = Crew(self, seats, rollout_config.faults.hang_seconds, unit="iteration")

    def wait_until_ready(self) -> None:
        self._answers([self._crew.submit(seat, "ready") for seat in self._crew.seats])

    def set_positions(self, positions: Positions) -> None:
        """Puts all environments at positions that another pool has brought them to.

        Raises:
            RunError: As `end`.
        """
        blocks = [positions.block(block) for block in self._blocks]
        self._answers(
            [
                self._crew.submit(seat, "set_positions", blocks[seat.number])
                for seat in self._crew.seats
            ]
        )

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        arguments = (stored(weights), first_step, steps)
        self._rollouts.append(
            [self._crew.submit(seat, "rollout", *arguments) for seat in self._crew.seats]
        )

    def answered(self) -> bool:
        return self._crew.answered(self._rollouts[0])

    def fetch(self, over: Callable[[], bool]) -> None:
        calls = self._rollouts[0] if self._rollouts else []
        while calls and not over():
            if self._crew.answered(calls, _FETCH_SECONDS):
                with suppress(RayError):  # for `end` to see to
                    for call in calls:
                        self._crew.take_in(call)
                    self._fetched = RolloutResult.merge([call.answer for call in calls])
                return

    def end(self) -> RolloutResult:
        answers = self._answers(self._rollouts.popleft())
        fetched, self._fetched = self._fetched, None
        return fetched or RolloutResult.merge(answers)

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> EvaluationResult:
        env_indices, reference, seats = evaluation.env_indices, stored(weights), self._crew.seats
        shares = split(len(env_indices), len(seats))
        calls = [
            self._crew.submit(
                seat, "evaluate", evaluation, reference, env_indices[share.start : share.stop]
            )
            for seat, share in zip(seats, shares, strict=False)
        ]
        return EvaluationResult.merge(self._answers(calls))

    def close(self) -> None:
        self._crew.close()

    def hire(self, seat: Seat) -> Any:
        """As `crew.Employer`."""
        positions = self._first_positions if seat.actor is None else self._recorded_positions()
        block = self._blocks[seat.number]
        remote: Any = ray.remote  # its stubs know no concurrency groups
        worker = remote(concurrency_groups=WATCH)(RolloutWorker)
        return worker.options(num_cpus=seat.cpus, num_gpus=seat.gpus).remote(
            **self._rollout_config.worker(block, self._known_hangs[seat.number]),
            positions=positions and positions.block(block),
            hide_gpus=seat.gpus == 0,
        )

    def lost(self, seat: Seat) -> None:
        """As `crew.Employer`."""
        self.restarts = self._rollout_config.faults.one_more(self.restarts)

    def heard(self, seat: Seat, current_call: tuple[Place, float] | None) -> bool:
        """As `crew.Employer`: an environment's call that hangs is not made again."""
        if current_call is None or current_call[1] <= self._rollout_config.faults.hang_seconds:
            return False
        self._rollout_config.faults.mark_hanging(self._known_hangs[seat.number], current_call[0])
        _LOG.warning("%s hangs in %s: the episode is dropped", seat.name, current_call[0])
        return True

    def failed(self, error: RayTaskError) -> Exception:
        """As `crew.Employer`."""
        if isinstance(error.cause, EnvironmentFault):
            return self._rollout_config.faults.failed(error.cause)
        message = f"a worker failed: {type(error.cause).__name__}: {one_line(error.cause)}"
        return RunError(message, str(error))

    def _answers(self, calls: list[Call]) -> list[Any]:
        return [call.answer for call in self._crew.answers(calls)]
