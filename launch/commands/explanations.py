"""What tyro says of flags that it cannot read, in a box of many lines, as one line."""

import re
from collections.abc import Iterator

_RULE = re.compile(r"^[│ ]*[─-]{5,}[│ ]*$|^[╭╰].*$")  # with box characters where they can be had
_SUGGESTED = 4  # flags that are named as those that may be meant
_WHOLE, _NUMBER = r"\1 \2: expected a whole number", r"\1 \2: expected a number"
_WORDS = (
    (r"^Unrecognized options: (.*)$", r"unknown: \1"),
    (r"^Error parsing (\S+): invalid literal for int.*: (.*)$", _WHOLE),
    (r"^Error parsing (\S+): could not convert .*: (.*)$", _NUMBER),
    # Of a number that may be left out tyro tells each type that was tried.
    (r"^Error parsing (\S+): no type matching .*\bINT\b.* from \[(.*?)\]\..*$", _WHOLE),
    (r"^Error parsing (\S+): no type matching .*\bFLOAT\b.* from \[(.*?)\]\..*$", _NUMBER),
    (r"^Error parsing (\S+): (.*)$", r"\1: \2"),
    (r"^invalid choice (\S+) for argument '(\S+)'\. Expected (.*)\.$", r"\2 \1: expected \3"),
    (r"^Missing value for argument '(\S+)'\..*$", r"\1: a value is missing"),
)
"""Tyro's words and ours."""
_NOTHING = r"(?<=\()'None', |, 'None'(?=[,)])"
"""What tyro calls a value that was left out: nobody can choose it."""
_MISSING, _REQUIRED = "Missing from ", "(required)"


def in_one_line(boxed: str) -> str:
    """What is wrong, what may be meant, and where help is.

    Args:
        boxed: What tyro writes to standard error.
    """
    parts: list[list[str]] = [[]]
    for line in boxed.splitlines():
        if _RULE.match(line):
            parts.append([])
        else:
            parts[-1].append(line.strip("│ "))
    found = [part for each in parts if (part := " ".join(filter(None, each)))]
    what, whole = found[0], " ".join(found)
    for pattern, words in _WORDS:
        if told := next((part for part in found if re.match(pattern, part)), None):
            what = re.sub(_NOTHING, "", re.sub(pattern, words, told))
            break
    else:
        if told := next((part for part in found if part.startswith(_MISSING)), None):
            what = f"missing: {', '.join(_named(told))}"
    suggested = whole.partition("Perhaps you meant")[2].partition("For full")[0]
    meant = list(dict.fromkeys(re.findall(r"--[\w.-]+", suggested)))[:_SUGGESTED]
    near = f"; did you mean {', '.join(meant)}?" if meant else ""
    command = re.search(r"(python -m launch \S*) --help", whole)
    return f"{what}{near}{f'; see: {command[1]} --help' if command else ''}"


def _named(missing: str) -> Iterator[str]:
    """What an argument is called, and what it takes, of each that is missing: `--to {keras,onnx}`.

    Args:
        missing: Tyro's line, which has the help of each as well.
    """
    for argument in missing.partition(": ")[2].split(_REQUIRED):
        if found := re.match(r"--\S+ (\{.*?\}|\S+)|\S+", argument.strip()):
            yield found[0]
