"""Streams in contiguous blocks over Ray actors; whoever dies or hangs is replaced."""

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import ray
from ray.exceptions import RayError, RayTaskError

from agents.policies import Weights
from common.text import one_line
from envs.faults import EnvironmentFault, Place
from launch.acting.pool import ATTEMPTS, doom, environment_failed, one_more, worker_options
from launch.acting.workers import Evaluated, Evaluation, Played, Positions, RolloutWorker
from launch.cluster import PLACEMENT_SECONDS, worker_cpus
from launch.configs import TrainingConfig
from launch.errors import RunError

_LOG = logging.getLogger(__name__)
_FETCH_SECONDS = 0.02  # between two looks whether the learner is done
_LOOK_SECONDS = 1.0  # without an answer, before a worker is asked what it is doing
_PATIENCE_SECONDS = 10.0  # for a replacement's own CPU, before it shares one
_WATCH = "watch"  # concurrency group that answers while a rollout is under way


@dataclass(kw_only=True, eq=False)
class _Call:
    """A call whose answer has not been handed on; whoever replaces the worker gets it again."""

    seat: "_Seat"
    method: str
    arguments: tuple[Any, ...]
    reference: Any = None
    answered: bool = False
    answer: Any = None


@dataclass(kw_only=True, eq=False)
class _Seat:
    """A block of streams, and the worker that has it now."""

    number: int
    block: range
    cpus: float
    actor: Any = None
    calls: list[_Call] = field(default_factory=list)
    attempts: int = 0  # workers lost since a call was last answered
    doomed: set[Place] = field(default_factory=set)
    replaced: bool = False  # whether the worker is not the first one
    placed: bool = False  # whether the worker has answered anything yet
    question: Any = None  # what it is doing, asked and not answered yet
    asked_at: float = 0.0

    @property
    def name(self) -> str:
        return f"worker {self.number} (streams {self.block.start}-{self.block.stop - 1})"


class RayPool:
    """Spreads the streams over Ray actors.

    A worker that dies, whose node is lost, or that hangs or does not answer is replaced by one that
    stands where the streams stood after the rounds entered, and gets every call since then again.
    """

    def __init__(
        self,
        config: TrainingConfig,
        positions: Positions | None,
        entered: Callable[[], Positions],
    ):
        """Asks Ray for the workers; `wait_until_ready` waits for them.

        Args:
            config: The run's config.
            positions: Where the streams stand; None starts them.
            entered: Where they stood after the rounds that were ended, to rebuild a lost block.
        """
        self.restarts = 0
        self._config = config
        self._entered = entered
        self._rounds: deque[list[_Call]] = deque()  # begun and not ended
        self._fetched: Played | None = None  # what came of the first of them
        cpus = worker_cpus(config.placement.workers)
        blocks = split(config.streams, config.placement.workers)
        self._seats = [_Seat(number=i, block=b, cpus=cpus) for i, b in enumerate(blocks)]
        for seat in self._seats:
            self._place(seat, positions and positions.block(seat.block))

    def wait_until_ready(self) -> None:
        self._answers([self._submit(seat, "ready") for seat in self._seats])

    def take_over(self) -> None:
        """Has all streams stand where they do now, after others have played them.

        Raises:
            RunError: As `end`.
        """
        now = self._entered()
        self._answers([self._submit(s, "go_to", now.block(s.block)) for s in self._seats])

    def begin(self, weights: Weights, epsilons: npt.NDArray[Any], first_step: int) -> None:
        arguments = (_stored(weights), epsilons, first_step)
        self._rounds.append([self._submit(seat, "rollout", *arguments) for seat in self._seats])

    def answered(self) -> bool:
        missing = [call.reference for call in self._rounds[0] if not call.answered]
        return not missing or not ray.wait(missing, num_returns=len(missing), timeout=0)[1]

    def fetch(self, over: Callable[[], bool]) -> None:
        calls = self._rounds[0] if self._rounds else []
        references = [call.reference for call in calls]
        while calls and not over():
            _, missing = ray.wait(references, num_returns=len(calls), timeout=_FETCH_SECONDS)
            if not missing:
                with suppress(RayError):  # for `end` to see to
                    for call in calls:
                        self._take_in(call)
                    self._fetched = Played.merge([call.answer for call in calls])
                return

    def end(self) -> Played:
        answers = self._answers(self._rounds.popleft())
        fetched, self._fetched = self._fetched, None
        return fetched or Played.merge(answers)

    def evaluate(self, evaluation: Evaluation, weights: Weights) -> Evaluated:
        streams, reference = evaluation.streams, _stored(weights)
        shares = split(len(streams), len(self._seats))
        calls = [
            self._submit(seat, "evaluate", evaluation, reference, streams[share.start : share.stop])
            for seat, share in zip(self._seats, shares, strict=False)
        ]
        return Evaluated.merge(self._answers(calls))

    def close(self) -> None:
        for seat in self._seats:
            ray.kill(seat.actor)

    def _place(self, seat: _Seat, positions: Positions | None) -> None:
        """Asks Ray for a worker at a seat, and hands it the calls that the last one had."""
        gpus = self._config.placement.worker_gpus
        remote: Any = ray.remote  # its stubs know no concurrency groups
        worker = remote(concurrency_groups={_WATCH: 1})(RolloutWorker)
        seat.actor = worker.options(num_cpus=seat.cpus, num_gpus=gpus).remote(
            **worker_options(self._config, seat.block, seat.doomed),
            positions=positions,
            hide_gpus=gpus == 0,
        )
        seat.placed, seat.question, seat.asked_at = False, None, time.monotonic()
        for call in seat.calls:
            self._send(call)

    def _submit(self, seat: _Seat, method: str, *arguments: Any) -> _Call:
        call = _Call(seat=seat, method=method, arguments=arguments)
        seat.calls.append(call)
        self._send(call)
        return call

    def _send(self, call: _Call) -> None:
        call.reference = getattr(call.seat.actor, call.method).remote(*call.arguments)

    def _answers(self, calls: Sequence[_Call]) -> list[Any]:
        """Waits for calls, in their order, and sees to the workers meanwhile.

        Raises:
            RunError: An answer cannot be had.
        """
        while open_calls := [call for call in calls if not call.answered]:
            references = [call.reference for call in open_calls]
            ready, _ = ray.wait(references, num_returns=len(references), timeout=_LOOK_SECONDS)
            for call in open_calls:
                if call.reference not in ready:
                    self._look_after(call.seat)
                    continue
                try:
                    self._take_in(call)
                except RayTaskError as error:
                    raise _broken(error) from None
                except RayError as error:  # dead, out of memory, or its node gone with the answer
                    self._replace(call.seat, "died", error)
        for call in calls:  # not before: a lost worker is put back behind whole rounds
            call.seat.calls.remove(call)
        return [call.answer for call in calls]

    def _take_in(self, call: _Call) -> None:
        call.answer, call.answered = ray.get(call.reference), True
        call.seat.attempts, call.seat.placed = 0, True

    def _replace(self, seat: _Seat, what: str, error: RayError | None = None) -> None:
        """Puts a new worker in the place of one that is lost.

        Raises:
            RunError: This happens again and again.
        """
        seat.attempts += 1
        if seat.attempts >= ATTEMPTS:
            why = f": {str(error).strip().splitlines()[0]}" if error else ""
            raise RunError(f"{seat.name} {what} {ATTEMPTS} times in one round{why}")
        _LOG.warning("%s %s: rebuilding it and repeating its round", seat.name, what)
        self._rebuild(seat)

    def _rebuild(self, seat: _Seat) -> None:
        self.restarts = one_more(self.restarts, self._config)
        seat.replaced = True
        self._put_again(seat)

    def _put_again(self, seat: _Seat) -> None:
        ray.kill(seat.actor)  # it may live on: frozen, or its answer lost with another node
        self._place(seat, self._entered().block(seat.block))

    def _look_after(self, seat: _Seat) -> None:
        """Finds out why a worker has not answered yet, and replaces it where it never will.

        Raises:
            RunError: It cannot be placed, or its environment hangs and may not.
        """
        if seat.question is None:
            asked = seat.actor.under_way.options(concurrency_group=_WATCH)
            seat.question = asked.remote()
            if seat.placed:  # until then the clock runs from its placing
                seat.asked_at = time.monotonic()
        ready, _ = ray.wait([seat.question], timeout=0)
        if not ready:
            self._wait_on(seat, time.monotonic() - seat.asked_at)
            return
        question, seat.question = seat.question, None
        try:
            call = ray.get(question)
        except RayError:
            return  # its calls fail, too, and say so
        seat.placed = True
        hang_seconds = self._config.faults.hang_seconds
        if call is not None and call[1] > hang_seconds:
            doom(seat.doomed, call[0], self._config)
            _LOG.warning("%s hangs in %s: the episode is dropped", seat.name, call[0])
            self._rebuild(seat)

    def _wait_on(self, seat: _Seat, seconds: float) -> None:
        """Decides about a worker that has been silent for some seconds."""
        if seat.placed:
            if seconds > self._config.faults.hang_seconds:
                self._replace(seat, "did not answer")
        elif seconds > PLACEMENT_SECONDS:
            free = {k: v for k, v in ray.available_resources().items() if k in ("CPU", "GPU")}
            raise RunError(
                f"{seat.name}: no place for its {seat.cpus:g} CPU and "
                f"{self._config.placement.worker_gpus:g} GPU within {PLACEMENT_SECONDS:g} s; "
                f"free on the cluster: {free}"
            )
        elif seat.cpus and seat.replaced and seconds > _PATIENCE_SECONDS:
            # Its node may be gone for good: better to share a core than to stand still.
            _LOG.warning("%s finds no free CPU: sharing one", seat.name)
            seat.cpus = 0.0
            self._put_again(seat)  # nobody was lost: no restart


def split(count: int, parts: int) -> list[range]:
    """Contiguous, nearly equal, non-empty ranges that cover range(count)."""
    bounds = np.linspace(0, count, min(parts, count) + 1).astype(int)
    return [range(a, b) for a, b in itertools.pairwise(bounds.tolist())]


def _stored(weights: Weights) -> Any:
    """The weights in Ray's object store, once for all workers.

    Raises:
        RunError: It has no room for them.
    """
    try:
        return ray.put(weights)
    except RayError as error:
        first = str(error).strip().splitlines()[0]
        raise RunError(
            f"Ray's object store takes nothing more ({first}): free memory or disk on the cluster"
        ) from None


def _broken(error: RayTaskError) -> RunError:
    """What an exception in a worker is to the run, in one line."""
    if isinstance(error.cause, EnvironmentFault):
        return environment_failed(error.cause)
    message = f"a worker failed: {type(error.cause).__name__}: {one_line(error.cause)}"
    return RunError(message, str(error))
