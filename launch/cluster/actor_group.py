"""A group of Ray actors that answer calls in order; one that dies or falls silent is replaced."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from common.errors import RunError
from launch.cluster.capacity import PLACEMENT_SECONDS
from launch.cluster.slots import Call, CallResult, Slot

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0  # without an answer, before an actor is asked what it is doing
_PATIENCE_SECONDS = 10.0  # for a replacement's own CPU, before it shares one

ATTEMPTS = 5
"""Actors that one call may cost, before the run is stopped."""
WATCH = {"watch": 1}
"""Concurrency groups of an actor: `current_call` answers while another call is at work."""


class GroupOwner(Protocol):
    """Decides what the actors of a group are, and what becomes of those that fail."""

    def start_actor(self, slot: Slot) -> Any:
        """Asks Ray for an actor that has `current_call` in the concurrency group `watch`.

        An actor that replaces another must be in the state that the lost one was in before the
        calls that it had not answered, because it gets those calls again.
        """
        ...

    def on_actor_lost(self, slot: Slot) -> None:
        """Counts an actor that is about to be replaced.

        Raises:
            RunError: More actors were lost than the run allows.
        """
        ...

    def is_hung(self, slot: Slot, current_call: Any) -> bool:
        """Whether an actor hangs and has to be replaced, judged by what it says that it does.

        Raises:
            RunError: It hangs, and the run allows no replacement.
        """
        ...

    def to_error(self, error: RayTaskError) -> Exception:
        """The error that the run ends with when an actor raised an exception."""
        ...


class ActorGroup:
    """Slots for Ray actors. Repeating a call is harmless: the same call gives the same bits."""

    def __init__(self, owner: GroupOwner, slots: Sequence[Slot], silence_seconds: float, unit: str):
        """Asks Ray for the actors.

        Args:
            owner: Starts the actors and judges their failures.
            slots: The slots, without actors.
            silence_seconds: After that many seconds without a word an actor counts as dead.
            unit: What is repeated when an actor is lost, for messages, such as "iteration".
        """
        self.slots = slots
        self._owner, self._silence_seconds, self._unit = owner, silence_seconds, unit
        for slot in slots:
            self._start(slot)

    def submit(self, slot: Slot, method: str, *arguments: Any, results: int = 1) -> Call:
        """Calls a method of an actor, after the calls that it was given before."""
        call = Call(slot=slot, method=method, arguments=arguments, results=results)
        slot.calls.append(call)
        self._send(call)
        return call

    def are_done(self, calls: Sequence[Call], seconds: float = 0.0) -> bool:
        """Whether all these calls have been answered or have failed, within some seconds."""
        missing = [call.references[0] for call in calls if not call.answered]
        return not missing or not ray.wait(missing, num_returns=len(missing), timeout=seconds)[1]

    def fetch(self, call: Call) -> None:
        """Fetches the answer of a call.

        Raises:
            RayError: The call has failed.
        """
        call.answer, call.answered = ray.get(call.references[0]), True
        call.slot.attempts, call.slot.placed = 0, True

    def wait(
        self,
        calls: Sequence[Call],
        wanted: int | None = None,
        watch: Callable[[], None] | None = None,
    ) -> list[Call]:
        """Waits for answers, and replaces actors that are lost meanwhile.

        Args:
            calls: The calls to wait for.
            wanted: How many of them have to be answered; None is all. More may have come by then.
            watch: Called about once a second while they are not; it may raise an exception.

        Returns:
            The calls that are answered, in the order of `calls`.

        Raises:
            RunError: An answer cannot be had.
            Exception: What the owner makes of an exception in an actor.
        """
        wanted = len(calls) if wanted is None else wanted
        while sum(call.answered for call in calls) < wanted:
            still = wanted - sum(call.answered for call in calls)
            open_calls = [call for call in calls if not call.answered]
            references = [call.references[0] for call in open_calls]
            ready, _ = ray.wait(references, num_returns=still, timeout=_LOOK_SECONDS)
            for call in open_calls:
                if call.references[0] in ready:
                    self._take_answer(call)
                elif len(ready) < still:
                    self._watch(call.slot)
            if watch is not None and len(ready) < still:
                watch()
        done = [call for call in calls if call.answered]
        # Removed together: a replacement repeats either all calls of an iteration or none.
        for call in done:
            call.slot.calls.remove(call)
            # Never sent again: its arguments may go, and with them the calls that made those.
            call.arguments = ()
        return done

    def forget(self) -> None:
        """Drops all calls: nobody wants their answers any more."""
        for slot in self.slots:
            slot.calls.clear()

    def close(self) -> None:
        """Ends the actors."""
        for slot in self.slots:
            ray.kill(slot.actor)

    def _start(self, slot: Slot) -> None:
        """Asks Ray for a slot's actor, and gives it the calls that the last one had."""
        slot.actor = self._owner.start_actor(slot)
        slot.placed, slot.question, slot.asked_at = False, None, time.monotonic()
        for call in slot.calls:
            self._send(call)

    def _send(self, call: Call) -> None:
        method = getattr(call.slot.actor, call.method).options(num_returns=call.results)
        found = method.remote(*(_resolved(argument) for argument in call.arguments))
        call.references = [found] if call.results == 1 else found

    def _take_answer(self, call: Call) -> None:
        try:
            self.fetch(call)
        except RayTaskError as error:
            raise self._owner.to_error(error) from None
        except RayError as error:  # dead, out of memory, or its node gone with the answer
            if isinstance(error, RayActorError) and error.actor_init_failed:
                last = str(error).strip().splitlines()[-1]
                raise RunError(f"{call.slot.name} cannot start: {last}", str(error)) from None
            self._replace_failed(call.slot, "died", error)

    def _replace_failed(self, slot: Slot, what: str, error: RayError | None = None) -> None:
        """Replaces an actor that died or fell silent.

        Raises:
            RunError: The slot has lost too many actors in one call.
        """
        slot.attempts += 1
        if slot.attempts >= ATTEMPTS:
            why = f": {str(error).strip().splitlines()[0]}" if error else ""
            raise RunError(f"{slot.name} {what} {ATTEMPTS} times in one {self._unit}{why}")
        lost = f"{slot.name} {what}"
        try:
            self._replace(slot, f"{lost}: rebuilding it and repeating its {self._unit}")
        except RunError as refused:  # it may not be replaced
            raise RunError(f"{lost}; {refused}", refused.trace) from None

    def _replace(self, slot: Slot, warning: str = "") -> None:
        """Puts a new actor into a slot, and counts the one that was lost.

        Raises:
            RunError: The run may lose no more of them.
        """
        self._owner.on_actor_lost(slot)
        if warning:
            _LOG.warning(warning)
        slot.replaced = True
        self._restart(slot)

    def _restart(self, slot: Slot) -> None:
        ray.kill(slot.actor)  # it may live on: frozen, or its answer lost with another node
        self._start(slot)

    def _watch(self, slot: Slot) -> None:
        """Finds out why an actor has not answered yet, and replaces it where it never will.

        Raises:
            RunError: It cannot be placed, or it hangs and may not be replaced.
        """
        if slot.question is None:
            (group,) = WATCH
            slot.question = slot.actor.current_call.options(concurrency_group=group).remote()
            if slot.placed:  # until then the clock runs from the actor's start
                slot.asked_at = time.monotonic()
        ready, _ = ray.wait([slot.question], timeout=0)
        if not ready:
            self._judge_silence(slot, time.monotonic() - slot.asked_at)
            return
        question, slot.question = slot.question, None
        try:
            current_call = ray.get(question)
        except RayError:
            return  # its calls fail, too, and say so
        slot.placed = True
        if self._owner.is_hung(slot, current_call):
            self._replace(slot)

    def _judge_silence(self, slot: Slot, seconds: float) -> None:
        """Decides about an actor that has not said a word for some seconds.

        Raises:
            RunError: It has found no place, or was lost too often.
        """
        if slot.placed:
            if seconds > self._silence_seconds:
                self._replace_failed(slot, "did not answer")
        elif seconds > PLACEMENT_SECONDS:
            free = {k: v for k, v in ray.available_resources().items() if k in ("CPU", "GPU")}
            raise RunError(
                f"{slot.name}: no place for its {slot.cpus:g} CPU and {slot.gpus:g} GPU within "
                f"{PLACEMENT_SECONDS:g} s; free on the cluster: {free}"
            )
        elif slot.cpus and slot.replaced and seconds > _PATIENCE_SECONDS:
            # Its node may be gone for good: better to share a core than to wait for ever.
            _LOG.warning("%s finds no free CPU: sharing one", slot.name)
            slot.cpus = 0.0
            self._restart(slot)  # no actor was lost, so none is counted


def stored(value: Any) -> Any:
    """Ray's reference to a value that is put into the object store once for all actors.

    Raises:
        RunError: The object store has no room for it.
    """
    try:
        return ray.put(value)
    except RayError as error:
        first = str(error).strip().splitlines()[0]
        raise RunError(
            f"Ray's object store takes nothing more ({first}): free memory or disk on the cluster"
        ) from None


def _resolved(argument: Any) -> Any:
    """An argument as Ray takes it; looked up anew, as the call it came from may be a new one."""
    is_result = isinstance(argument, CallResult)
    return argument.call.references[argument.place] if is_result else argument
