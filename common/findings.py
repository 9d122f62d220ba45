"""What a check found: of a machine, or of an environment."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail", "skip"]
"""`fail` is kept for what a training needs; `skip` was not looked at."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found about one thing.

    Attributes:
        item: The thing, in a word or two.
        state: Whether it is as a training needs it.
        found: What was found, in plain words.
        mend: The command, or the words, that mend it; None where nothing has to be mended.
    """

    item: str
    state: State
    found: str
    mend: str | None = None


def ok(item: str, found: str) -> Finding:
    """The thing is as it should be."""
    return Finding(item=item, state="ok", found=found)


def warn(item: str, found: str, mend: str) -> Finding:
    """Something is better changed, and a training can do without that."""
    return Finding(item=item, state="warn", found=found, mend=mend)


def fail(item: str, found: str, mend: str | None = None) -> Finding:
    """Something is not as a training needs it."""
    return Finding(item=item, state="fail", found=found, mend=mend)


def skipped(item: str) -> Finding:
    """The thing was not looked at."""
    return Finding(item=item, state="skip", found="left out by --quick")
