"""Compared agents as lines for a terminal, and as Markdown."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from launch.reports.compared.anchors import Anchors
from launch.reports.compared.comparison import Comparison, Entry, Pair
from launch.reports.compared.found import POLICIES
from launch.reports.compared.measures import NAMES, Measure
from launch.reports.compared.thresholds import Reached
from launch.terminal.blocks import beside

_OF_PAIRS = {"iqm": "IQM", "mean": "mean", "improvement": "P(first > second)"}
_INDENT = " " * 4
_UNBROKEN = "\N{NO-BREAK SPACE}"


def lines(comparison: Comparison, width: int) -> Iterator[str]:
    """What was compared, for a terminal.

    Args:
        comparison: What was compared.
        width: Columns.
    """
    for name, held in comparison.environments.items():
        yield from beside("", f"{name}: {_held(held)}", width)
        for entry in comparison.entries:
            if entry.environment == name:
                yield from _agent(entry, width)
        yield from _differences([p for p in comparison.pairs if p.where == name], width)
        yield ""
    if comparison.overall:
        where = ", ".join(comparison.shared)
        yield from beside("", f"over {where}: normalised, random 0, optimum or anchor 1", width)
        for each in comparison.overall:
            runs = len(each.samples["final"].pooled)
            yield from beside("  ", f"{each.label}, {runs} runs", width)
            yield from _policies(each.measures, width)
        yield from _differences([p for p in comparison.pairs if not p.where], width)
        yield ""
    for line in _notes(comparison):
        yield from beside("", line, width)


def markdown(comparison: Comparison) -> str:
    """What was compared, as Markdown."""
    parts = ["# Comparison\n"]
    for name, held in comparison.environments.items():
        entries = [each for each in comparison.entries if each.environment == name]
        parts.append(f"## {name}\n\n{_held(held).capitalize()}.\n")
        agents = [(e.label, len(e.runs), e.measures) for e in entries]
        parts.append(_table_of(agents))
        if held.solved is not None:
            parts.append(_table_of_times(entries))
        parts.append(_table_of_pairs([p for p in comparison.pairs if p.where == name]))
    if comparison.overall:
        parts.append(f"## Over {', '.join(comparison.shared)}\n")
        parts.append("Normalised: random is 0, the optimum or anchor 1.\n")
        agents = [
            (each.label, len(each.samples["final"].pooled), each.measures)
            for each in comparison.overall
        ]
        parts.append(_table_of(agents))
        parts.append(_table_of_pairs([p for p in comparison.pairs if not p.where]))
    parts.append("\n".join(f"- {line}" for line in _notes(comparison)) + "\n")
    return "\n".join(part for part in parts if part)


def _held(held: Anchors) -> str:
    levels = {
        "random": held.random,
        "optimum": held.best if held.is_optimum else None,
        "threshold": held.solved,
    }
    told = [f"{name} {level:.5g}" for name, level in levels.items() if level is not None]
    if not held.is_normal:
        told.append("not normalised: random, and an optimum or anchor above it, are not known")
    elif not held.is_optimum:
        told.append(f"normalised by the solved mark, {held.best:.5g}")
    return ", ".join(told)


def _agent(entry: Entry, width: int) -> Iterator[str]:
    yield from beside("  ", f"{entry.label}, {_runs(len(entry.runs))}", width)
    yield from _policies(entry.measures, width)
    if entry.reached is not None:
        yield from _beside("threshold", _times(entry.reached), width)


def _policies(of: Mapping[str, Mapping[str, Measure]], width: int) -> Iterator[str]:
    for policy, name in POLICIES.items():
        told = [f"{NAMES[key]} {cell(found)}" for key, found in of[policy].items()]
        yield from _beside(name, told, width)


def _differences(pairs: Sequence[Pair], width: int) -> Iterator[str]:
    for pair in pairs:
        yield from beside("  ", f"{pair.first} ahead of {pair.second}", width)
        for policy, name in POLICIES.items():
            found = pair.measures[policy]
            told = [f"{text} {cell(found[key])}" for key, text in _OF_PAIRS.items()]
            yield from _beside(name, told, width)


def _times(reached: Reached) -> list[str]:
    return [
        f"{reached.threshold:.5g} reached by {reached.count} of {reached.runs}",
        f"median steps {cell(reached.steps)}",
        f"median seconds {cell(reached.seconds)}",
    ]


def _beside(name: str, told: Sequence[str], width: int) -> Iterator[str]:
    """Figures beside a name, none of them broken."""
    text = "; ".join(each.replace(" ", _UNBROKEN) for each in told)
    for line in beside(f"{_INDENT}{name:<14}", text, width):
        yield line.replace(_UNBROKEN, " ")


def _notes(comparison: Comparison) -> Iterator[str]:
    methods = "; ".join(f"{letter}: {text}" for letter, text in comparison.methods.items())
    yield f"[low, high]: 95 % interval over seeds. {methods}"
    every = [each.measures for each in (*comparison.entries, *comparison.overall)]
    why = [each.why for of in every for found in of.values() for each in found.values()]
    for reason in sorted({each for each in why if each}):
        yield f"[-]: no interval covers; {reason}"
    for name, held in comparison.environments.items():
        if held.marks:
            yield f"{name}: {_of_other_marks(held)}"
    for left in comparison.left_out:
        yield f"left out: {left}"


def _of_other_marks(held: Anchors) -> str:
    """What counts where the runs were held to several solved marks."""
    marks = ", ".join(f"{mark:.5g}" for mark in held.marks)
    own = "none counts" if held.solved is None else f"the environment's {held.solved:.5g} counts"
    return f"its runs have several solved marks ({marks}): {own}; --threshold gives another"


def _table_of(
    agents: Sequence[tuple[str, int, Mapping[str, Mapping[str, Measure]]]],
) -> str:
    rows = [
        [label, name, str(runs), *(_maybe(of[policy].get(key)) for key in NAMES)]
        for label, runs, of in agents
        for policy, name in POLICIES.items()
    ]
    return _table(["agent", "policy", "runs", *NAMES.values()], rows)


def _table_of_times(entries: Sequence[Entry]) -> str:
    rows = [
        [
            entry.label,
            f"{entry.reached.count} of {entry.reached.runs}",
            cell(entry.reached.steps),
            cell(entry.reached.seconds),
        ]
        for entry in entries
        if entry.reached is not None
    ]
    return _table(["agent", "reached the threshold", "median steps", "median seconds"], rows)


def _table_of_pairs(pairs: Sequence[Pair]) -> str:
    rows = [
        [pair.first, pair.second, name, *(cell(pair.measures[policy][key]) for key in _OF_PAIRS)]
        for pair in pairs
        for policy, name in POLICIES.items()
    ]
    names = [f"{_OF_PAIRS[key]}, difference" for key in ("iqm", "mean")]
    head = ["first", "second", "policy", *names, _OF_PAIRS["improvement"]]
    return _table(head, rows) if rows else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"


def _maybe(found: Measure | None) -> str:
    return "-" if found is None else cell(found)


def cell(found: Measure) -> str:
    """A measure with its interval and the letter of its method, such as 0.91 [0.85, 0.97] t."""
    if found.low is None or found.high is None:
        return f"{_number(found.value)} [-]"
    low, high = _number(found.low), _number(found.high)
    return f"{_number(found.value)} [{low}, {high}] {found.method}"


def _number(value: float) -> str:
    if np.isinf(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
