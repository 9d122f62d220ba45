"""What was observed of an environment."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What was observed of one thing.

    Attributes:
        item: The thing, in a word or two.
        state: `fail` where a training cannot go on, or where its bits cannot repeat.
        found: What was found, in plain words.
        mend: What the environment's author can change; None where nothing has to be.
    """

    item: str
    state: Literal["ok", "warn", "fail"]
    found: str
    mend: str | None = None


def ok(item: str, found: str) -> Observed:
    """The thing is as it should be."""
    return Observed(item=item, state="ok", found=found)


def warn(item: str, found: str, mend: str) -> Observed:
    """Something is better changed."""
    return Observed(item=item, state="warn", found=found, mend=mend)


def fail(item: str, found: str, mend: str | None = None) -> Observed:
    """A promise that would not hold."""
    return Observed(item=item, state="fail", found=found, mend=mend)


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
