"""A run that plays here until Ray stands."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from agents.weights import Weights
from training.evaluation import Evaluated, Evaluation
from training.pool import Acting, LocalPool, Pool
from training.unroll import Positions
from training.worker import Played

if TYPE_CHECKING:  # Ray, which is still to come
    from launch.acting.ray_pool import RayPool

MakeWorkers = Callable[[Callable[[], Positions]], "Future[RayPool]"]
"""Starts Ray and its workers in another thread, given what tells where the streams stand."""


class HeadStart:
    """Plays in this process until Ray's workers stand, and hands the streams over between iterations.

    Where a stream is played leaves no trace in it, so a run need not wait for the seconds that Ray
    takes. Only for environments that cannot take this process down: see `registry.is_trusted`.
    Ray is started with the first iteration, when nothing here has to be imported beside it any more.
    """

    def __init__(
        self,
        acting: Acting,
        make_workers: MakeWorkers,
        positions: Positions | None,
        entered: Callable[[], Positions],
    ):
        """Makes the streams here.

        Args:
            acting: Who acts where.
            make_workers: Starts the workers in another thread.
            positions: Where the streams stand; None starts them.
            entered: Where they stood after the iterations that were ended.
        """
        self._num_envs, self._entered = acting.num_envs, entered
        self._here: LocalPool | None = LocalPool(acting, positions, entered)
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

    def end(self) -> Played:
        return self._pool.end()

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> Evaluated:
        return self._pool.evaluate(evaluation, weights)

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
        workers.take_over()

    def _positions_for_workers(self) -> Positions:
        """Where a worker that replaces another one stands: at the start, until the streams come.

        Until then the true positions change under the eyes of the thread that starts the workers.
        """
        if self._here is None:
            return self._entered()
        nothing = np.zeros(0, np.int32)
        return Positions(
            episodes=np.zeros(self._num_envs, np.int64),
            actions=[nothing] * self._num_envs,
            state={},
        )
