"""A worker group in this process: members answer at once, and die when a test wants it."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from supervised.core.sharing.group import ResultLost


@dataclass(eq=False)
class Call:
    answers: tuple[Any, ...]
    failed: Exception | None = None

    @property
    def answer(self) -> Any:
        return self.answers[0]

    def result(self, place: int) -> Any:
        return self.failed or self.answers[place]


@dataclass
class LocalGroup:
    """`kills` names calls, counted over a group's life, before which a member is made anew."""

    make: Callable[[], Any]
    count: int
    kills: Sequence[int] = ()
    restarts: int = 0
    made: int = 0
    members: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.members = [self.make() for _ in range(self.count)]

    def __len__(self) -> int:
        return self.count

    def call(self, member: int, method: str, *arguments: Any, results: int = 1) -> Call:
        if self.made in self.kills:
            self.members[member] = self.make()
            self.restarts += 1
        self.made += 1
        for argument in arguments:
            if isinstance(argument, Exception):
                return Call((None,) * results, ResultLost("what it was to be given"))
        try:
            found = getattr(self.members[member], method)(*arguments)
        except Exception as error:
            return Call((None,) * results, error)
        return Call(found if results > 1 else (found,))

    def answers(self, calls: Sequence[Call], wanted: int | None = None) -> list[Call]:
        for call in calls:
            if call.failed is not None:
                raise call.failed
        return list(calls[:wanted])

    def forget(self) -> None:
        pass

    def close(self) -> None:
        pass


def local_group(
    kind: Any, arguments: Sequence[Any], count: int, kills: Sequence[int] = ()
) -> LocalGroup:
    """As on another machine: each member has copies of its own."""
    stored = pickle.dumps(arguments)
    return LocalGroup(lambda: kind(*pickle.loads(stored)), count, kills)
