"""Other processes as a job sees them: a crew that answers calls. Whoever runs the job has one."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_ATTEMPTS = 5  # to go on from the last weights kept


class Lost(Exception):
    """What earlier calls came to is gone, with the process or the node where it was."""


class OutOfStep(Exception):
    """A member was asked for a step that does not follow what it has: it is a new one."""


class Call(Protocol):
    """A call to a member.

    Attributes:
        answer: The first result, once the call is answered.
    """

    @property
    def answer(self) -> Any: ...

    def result(self, place: int) -> Any:
        """Stands for a result in the arguments of another call: it goes there directly."""
        ...


class Crew(Protocol):
    """Processes with an object each.

    One that dies or falls silent is replaced by a new one, whose object is made as the first was,
    and which gets the unanswered calls again.
    """

    def __len__(self) -> int: ...

    def call(self, member: int, method: str, *arguments: Any, results: int = 1) -> Call:
        """Calls a method, behind earlier calls of the same member.

        Args:
            member: Whose.
            method: Its name.
            arguments: What it is given; results of other calls may be among them.
            results: What it returns.
        """
        ...

    def answers(self, calls: Sequence[Any], wanted: int | None = None) -> list[Any]:
        """Waits until some of the calls are answered; None is all. Those, in their order.

        Raises:
            Lost: Something among a call's arguments is gone.
            Exception: What a member raised.
        """
        ...

    def forget(self) -> None:
        """No longer wants the answers to calls under way."""
        ...

    def close(self) -> None:
        """Ends the processes."""
        ...


def check_step(made: int | None, *wanted: int) -> None:
    """Makes sure that a member has made the updates that a call follows.

    Args:
        made: Updates that it has made; None where it has not begun.
        wanted: How many the call takes; any of them will do.

    Raises:
        OutOfStep: It has made others.
    """
    if made not in wanted:
        has = "it is new" if made is None else f"it has made {made} updates"
        raise OutOfStep(f"{has}, and {wanted[0]} are made")


def insist(
    work: Callable[[], T], put: Callable[[], None], say: Callable[[str], None], who: str
) -> T:
    """Does something, from the last weights kept where members that had newer ones are gone.

    Args:
        work: Raises `OutOfStep` or `Lost` where they are.
        put: Has the members begin from the last weights kept.
        say: Told of it.
        who: The members.

    Raises:
        OutOfStep, Lost: They die again and again.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return work()
        except (OutOfStep, Lost) as error:
            say(f"a {who} is gone ({error}): back to the last weights kept")
            put()
    return work()
