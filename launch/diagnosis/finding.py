"""Groups of checks that cannot break the doctor."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from common.findings import Finding, fail
from common.text import with_kind

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
                    f"the check itself broke: {with_kind(error)}",
                    "report this line to Actorlab; the other checks do not depend on it",
                )
            else:
                yield from [found] if isinstance(found, Finding) else found
