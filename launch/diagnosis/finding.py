"""What a check found, and checks that cannot break the doctor."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from common.text import one_line

State = Literal["ok", "warn", "fail", "skip"]
"""`fail` is kept for what a training needs; `skip` was not looked at, because of `--quick`."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found about one thing.

    Attributes:
        item: The thing, in a word or two.
        state: Whether it works.
        found: What was found, in plain words.
        mend: The command, or the words, that mend it; None where nothing has to be mended.
    """

    item: str
    state: State
    found: str
    mend: str | None = None


Check: TypeAlias = Callable[[], Finding | Sequence[Finding]]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Checks that stand together under a title.

    Attributes:
        name: The title.
        checks: Checks, by the item that a check is named by when it breaks.
    """

    name: str
    checks: dict[str, Check]

    def findings(self) -> Iterator[Finding]:
        """Makes one check after the other; one that breaks is itself a finding."""
        for item, check in self.checks.items():
            try:
                found = check()
            except Exception as error:  # whatever it is, the other checks are still worth making
                yield fail(
                    item,
                    f"the check itself broke: {type(error).__name__}: {one_line(error)}",
                    "report this line to Actorlab; the other checks do not depend on it",
                )
            else:
                yield from [found] if isinstance(found, Finding) else found


def ok(item: str, found: str) -> Finding:
    """The thing works."""
    return Finding(item=item, state="ok", found=found)


def warn(item: str, found: str, mend: str) -> Finding:
    """Something is slower, or does not work that a training can do without."""
    return Finding(item=item, state="warn", found=found, mend=mend)


def fail(item: str, found: str, mend: str) -> Finding:
    """Something does not work that a training needs."""
    return Finding(item=item, state="fail", found=found, mend=mend)


def skipped(item: str) -> Finding:
    """The thing was not looked at."""
    return Finding(item=item, state="skip", found="left out by --quick")
