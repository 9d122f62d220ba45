"""The places of a group of actors, and the calls that each of them has not answered yet."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True, eq=False)
class Call:
    """A call whose answer has not been handed on; a replacement of its actor gets it again.

    Attributes:
        slot: Whose actor is called.
        method: The actor's method.
        arguments: Its arguments; a `CallResult` stands for what another call returned.
        results: How many values it returns; the caller gets the first, the others stay where they
            are.
        references: Ray's references, one for each value.
        answered: Whether `answer` is there.
        answer: The first value.
    """

    slot: "Slot"
    method: str
    arguments: tuple[Any, ...]
    results: int = 1
    references: list[Any] = field(default_factory=list)
    answered: bool = False
    answer: Any = None

    def result(self, place: int) -> "CallResult":
        """Stands for one of the returned values in the arguments of another call."""
        return CallResult(call=self, place=place)


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """A value that a call returned, wherever it is."""

    call: Call
    place: int


@dataclass(kw_only=True, eq=False)
class Slot:
    """A place in the group, and the actor that fills it now.

    Attributes:
        number: The slot's number, from 0.
        name: The slot's name, for messages.
        cpus: CPUs reserved for the actor.
        gpus: GPUs reserved for the actor.
        actor: The actor.
        calls: Calls whose answers have not been handed on.
        attempts: Actors lost since a call was last answered.
        replaced: Whether the actor is not the slot's first one.
        placed: Whether the actor has answered anything yet.
        question: Ray's reference to the answer of `current_call`, asked and not come yet.
        asked_at: `time.monotonic()` of that question, or of the actor's start.
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
    question: Any = None
    asked_at: float = 0.0
