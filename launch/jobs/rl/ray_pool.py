"""Environments in contiguous blocks over Ray actors; one that dies or hangs is replaced."""

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
from common.text import with_kind
from envs.faults import EnvironmentFault, Place
from launch.cluster.actor_group import WATCH, ActorGroup, stored
from launch.cluster.capacity import worker_cpus
from launch.cluster.slots import Call, Slot
from launch.config.execution import PlacementConfig
from training.evaluation import Evaluation, EvaluationResult, Watch, unwatched
from training.replaying import Known, Replayed
from training.rollout_config import RolloutConfig
from training.unroll import Positions
from training.worker import RolloutResult, RolloutWorker

_LOG = logging.getLogger(__name__)
_FETCH_SECONDS = 0.02  # between two looks whether the learner is done
_PROGRESS_SECONDS = 0.5  # to wait for workers to say how far they are


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
        slots = [
            Slot(
                number=number,
                name=f"worker {number} (environments {block.start}-{block.stop - 1})",
                cpus=worker_cpus(placement.workers),
                gpus=placement.worker_gpus,
            )
            for number, block in enumerate(self._blocks)
        ]
        self._actors = ActorGroup(self, slots, rollout_config.faults.hang_seconds, unit="iteration")

    def wait_until_ready(self) -> None:
        self._answers([self._actors.submit(slot, "ready") for slot in self._actors.slots])

    def set_positions(self, positions: Positions) -> None:
        """Puts all environments at positions that another pool has brought them to.

        Raises:
            RunError: As `end`.
        """
        blocks = [positions.block(block) for block in self._blocks]
        self._answers(
            [
                self._actors.submit(slot, "set_positions", blocks[slot.number])
                for slot in self._actors.slots
            ]
        )

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        arguments = (stored(weights), first_step, steps)
        self._rollouts.append(
            [self._actors.submit(slot, "rollout", *arguments) for slot in self._actors.slots]
        )

    def answered(self) -> bool:
        return self._actors.are_done(self._rollouts[0])

    def fetch(self, over: Callable[[], bool]) -> None:
        calls = self._rollouts[0] if self._rollouts else []
        while calls and not over():
            if self._actors.are_done(calls, _FETCH_SECONDS):
                with suppress(RayError):  # for `end` to see to
                    for call in calls:
                        self._actors.fetch(call)
                    self._fetched = RolloutResult.merge([call.answer for call in calls])
                return

    def end(self) -> RolloutResult:
        answers = self._answers(self._rollouts.popleft())
        fetched, self._fetched = self._fetched, None
        return fetched or RolloutResult.merge(answers)

    def replay(self, known: Known) -> list[Replayed]:
        calls = [
            self._actors.submit(slot, "replay", known.block(self._blocks[slot.number]))
            for slot in self._actors.slots
        ]
        rollouts = zip(*self._answers(calls), strict=True)
        return [Replayed.merge(parts) for parts in rollouts]

    def evaluate(
        self, evaluation: Evaluation, weights: Weights, watch: Watch = unwatched
    ) -> EvaluationResult:
        env_indices, reference, slots = evaluation.env_indices, stored(weights), self._actors.slots
        shares = split(len(env_indices), len(slots))
        calls = [
            self._actors.submit(
                slot, "evaluate", evaluation, reference, env_indices[share.start : share.stop]
            )
            for slot, share in zip(slots, shares, strict=False)
        ]
        done = self._actors.wait(calls, watch=lambda: watch(*self._evaluated()))
        return EvaluationResult.merge([call.answer for call in done])

    def close(self) -> None:
        self._actors.close()

    def start_actor(self, slot: Slot) -> Any:
        positions = self._first_positions if slot.actor is None else self._recorded_positions()
        block = self._blocks[slot.number]
        remote: Any = ray.remote  # its stubs know no concurrency groups
        worker = remote(concurrency_groups=WATCH)(RolloutWorker)
        return worker.options(num_cpus=slot.cpus, num_gpus=slot.gpus).remote(
            **self._rollout_config.worker(block, self._known_hangs[slot.number]),
            positions=positions and positions.block(block),
            hide_gpus=slot.gpus == 0,
        )

    def on_actor_lost(self, slot: Slot) -> None:
        self.restarts = self._rollout_config.faults.one_more(self.restarts)

    def is_hung(self, slot: Slot, current_call: tuple[Place, float] | None) -> bool:
        """Whether a call of an environment hangs; it is noted, and never made again."""
        if current_call is None or current_call[1] <= self._rollout_config.faults.hang_seconds:
            return False
        self._rollout_config.faults.mark_hanging(self._known_hangs[slot.number], current_call[0])
        _LOG.warning("%s hangs in %s: the episode is dropped", slot.name, current_call[0])
        return True

    def to_error(self, error: RayTaskError) -> Exception:
        if isinstance(error.cause, EnvironmentFault):
            return self._rollout_config.faults.failed(error.cause)
        message = f"a worker failed: {with_kind(error.cause)}"
        return RunError(message, str(error))

    def _evaluated(self) -> tuple[int, int]:
        """Episodes and environment steps that the workers' evaluations have played so far."""
        (group,) = WATCH
        asked = [
            slot.actor.evaluated.options(concurrency_group=group).remote()
            for slot in self._actors.slots
        ]
        ready, _ = ray.wait(asked, num_returns=len(asked), timeout=_PROGRESS_SECONDS)
        told = [(0, 0)]
        for reference in ready:
            with suppress(RayError):  # of a worker that died: whoever waits for it sees to that
                told.append(ray.get(reference))
        episodes, env_steps = map(sum, zip(*told, strict=True))
        return episodes, env_steps

    def _answers(self, calls: list[Call]) -> list[Any]:
        return [call.answer for call in self._actors.wait(calls)]
