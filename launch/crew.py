"""Ray actors in seats that answer calls in order; who dies or falls silent is replaced."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from common.errors import RunError
from launch.cluster import PLACEMENT_SECONDS

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0  # without an answer, before a worker is asked what it is doing
_PATIENCE_SECONDS = 10.0  # for a replacement's own CPU, before it shares one

ATTEMPTS = 5
"""Workers that one call may cost, before the run is stopped."""
WATCH = {"watch": 1}
"""Concurrency groups of a worker: its `current_call` answers while another call is at work."""


@dataclass(kw_only=True, eq=False)
class Call:
    """A call whose answer has not been handed on; whoever replaces the worker gets it again.

    Attributes:
        seat: Who is asked.
        method: Of the worker.
        arguments: Its arguments; a `Result` stands for what another call came to.
        results: What it returns; the caller is handed the first, the others stay where they are.
        references: Ray's, one for each result.
        answered: Whether `answer` is there.
        answer: The first result.
    """

    seat: "Seat"
    method: str
    arguments: tuple[Any, ...]
    results: int = 1
    references: list[Any] = field(default_factory=list)
    answered: bool = False
    answer: Any = None

    def result(self, place: int) -> "Result":
        """Stands for one of its results in the arguments of another call."""
        return Result(call=self, place=place)


@dataclass(frozen=True, kw_only=True)
class Result:
    """A result of a call, wherever it is."""

    call: Call
    place: int


@dataclass(kw_only=True, eq=False)
class Seat:
    """A place in the crew, and the worker that has it now.

    Attributes:
        number: From 0.
        name: For messages.
        cpus: Reserved for the worker.
        gpus: Reserved for the worker.
        actor: The worker.
        calls: Those whose answers have not been handed on.
        attempts: Workers lost since a call was last answered.
        replaced: Whether the worker is not the first one.
        placed: Whether the worker has answered anything yet.
    """

    number: int
    name: str
    cpus: float
    gpus: float
    actor: Any = None
    calls: list[Call] = field(default_factory=list)
    attempts: int = 0
    replaced: bool = False
    placed: bool = False
    question: Any = None  # what it is doing, asked and not answered yet
    asked_at: float = 0.0


class Employer(Protocol):
    """Whose crew it is."""

    def hire(self, seat: Seat) -> Any:
        """Asks Ray for a worker with the methods called and `current_call`, in the group `watch`.

        One that replaces another must be in the state in which that one was before the calls that
        it still had: it gets those again.
        """
        ...

    def lost(self, seat: Seat) -> None:
        """Told of each worker that is about to be replaced.

        Raises:
            RunError: It were one too many.
        """
        ...

    def heard(self, seat: Seat, current_call: Any) -> bool:
        """Told what a worker said that it is doing; whether it hangs, and is to be replaced.

        Raises:
            RunError: It hangs, and may not be replaced.
        """
        ...

    def failed(self, error: RayTaskError) -> Exception:
        """What an exception in a worker is to the run."""
        ...


class Crew:
    """Seats for Ray actors. At-least-once is harmless: the same call gives the same bits."""

    def __init__(
        self, employer: Employer, seats: Sequence[Seat], silence_seconds: float, unit: str
    ):
        """Asks Ray for the workers.

        Args:
            employer: Whose crew it is.
            seats: Without workers.
            silence_seconds: After which a worker that does not say what it is doing counts as dead.
            unit: Names what is repeated when a worker is lost, such as an iteration.
        """
        self.seats = seats
        self._employer, self._silence_seconds, self._unit = employer, silence_seconds, unit
        for seat in seats:
            self._place(seat)

    def submit(self, seat: Seat, method: str, *arguments: Any, results: int = 1) -> Call:
        """Calls a method of a worker, after those that it was asked before."""
        call = Call(seat=seat, method=method, arguments=arguments, results=results)
        seat.calls.append(call)
        self._send(call)
        return call

    def answered(self, calls: Sequence[Call], seconds: float = 0.0) -> bool:
        """Whether all these calls are answered, or have failed, within some seconds."""
        missing = [call.references[0] for call in calls if not call.answered]
        return not missing or not ray.wait(missing, num_returns=len(missing), timeout=seconds)[1]

    def take_in(self, call: Call) -> None:
        """Fetches an answer.

        Raises:
            RayError: The call has failed.
        """
        call.answer, call.answered = ray.get(call.references[0]), True
        call.seat.attempts, call.seat.placed = 0, True

    def answers(self, calls: Sequence[Call], wanted: int | None = None) -> list[Call]:
        """Waits for calls, and sees to the workers meanwhile.

        Args:
            calls: What is waited for.
            wanted: How many of them; None is all. More may have come by then.

        Returns:
            Those that are answered, in the order of `calls`.

        Raises:
            RunError: An answer cannot be had.
            Exception: What the employer makes of an exception in a worker.
        """
        wanted = len(calls) if wanted is None else wanted
        while sum(call.answered for call in calls) < wanted:
            still = wanted - sum(call.answered for call in calls)
            open_calls = [call for call in calls if not call.answered]
            references = [call.references[0] for call in open_calls]
            ready, _ = ray.wait(references, num_returns=still, timeout=_LOOK_SECONDS)
            for call in open_calls:
                if call.references[0] in ready:
                    self._answer(call)
                elif len(ready) < still:
                    self._look_after(call.seat)
        done = [call for call in calls if call.answered]
        for call in done:  # not before: a lost worker repeats whole iterations
            call.seat.calls.remove(call)
            # It is not made again: what it was given may go, and with it the calls that made it.
            call.arguments = ()
        return done

    def forget(self) -> None:
        """No longer wants the answers to any call."""
        for seat in self.seats:
            seat.calls.clear()

    def close(self) -> None:
        """Lets the workers go."""
        for seat in self.seats:
            ray.kill(seat.actor)

    def _place(self, seat: Seat) -> None:
        """Asks Ray for a worker, and hands it the calls that the last one had."""
        seat.actor = self._employer.hire(seat)
        seat.placed, seat.question, seat.asked_at = False, None, time.monotonic()
        for call in seat.calls:
            self._send(call)

    def _send(self, call: Call) -> None:
        method = getattr(call.seat.actor, call.method).options(num_returns=call.results)
        found = method.remote(*(_now(argument) for argument in call.arguments))
        call.references = [found] if call.results == 1 else found

    def _answer(self, call: Call) -> None:
        try:
            self.take_in(call)
        except RayTaskError as error:
            raise self._employer.failed(error) from None
        except RayError as error:  # dead, out of memory, or its node gone with the answer
            if isinstance(error, RayActorError) and error.actor_init_failed:
                last = str(error).strip().splitlines()[-1]
                raise RunError(f"{call.seat.name} cannot start: {last}", str(error)) from None
            self._replace(call.seat, "died", error)

    def _replace(self, seat: Seat, what: str, error: RayError | None = None) -> None:
        """Puts a new worker in the place of one that is lost.

        Raises:
            RunError: This happens again and again.
        """
        seat.attempts += 1
        if seat.attempts >= ATTEMPTS:
            why = f": {str(error).strip().splitlines()[0]}" if error else ""
            raise RunError(f"{seat.name} {what} {ATTEMPTS} times in one {self._unit}{why}")
        _LOG.warning("%s %s: rebuilding it and repeating its %s", seat.name, what, self._unit)
        self._rebuild(seat)

    def _rebuild(self, seat: Seat) -> None:
        self._employer.lost(seat)
        seat.replaced = True
        self._put_again(seat)

    def _put_again(self, seat: Seat) -> None:
        ray.kill(seat.actor)  # it may live on: frozen, or its answer lost with another node
        self._place(seat)

    def _look_after(self, seat: Seat) -> None:
        """Finds out why a worker has not answered yet, and replaces it where it never will.

        Raises:
            RunError: It cannot be placed, or it hangs and may not.
        """
        if seat.question is None:
            (group,) = WATCH
            seat.question = seat.actor.current_call.options(concurrency_group=group).remote()
            if seat.placed:  # until then the clock runs from its placing
                seat.asked_at = time.monotonic()
        ready, _ = ray.wait([seat.question], timeout=0)
        if not ready:
            self._wait_on(seat, time.monotonic() - seat.asked_at)
            return
        question, seat.question = seat.question, None
        try:
            current_call = ray.get(question)
        except RayError:
            return  # its calls fail, too, and say so
        seat.placed = True
        if self._employer.heard(seat, current_call):
            self._rebuild(seat)

    def _wait_on(self, seat: Seat, seconds: float) -> None:
        """Decides about a worker that has been silent for some seconds."""
        if seat.placed:
            if seconds > self._silence_seconds:
                self._replace(seat, "did not answer")
        elif seconds > PLACEMENT_SECONDS:
            free = {k: v for k, v in ray.available_resources().items() if k in ("CPU", "GPU")}
            raise RunError(
                f"{seat.name}: no place for its {seat.cpus:g} CPU and {seat.gpus:g} GPU within "
                f"{PLACEMENT_SECONDS:g} s; free on the cluster: {free}"
            )
        elif seat.cpus and seat.replaced and seconds > _PATIENCE_SECONDS:
            # Its node may be gone for good: better to share a core than to stand still.
            _LOG.warning("%s finds no free CPU: sharing one", seat.name)
            seat.cpus = 0.0
            self._put_again(seat)  # nobody was lost: no restart


def stored(value: Any) -> Any:
    """A value in Ray's object store, once for all workers.

    Raises:
        RunError: It has no room for it.
    """
    try:
        return ray.put(value)
    except RayError as error:
        first = str(error).strip().splitlines()[0]
        raise RunError(
            f"Ray's object store takes nothing more ({first}): free memory or disk on the cluster"
        ) from None


def _now(argument: Any) -> Any:
    """An argument as Ray takes it: a call may have been made again since."""
    return argument.call.references[argument.place] if isinstance(argument, Result) else argument
