"""Names of agents where there is little room: in a few short lines, each another one."""

import textwrap
from collections.abc import Iterable

_LETTERS, _LINES = 38, 4


def in_lines(labels: Iterable[str]) -> dict[str, str]:
    """Each label in lines as pictures have them, the settings unbroken where they fit.

    A label that is too long for them is cut and has its number among the labels, so that two that
    begin alike stay apart.
    """
    return {label: _cut(label, number) for number, label in enumerate(dict.fromkeys(labels), 1)}


def _cut(label: str, number: int) -> str:
    lines = textwrap.wrap(label, _LETTERS, break_on_hyphens=False)
    if len(lines) <= _LINES:
        return "\n".join(lines)
    mark = f"… (agent {number})"
    last = lines[_LINES - 1][: _LETTERS - len(mark)]
    return "\n".join([*lines[: _LINES - 1], last + mark])
