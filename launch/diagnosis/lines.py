"""Findings as lines for a terminal."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.text import Text

from common.findings import Finding, State
from common.text import counted
from launch.terminal.blocks import WIDTH

_STYLES: dict[State, str] = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}
_MARK, _ITEM = 4, 14  # columns
_FOUND = 2 + _MARK + 2 + _ITEM + 1  # columns before what was found


def of_finding(finding: Finding) -> Iterator[Text]:
    """A mark, the item and what was found; beneath it how to mend it."""
    before = f"  {finding.state:<{_MARK}}  {finding.item:<{_ITEM}} "
    for number, line in enumerate(_wrapped(before, finding.found, _FOUND)):
        text = Text(line)
        if number == 0:
            text.stylize(_STYLES[finding.state], 2, 2 + _MARK)
        yield text
    if finding.mend is not None:
        before = f"{' ' * (2 + _MARK + 2)}mend: "
        yield from map(Text, _wrapped(before, finding.mend, len(before)))


def of_summary(findings: Sequence[Finding]) -> Text:
    """Whether a training can run here."""
    states = Counter(each.state for each in findings)
    rest = [counted(states["warn"], "warning")] if states["warn"] else []
    rest += [f"{states['skip']} left out"] if states["skip"] else []
    state: State = "fail" if states["fail"] else "ok"
    text = "all that training needs works here"
    if state == "fail":
        text = f"a training cannot run here: {counted(states['fail'], 'failure')}"
    return Text("; ".join([text, ", ".join(rest)] if rest else [text]), style=_STYLES[state])


def _wrapped(before: str, text: str, indentation: int) -> list[str]:
    """The lines of a text; a word longer than a line, such as a path, goes over several."""
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=before,
        subsequent_indent=" " * indentation,
        break_on_hyphens=False,
    ) or [before]
