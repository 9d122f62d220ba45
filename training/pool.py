"""The streams of a run acting together: weights in, rollouts out in stream order."""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from agents.agent import Agent
from agents.weights import Weights
from envs.faults import EnvironmentFault, Place
from envs.sources import EnvSource, label
from training.evaluation import Evaluated, Evaluation
from training.faults import FaultConfig
from training.unroll import Positions
from training.worker import Played, RolloutWorker


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Who acts where: what every pool and worker of a training is made from.

    Attributes:
        env: The environment.
        agent: The agent.
        seed: The training's seed.
        streams: Streams in all.
        faults: What becomes of failing environments and workers.
    """

    env: EnvSource
    agent: Agent
    seed: int = 0
    streams: int = 16
    faults: FaultConfig = FaultConfig()

    @property
    def modules(self) -> set[str]:
        """The modules that a worker has to import for it."""
        env = label(self.env).rpartition(":")[0]
        return {type(self.agent).__module__, *([env] if env else [])}

    def worker(self, block: range, doomed: set[Place]) -> dict[str, Any]:
        """What the worker of a block of streams is constructed with, besides its place."""
        return {
            "env": self.env,
            "agent": self.agent,
            "seed": self.seed,
            "streams": self.streams,
            "block": block,
            "on_fault": self.faults.on_fault,
            "doomed": frozenset(doomed),
        }


class Pool(Protocol):
    """Acts in all streams of a run."""

    @property
    def restarts(self) -> int:
        """Workers replaced so far."""
        ...

    @restarts.setter
    def restarts(self, value: int) -> None: ...

    def wait_until_ready(self) -> None:
        """Returns once every stream stands.

        Raises:
            RunError: The workers could not be placed in time, or an environment failed.
        """
        ...

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        """Has a round played, after those begun before it.

        Args as `RolloutWorker.rollout`.

        Raises:
            RunError: It cannot be had.
        """
        ...

    def answered(self) -> bool:
        """Whether `end` need not wait."""
        ...

    def fetch(self, over: Callable[[], bool]) -> None:
        """Takes in what `end` would wait for, until `over` says that there is better to do."""
        ...

    def end(self) -> Played:
        """The oldest round begun and not ended, merged in stream order.

        It has to be entered before the next call: a lost worker is put back to the rounds entered
        and plays those begun after them once more.

        Raises:
            RunError: It cannot be had: workers die again and again, or an environment failed.
        """
        ...

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> Evaluated:
        """Plays an evaluation.

        Raises:
            RunError: As `end`.
        """
        ...

    def close(self) -> None:
        """Lets the workers go."""
        ...


class LocalPool:
    """All streams in this process.

    A hanging environment is interrupted by a signal, which works in the main thread and for what
    runs in Python; a call that hangs in native code needs a worker of its own to be killed.
    """

    def __init__(
        self,
        acting: Acting,
        positions: Positions | None,
        entered: Callable[[], Positions],
    ):
        """Makes the streams.

        Args:
            acting: Who acts where.
            positions: Where the streams stand; None starts them.
            entered: Where they stood after the rounds that were ended, to rebuild them.
        """
        self.restarts = 0
        self._acting = acting
        self._entered = entered
        self._begun: list[tuple[Any, ...]] = []  # the round that was begun and not ended
        self._played: Played | None = None  # what came of it
        self._doomed: set[Place] = set()
        self._worker = self._make(positions)
        self._watch = _HangWatch(lambda: self._worker.under_way(), acting.faults.hang_seconds)

    def wait_until_ready(self) -> None:
        self._call("ready")

    def begin(self, weights: Weights, first_step: int, steps: int) -> None:
        self._played = self._call("rollout", weights, first_step, steps)
        self._begun = [(weights, first_step, steps)]

    def answered(self) -> bool:
        return True

    def fetch(self, over: Callable[[], bool]) -> None:
        pass

    def end(self) -> Played:
        played, self._played, self._begun = self._played, None, []
        assert played is not None
        return played

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> Evaluated:
        return self._call("evaluate", evaluation, weights, evaluation.streams)

    def close(self) -> None:
        self._watch.close()
        self._worker.close()

    def _make(self, positions: Positions | None) -> RolloutWorker:
        everybody = range(self._acting.streams)
        return RolloutWorker(
            **self._acting.worker(everybody, self._doomed),
            positions=positions,
            hide_gpus=False,
        )

    def _call(self, method: str, *arguments: Any) -> Any:
        """Calls the worker; a call that hangs is doomed, and everything since the round redone."""
        again: list[tuple[Any, ...]] = []
        while True:
            try:
                for begun in again:
                    self._worker.rollout(*begun)
                return getattr(self._worker, method)(*arguments)
            except EnvironmentFault as error:
                raise self._acting.faults.failed(error) from None
            except _Hung as hung:
                # The call that was interrupted stays overdue until there is another worker.
                self._watch.paused = True
                self._acting.faults.doom(self._doomed, hung.place)
                self.restarts = self._acting.faults.one_more(self.restarts)
                self._worker = self._make(self._entered())
                self._watch.paused = False
                again = self._begun


class _Hung(BaseException):
    """Raised inside a hanging call. No Exception: the environment must not catch it."""

    def __init__(self, place: Place):
        super().__init__(place)
        self.place = place


class _HangWatch:
    """Interrupts environment calls of this process that take too long, unless it is paused."""

    def __init__(
        self, under_way: Callable[[], tuple[Place, float] | None], hang_seconds: float
    ) -> None:
        """Starts watching; outside the main thread, where nothing can be interrupted, it does not.

        Args:
            under_way: Gives the call under way and its age in seconds.
            hang_seconds: Age at which a call is interrupted.
        """
        self._under_way, self._hang_seconds = under_way, hang_seconds
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
        call = None if self.paused else self._under_way()
        return call[0] if call is not None and call[1] > self._hang_seconds else None

    def _watch(self) -> None:
        while not self._over.wait(self._hang_seconds / 4):
            if self._overdue():
                signal.pthread_kill(self._main.ident or 0, signal.SIGUSR1)

    def _interrupt(self, *_: Any) -> None:
        if place := self._overdue():  # it may have returned just now
            raise _Hung(place)
