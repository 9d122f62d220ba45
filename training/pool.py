"""Pools: they act in all environments of a run, and return rollouts in the order of these."""

import signal
import threading
from collections.abc import Callable
from typing import Any, Protocol

from agents.weights import Weights
from envs.faults import EnvironmentFault, Place
from training.evaluation import Evaluation, EvaluationResult, Watch, unwatched
from training.replaying import Known, Replayed
from training.rollout_config import RolloutConfig
from training.unroll import Positions
from training.worker import RolloutResult, RolloutWorker


class Pool(Protocol):
    """Acts in all environments of a run."""

    @property
    def restarts(self) -> int:
        """Workers replaced so far."""
        ...

    @restarts.setter
    def restarts(self, value: int) -> None: ...

    def wait_until_ready(self) -> None:
        """Returns once every environment is started or restored.

        Raises:
            RunError: The workers could not be placed in time, or an environment failed.
        """
        ...

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        """Requests a rollout, to be made after those that were requested before.

        Args:
            weights: The actor's weights.
            first_step: Steps taken in each environment before this rollout.
            steps: Steps T to take in each environment.

        Raises:
            RunError: The rollout cannot be made.
        """
        ...

    def answered(self) -> bool:
        """Whether `end` would return at once."""
        ...

    def fetch(self, over: Callable[[], bool]) -> None:
        """Waits for the rollout that `end` returns next, until `over` returns True."""
        ...

    def end(self) -> RolloutResult:
        """Waits for the oldest requested rollout and returns it, environments in their order.

        It has to be recorded in the `EpisodeTracker` before the next call of the pool: a worker
        that replaces a lost one starts at the recorded positions, and makes the rollouts
        requested after them once more.

        Raises:
            RunError: Workers die again and again, or an environment failed.
        """
        ...

    def replay(self, known: Known) -> list[Replayed]:
        """Makes rollouts of the past again; the environments of those to come stay as they are.

        Args:
            known: What the environments did; calls go on from each other, until one is the last.

        Raises:
            ValueError: As `VectorEnv.restore`.
            RunError: As `end`.
        """
        ...

    def evaluate(
        self, evaluation: Evaluation, weights: Weights, watch: Watch = unwatched
    ) -> EvaluationResult:
        """Plays an evaluation.

        Raises:
            RunError: As `end`.
            Interrupted: `watch` ended it. The pool is fit for nothing but `close` then.
        """
        ...

    def close(self) -> None:
        """Frees the environments, and ends the worker processes."""
        ...


class LocalPool:
    """Acts in all environments in this process, without Ray.

    A hanging environment is interrupted by a signal, which works in the main thread and for what
    runs in Python; a call that hangs in native code needs a worker of its own to be killed.
    """

    def __init__(
        self,
        config: RolloutConfig,
        positions: Positions | None,
        recorded_positions: Callable[[], Positions],
    ):
        """Makes the worker.

        Args:
            config: The agent and the environments.
            positions: Positions of the environments; None starts their first episodes.
            recorded_positions: Gives the positions after the rollouts recorded so far, from which
                environments are rebuilt.
        """
        self.restarts = 0
        self._config = config
        self._recorded_positions = recorded_positions
        self._begun: list[tuple[Any, ...]] = []  # arguments of the rollout that `end` returns
        self._result: RolloutResult | None = None
        self._known_hangs: set[Place] = set()
        self._worker = self._make(positions)
        self._watch = _HangWatch(lambda: self._worker.current_call(), config.faults.hang_seconds)

    def wait_until_ready(self) -> None:
        self._call("ready")

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        self._result = self._call("rollout", weights, first_step, steps)
        self._begun = [(weights, first_step, steps)]

    def answered(self) -> bool:
        return True

    def fetch(self, over: Callable[[], bool]) -> None:
        pass

    def end(self) -> RolloutResult:
        result, self._result, self._begun = self._result, None, []
        assert result is not None
        return result

    def replay(self, known: Known) -> list[Replayed]:
        return self._call("replay", known)

    def evaluate(
        self, evaluation: Evaluation, weights: Weights, watch: Watch = unwatched
    ) -> EvaluationResult:
        return self._call("evaluate", evaluation, weights, evaluation.env_indices, watch)

    def close(self) -> None:
        self._watch.close()
        self._worker.close()

    def _make(self, positions: Positions | None) -> RolloutWorker:
        block = range(self._config.num_envs)
        return RolloutWorker(
            **self._config.worker(block, self._known_hangs),
            positions=positions,
            hide_gpus=False,
        )

    def _call(self, method: str, *arguments: Any) -> Any:
        """Calls a method of the worker.

        Where an environment hangs in it, that call is marked as hanging, the environments are
        rebuilt, and the rollout in `_begun` and this method are run once more.
        """
        again: list[tuple[Any, ...]] = []
        while True:
            try:
                for begun in again:
                    self._worker.rollout(*begun)
                return getattr(self._worker, method)(*arguments)
            except EnvironmentFault as error:
                raise self._config.faults.failed(error) from None
            except _Hung as hung:
                # The call that was interrupted stays overdue until there is another worker.
                self._watch.paused = True
                self._config.faults.mark_hanging(self._known_hangs, hung.place)
                self.restarts = self._config.faults.one_more(self.restarts)
                self._worker = self._make(self._recorded_positions())
                self._watch.paused = False
                again = self._begun


class _Hung(BaseException):
    """Raised inside a hanging call; no `Exception`, so that the environment does not catch it."""

    def __init__(self, place: Place):
        super().__init__(place)
        self.place = place


class _HangWatch:
    """Interrupts environment calls of this process that take too long, unless it is paused."""

    def __init__(
        self, current_call: Callable[[], tuple[Place, float] | None], hang_seconds: float
    ) -> None:
        """Starts watching, but only in the main thread: no other one can be interrupted.

        Args:
            current_call: Gives the current environment call and its age in seconds.
            hang_seconds: Age at which a call is interrupted.
        """
        self._current_call, self._hang_seconds = current_call, hang_seconds
        self.paused = False
        self._over = threading.Event()
        self._main = threading.main_thread()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._watching = threading.current_thread() is self._main
        if self._watching:
            self._previous = signal.signal(signal.SIGUSR1, self._interrupt)
            self._thread.start()

    def close(self) -> None:
        """Stops watching."""
        if self._watching:
            self._over.set()
            self._thread.join()
            signal.signal(signal.SIGUSR1, self._previous)

    def _overdue(self) -> Place | None:
        call = None if self.paused else self._current_call()
        return call[0] if call is not None and call[1] > self._hang_seconds else None

    def _watch(self) -> None:
        while not self._over.wait(self._hang_seconds / 4):
            if self._overdue():
                signal.pthread_kill(self._main.ident or 0, signal.SIGUSR1)

    def _interrupt(self, *_: Any) -> None:
        if place := self._overdue():  # it may have returned just now
            raise _Hung(place)
