"""A group of other processes as a job sees it. Whoever runs the job implements it."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

_ATTEMPTS = 5  # including the first


class ResultLost(Exception):
    """The result of an earlier call is gone: the process or the node that held it died."""


class StepMismatch(Exception):
    """A member has made another number of updates than a call needs: it replaces one that died."""


class Call(Protocol):
    """A call of a member's method.

    Attributes:
        answer: The method's first result, once the call is answered.
    """

    @property
    def answer(self) -> Any: ...

    def result(self, place: int) -> Any:
        """A reference to one of the results, from 0, for the arguments of another call.

        The result goes from member to member and does not pass through the job's process.
        """
        ...


class WorkerGroup(Protocol):
    """Processes, the members of the group, each of which holds one object.

    A member that dies or falls silent is replaced by a new process. Its object is made from the
    arguments that made the first one, and it gets the unanswered calls again.
    """

    def __len__(self) -> int: ...

    def call(self, member: int, method: str, *arguments: Any, results: int = 1) -> Call:
        """Calls a method of a member's object, after all earlier calls of that member.

        Args:
            member: Number of the member, from 0.
            arguments: Arguments of the method; `Call.result` of other calls may be among them.
            results: How many results the method returns.
        """
        ...

    def answers(self, calls: Sequence[Any], wanted: int | None = None) -> list[Any]:
        """Waits until calls are answered, and returns the answered ones in the order given.

        Args:
            wanted: How many answers to wait for; None waits for all.

        Raises:
            ResultLost: A result among a call's arguments is gone.
            Exception: What a member raised.
        """
        ...

    def forget(self) -> None:
        """Drops all calls under way: nobody wants their answers any more."""
        ...

    def close(self) -> None:
        """Ends the processes."""
        ...


def check_step(made: int | None, *wanted: int) -> None:
    """Checks that a member has made as many updates as a call needs.

    Args:
        made: Updates that the member has made; None before it has weights.
        wanted: Numbers of updates that the call can start from.

    Raises:
        StepMismatch: The member has made another number of updates.
    """
    if made not in wanted:
        has = "it is new" if made is None else f"it has made {made} updates"
        raise StepMismatch(f"{has}, and {wanted[0]} are made")


def run_with_recovery(
    work: Callable[[], T], restore: Callable[[], None], say: Callable[[str], None], who: str
) -> T:
    """Does some work, and repeats it from the last weights kept if a member lost newer ones.

    Args:
        work: Raises `StepMismatch` or `ResultLost` if a member with newer weights died.
        restore: Gives the last weights kept to all members.
        say: Gets a line for the user about each repetition.
        who: What a member is, for that line.

    Returns:
        What the work returns.

    Raises:
        StepMismatch, ResultLost: Members died in each of five attempts.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return work()
        except (StepMismatch, ResultLost) as error:
            say(f"a {who} is gone ({error}): back to the last weights kept")
            restore()
    return work()
