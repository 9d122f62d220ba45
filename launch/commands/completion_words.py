"""What can follow the words of an unfinished command line, for the scripts of shells."""

import dataclasses
import importlib
import itertools
import re
import warnings
from argparse import Action
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from common.errors import UsageError
from launch.commands.names import COMMANDS, HELP

Candidates = Iterable[tuple[str, str]]
"""Words, each with a text that explains it."""

_RUNS = Path("runs")
_DEPTH = 3  # folders between runs/ and a run at most


def candidates(words: Sequence[str]) -> list[tuple[str, str]]:
    """What the last word may become.

    Args:
        words: Those after the program's name; the last is the unfinished one, which may be empty.
            bash hands over `--flag=value` as three of them.

    Returns:
        Each candidate with a text; none where a file, or a value that only the user knows, fits.
    """
    *before, last = words or [""]
    if last == "=":
        last = ""
    elif before[-1:] == ["="]:
        before.pop()
    flag, is_joined, value = last.partition("=")
    if is_joined and flag.startswith("--"):
        return [(f"{flag}={word}", about) for word, about in candidates([*before, flag, value])]
    return [(word, about) for word, about in _all(before, last) if word.startswith(last)]


def _all(before: Sequence[str], last: str) -> Candidates:
    """The candidates before those that do not fit the last word are left out."""
    if not before or (len(before) == 1 and before[0] in HELP):
        return itertools.chain(_commands(), _experiments())
    first, *rest = before
    if first not in COMMANDS:
        return _of_experiments(before, last)
    actions = list(_actions(_arguments_of(first)))
    if first == "tune" and rest:
        actions += [each for each in _flags_of(rest[:1]) if each.option_strings]
    return _of_parser(actions, rest, last)


def _commands() -> Candidates:
    for name in COMMANDS:
        yield name, "a command"
    yield "help", "help of a command or an experiment"


def _experiments() -> Candidates:
    from launch.experiments import catalog

    known = {**catalog.everything(), **catalog.STUDIES}
    return [(name, each.summary) for name, each in known.items()]


def _sets() -> Candidates:
    from supervised.datasets import catalog

    return [(info.name, info.title) for info in catalog.ALL]


def _environments() -> Candidates:
    from envs import listing

    return [(spec.id, listing.group_of(spec)) for spec in listing.registered()]


def _experiments_and_sets() -> Candidates:
    return itertools.chain(_experiments(), _sets())


def _runs() -> Candidates:
    """Run folders below runs/, the newest first."""
    found = [
        path
        for depth in range(1, _DEPTH + 1)
        for path in _RUNS.glob("/".join(["*"] * depth) + "/config.json")
    ]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [(str(path.parent), "a run") for path in found]


_POSITIONAL: Mapping[str, Callable[[], Candidates]] = {
    "run": _runs,
    "runs": _runs,
    "experiment": _experiments,
    "words": _experiments_and_sets,
    "name": _sets,
    "pattern": _environments,
    "env": _environments,
}
"""What arguments without a flag stand for, by the names that all commands give them."""
_VALUES: Mapping[str, Callable[[], Candidates]] = {"--init-from": _runs}
"""Flags whose values can be looked up."""


def _of_experiments(before: Sequence[str], last: str) -> Candidates:
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), before))
    found = _of_parser(_flags_of(names), before[len(names) :], last)
    yield from found
    if len(names) == len(before) and not last.startswith("-"):
        yield from (each for each in _experiments() if each[0] not in names)


def _of_parser(actions: Sequence[Action], before: Sequence[str], last: str) -> Candidates:
    """Values of the flag that waits for one; else flags, or what stands without a flag."""
    flags = {flag: action for action in actions for flag in action.option_strings}
    waiting, given = _walk(before, flags)
    if waiting is not None and not last.startswith("-"):
        for flag in set(waiting.option_strings) & _VALUES.keys():
            return _VALUES[flag]()
        return [(str(choice), "") for choice in waiting.choices or ()]
    if last.startswith("-"):
        return [(flag, _about(action)) for flag, action in flags.items()]
    positional = [action for action in actions if not action.option_strings]
    if not positional:
        return []
    action = positional[min(given, len(positional) - 1)]
    if given >= len(positional) and action.nargs not in ("*", "+"):
        return []
    if action.choices:
        return [(str(choice), "") for choice in action.choices]
    # tyro may spell a name in capitals or with dashes.
    return _POSITIONAL.get(action.dest.lower(), list)()


def _walk(words: Sequence[str], flags: Mapping[str, Action]) -> tuple[Action | None, int]:
    """The flag that waits for a value after the words, and how many of them belong to no flag."""
    waiting: Action | None = None
    left = given = 0.0
    for word in words:
        if word.startswith("-"):
            waiting = flags.get(word.partition("=")[0])
            left = 0 if "=" in word else _most(waiting)
        elif left > 0:
            left -= 1
        else:
            given += 1
        waiting = waiting if left > 0 else None
    return waiting, int(given)


def _most(action: Action | None) -> float:
    """How many values a flag takes at most."""
    if action is None:
        return 0
    if isinstance(action.nargs, int):
        return action.nargs
    return float("inf") if action.nargs in ("*", "+") else 1


def _flags_of(names: Sequence[str]) -> list[Action]:
    """The flags that any of the experiments has."""
    from launch.commands.flags import Command
    from launch.experiments import catalog

    found: dict[tuple[str, ...], Action] = {}
    for name in names:
        try:
            config = catalog.get(name).config
        except UsageError:
            continue
        actions = _actions(Command[type(config)], Command(config=config))
        found |= {tuple(each.option_strings): each for each in actions}
    return list(found.values())


def _arguments_of(command: str) -> type[Any]:
    """The dataclass of a command's arguments."""
    module = importlib.import_module(f"launch.commands.{COMMANDS[command]}")
    return next(
        each
        for name, each in vars(module).items()
        if name.endswith("Arguments") and dataclasses.is_dataclass(each) and isinstance(each, type)
    )


def _actions(kind: Any, default: Any = None) -> Iterator[Action]:
    """The flags and positional arguments as `argparse` has them."""
    import tyro

    given = {} if default is None else {"default": default}
    with warnings.catch_warnings():
        # tyro 1 has no other public access to what it knows, and says that this one may go.
        warnings.simplefilter("ignore", DeprecationWarning)
        parser = tyro.extras.get_parser(kind, config=(tyro.conf.AvoidSubcommands,), **given)
    yield from parser._actions


def _about(action: Action) -> str:
    """A flag's help on one line, without codes for colours."""
    return " ".join(re.sub(r"\x1b\[[\d;]*m", "", action.help or "").split())
