"""Acting in the driver's process while Ray starts."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from agents.weights import Weights
from training.evaluation import Evaluation, EvaluationResult, Watch, unwatched
from training.pool import LocalPool, Pool
from training.replaying import Known, Replayed
from training.rollout_config import RolloutConfig
from training.unroll import Positions
from training.worker import RolloutResult

if TYPE_CHECKING:  # Ray, which is still to come
    from launch.jobs.rl.ray_pool import RayPool

MakeWorkers = Callable[[Callable[[], Positions]], "Future[RayPool]"]
"""Starts Ray and its workers in another thread; the argument gives the recorded positions."""


class HeadStart:
    """Acts in this process until Ray's workers are ready, and then leaves the acting to them.

    Which process steps an environment changes nothing in it, so a run need not wait for the seconds
    that Ray takes. Only for environments that cannot take this process down: see
    `registry.is_trusted`. Ray is started with the first iteration, when nothing here has to be
    imported beside it any more. The workers take over between two iterations.
    """

    def __init__(
        self,
        rollout_config: RolloutConfig,
        make_workers: MakeWorkers,
        positions: Positions | None,
        recorded_positions: Callable[[], Positions],
    ):
        """Makes the pool of this process.

        Args:
            rollout_config: The agent and the environments.
            make_workers: Starts the workers in another thread.
            positions: Positions of the environments; None starts their first episodes.
            recorded_positions: Gives the positions after the rollouts recorded so far.
        """
        self._num_envs = rollout_config.num_envs
        self._recorded_positions = recorded_positions
        self._here: LocalPool | None = LocalPool(rollout_config, positions, recorded_positions)
        self._pool: Pool = self._here
        self._make_workers = make_workers
        self._coming: Future[RayPool] | None = None

    @property
    def restarts(self) -> int:
        return self._pool.restarts

    @restarts.setter
    def restarts(self, value: int) -> None:
        self._pool.restarts = value

    def wait_until_ready(self) -> None:
        self._pool.wait_until_ready()

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        if self._coming is None:
            self._coming = self._make_workers(self._positions_for_workers)
        if self._here is not None and self._coming.done():
            self._hand_over(self._here, self._coming.result())
        self._pool.begin(weights, first_step, steps)

    def answered(self) -> bool:
        return self._pool.answered()

    def fetch(self, over: Callable[[], bool]) -> None:
        self._pool.fetch(over)

    def end(self) -> RolloutResult:
        return self._pool.end()

    def replay(self, known: Known) -> list[Replayed]:
        return self._pool.replay(known)

    def evaluate(
        self, evaluation: Evaluation, weights: Weights, watch: Watch = unwatched
    ) -> EvaluationResult:
        return self._pool.evaluate(evaluation, weights, watch)

    def close(self) -> None:
        """Lets all go. Workers that are still coming are waited for: nobody else would end them."""
        if self._here is None:
            self._pool.close()
            return
        self._here.close()
        if self._coming is not None and self._coming.exception() is None:
            self._coming.result().close()

    def _hand_over(self, here: LocalPool, workers: "RayPool") -> None:
        workers.restarts += here.restarts
        self._here, self._pool = None, workers
        here.close()
        workers.set_positions(self._recorded_positions())

    def _positions_for_workers(self) -> Positions:
        """The positions for a worker that replaces another one: the start, until workers act.

        Until then the recorded positions change while another thread starts the workers.
        """
        if self._here is None:
            return self._recorded_positions()
        return Positions.at_the_start(self._num_envs)
