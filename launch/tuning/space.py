"""What a search chooses from: what a user writes after --space, or what suits the agent."""

import difflib
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from agents.agent import Agent
from common.errors import UsageError
from launch.config.run import RunConfig
from launch.config.serialization import settings
from launch.config.training import TrainingConfig
from launch.experiments import catalog, elsewhere, spaces
from launch.experiments.experiment import flag_of, flags_for, has_setting
from launch.experiments.spaces import Axis, Choice, Layers, Range

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER})(:log)?")
_LAYERS = re.compile(r"(\d+)(?::(\d+))?x(\d+)(?::(\d+))?(:log)?")
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_FORMS = "NAME=LOW:HIGH, NAME=LOW:HIGH:log or NAME=A,B,C"
_LAYER_FORMS = '"64 64,256 256" or LAYERSxUNITS such as 1:3x32:256:log'


def parse(words: Sequence[str], config: RunConfig) -> dict[str, Axis]:
    """A search space as a user writes it.

    Args:
        words: Of each setting its name and its values: `agent.learning_rate=1e-4:1e-2:log`,
            `--agent.batch-size=32,64`, `agent.hidden_sizes=1:3x32:256`.
        config: The experiment's config, flags applied.

    Returns:
        The axes, by the settings' paths.

    Raises:
        UsageError: A setting that there is not, or values that it cannot have.
    """
    space: dict[str, Axis] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (equals and text):
            raise UsageError(f"--space {word}: expected {_FORMS}")
        path = _path(name, config)
        if path in space:
            raise UsageError(f"--space {name}: is there twice")
        values = text.strip().split(",")
        if len(set(values)) < len(values):
            raise UsageError(f"--space {word}: names a value twice; blanks part layers: '64 64'")
        space[path] = _axis(name, text.strip(), _kind(config, path))
    return space


def of(experiment: str, words: Sequence[str], config: RunConfig) -> Mapping[str, Axis]:
    """What a search of an experiment chooses from: what is asked for, its own, or what suits it.

    Args:
        experiment: Its name.
        words: As `parse` takes them; empty where the user asks for no space.
        config: Its config, flags applied.

    Raises:
        UsageError: The words are wrong, or there are none and no other space either.
    """
    found = parse(words, config) or catalog.get(experiment).space or suggested(config)
    if not found:
        raise UsageError(f"{experiment} has no search space of its own; give --space {_FORMS}")
    return found


def flags_of(params: Mapping[str, Any]) -> list[str]:
    """Parameters as the flags that set them."""
    found = spaces.values(params)
    words = [word for name, value in found.items() for word in flags_for(name, value)]
    return [part for word in words for part in word.split()]  # layers are several values


def suggested(config: RunConfig) -> dict[str, Axis]:
    """A space for the kind of the agent, of the settings that it has; empty where it learns none.

    Args:
        config: The experiment's config, flags applied.
    """
    if not isinstance(config, TrainingConfig):
        return {}
    axes = _of_networks(config.agent) if config.agent.needs_tensorflow else _OF_TABLES
    found = {path: axis for path, axis in axes.items() if has_setting(config, path)}
    return found if "agent.learning_rate" in found else {}


def _of_networks(agent: Agent) -> Mapping[str, Axis]:
    if not hasattr(agent, "hidden_sizes"):
        return _OF_ONE_LAYER
    target = getattr(agent, "target", None)
    return {**_OF_NETWORKS, **_OF_TARGETS.get(target, {})}


_OF_NETWORKS: Mapping[str, Axis] = {
    "agent.learning_rate": Range(low=1e-4, high=1e-2, log=True),
    "agent.batch_size": Choice(values=(32, 64, 128, 256)),
    "agent.hidden_sizes": Layers(
        layers=Range(low=1, high=2, whole=True, steps=2),
        units=Range(low=32, high=256, log=True, whole=True),
    ),
}
_OF_TARGETS: Mapping[Any, Mapping[str, Axis]] = {
    "polyak": {"agent.target_polyak": Range(low=5e-3, high=1e-1, log=True)},
    "hard": {"agent.target_period": Range(low=100, high=2_000, log=True, whole=True)},
}
_EPSILON: Mapping[str, Axis] = {"agent.epsilon.end": Range(low=0.01, high=0.5, log=True)}
_OF_ONE_LAYER: Mapping[str, Axis] = {
    "agent.learning_rate": Range(low=1e-2, high=1.0, log=True),
    **_EPSILON,
}
_OF_TABLES: Mapping[str, Axis] = {
    "agent.learning_rate": Choice(values=(0.0, 0.05, 0.1, 0.2, 0.5)),  # 0 falls with the visits
    "agent.initial_value": Choice(values=(0.0, 1.0)),
    **_EPSILON,
}


def ends(space: Mapping[str, Axis]) -> Iterable[tuple[str, Any]]:
    """Each setting with each value to be tried out: all of a choice, the ends of a range."""
    for path, axis in space.items():
        if isinstance(axis, Choice):
            yield from ((path, value) for value in axis.values)
        elif isinstance(axis, Range):
            yield from ((path, _rounded(axis, value)) for value in (axis.low, axis.high))
        else:
            for units in (axis.units.low, axis.units.high):
                yield path, " ".join([str(round(units))] * round(axis.layers.high))


def in_words(axis: Axis) -> str:
    """An axis as one writes it after --space."""
    if isinstance(axis, Choice):
        return ",".join(map(str, axis.values))
    if isinstance(axis, Layers):
        return f"{in_words(axis.layers)}x{in_words(axis.units)}"
    low, high = (_rounded(axis, value) for value in (axis.low, axis.high))
    return f"{low:g}:{high:g}{':log' * axis.log}" if low < high else f"{low:g}"


def _rounded(axis: Range, value: float) -> float:
    return round(value) if axis.whole else value


def _path(name: str, config: RunConfig) -> str:
    """The path of a setting that is named by its path or its flag.

    Raises:
        UsageError: There is none; the nearest is named.
    """
    flag = f"--{name.removeprefix('--').replace('_', '-')}"
    known = {flag_of(path): path for path, _ in settings(config)}
    by_path = {f"--{path.replace('_', '-')}": path for path in known.values()}
    path = known.get(flag) or by_path.get(flag)
    if path is None:
        if told := elsewhere.called_here(name, config):
            raise UsageError(f"--space {told}")
        near = difflib.get_close_matches(flag, [*known, *by_path], n=1, cutoff=0.5)
        hint = f"; did you mean {near[0].removeprefix('--')}?" if near else ""
        raise UsageError(f"--space {name}: no such setting{hint}")
    if path.partition(".")[0] in (*config.HOW_IT_RUNS, "seed", "final"):
        raise UsageError(f"--space {name}: is no setting of what learns, and cannot be searched")
    return path


def _kind(config: RunConfig, path: str) -> set[Any]:
    """The types that a setting may have; a tuple is `tuple`."""
    *parents, name = path.split(".")
    part: Any = config
    for parent in parents:
        part = getattr(part, parent)
    hint = typing.get_type_hints(type(part))[name]
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = typing.get_args(hint) if union else (hint,)
    return {typing.get_origin(kind) or kind for kind in kinds}


def _axis(name: str, text: str, kinds: set[Any]) -> Axis:
    """The axis that a text describes, of a setting that may have such types.

    Raises:
        UsageError: It describes none, or one that such a setting cannot have.
    """
    if tuple in kinds:
        if layers := _LAYERS.fullmatch(text):
            return _layers(name, text, layers)
        if not re.fullmatch(r"[\d .,]+", text) and ":" in text:
            _refuse(name, text, _LAYER_FORMS)
        return Choice(values=tuple(" ".join(each.split()) for each in text.split(",")))
    if bool in kinds:
        return Choice(values=tuple(_truth(name, text, each) for each in text.split(",")))
    if not kinds & {int, float}:
        return Choice(values=tuple(each.strip() for each in text.split(",")))
    if found := _RANGE.fullmatch(text):
        low, high = (_number(name, text, each, kinds) for each in found.group(1, 2))
        return _range(name, text, low, high, log=bool(found[3]), whole=float not in kinds)
    if ":" in text:
        _refuse(name, text, _FORMS)
    return Choice(values=tuple(_number(name, text, each, kinds) for each in text.split(",")))


def _layers(name: str, text: str, found: re.Match[str]) -> Layers:
    few, narrow = int(found[1]), int(found[3])
    many, wide = int(found[2] or few), int(found[4] or narrow)
    if not few or not narrow:
        _refuse(name, text, "1 layer and 1 unit or more")
    layers = _range(name, text, few, many, log=False, whole=True)
    units = _range(name, text, narrow, wide, log=bool(found[5]), whole=True)
    return Layers(layers=layers, units=units)


def _range(name: str, text: str, low: float, high: float, *, log: bool, whole: bool) -> Range:
    if low > high:
        _refuse(name, text, "the lower end first")
    if log and low <= 0:
        _refuse(name, text, "a lower end above 0 with :log")
    return Range(low=low, high=high, log=log, whole=whole)


def _number(name: str, text: str, word: str, kinds: set[Any]) -> Any:
    word = word.strip()
    if type(None) in kinds and word.lower() == "none":
        return "None"
    if not re.fullmatch(_NUMBER, word):
        _refuse(name, text, "numbers")
    value = float(word)
    if float in kinds:
        return value
    if not value.is_integer():
        _refuse(name, text, "whole numbers")
    return int(value)


def _truth(name: str, text: str, word: str) -> bool:
    truth = _TRUTH.get(word.strip().lower())
    if truth is None:
        _refuse(name, text, "true,false")
    return truth


def _refuse(name: str, text: str, expected: str) -> NoReturn:
    raise UsageError(f"--space {name}={text}: expected {expected}")
