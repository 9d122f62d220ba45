"""Every experiment by name: ours, installed packages', and any module's."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from typing import TypeVar

from common.errors import UsageError
from common.plugins import NotFound, installed, load
from launch.config.run import Kind, RunConfig
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.index import INDEX, STUDY_INDEX
from launch.experiments.study import Study

Entry = TypeVar("Entry", Experiment, Study)


@dataclass(frozen=True)
class Chapter:
    """Experiments of one chapter of the book, or of a part of it."""

    number: int
    title: str
    experiments: Mapping[str, Experiment]
    kind: Kind | None = None
    """Of all its experiments; None where it may have both."""


class _Shelf(Mapping[str, Entry]):
    """Experiments or studies whose modules are imported when one of them is taken.

    A run of an agent thus imports nothing of the supervised half, and a job no other chapter.
    """

    def __init__(self, modules: Mapping[str, str], attribute: str):
        """Makes the mapping.

        Args:
            modules: The module of `launch.experiments` that has each of them, by its name.
            attribute: What holds them there: EXPERIMENTS or STUDIES.
        """
        self._modules, self._attribute = modules, attribute

    def __getitem__(self, name: str) -> Entry:
        module = import_module(f"launch.experiments.{self._modules[name]}")
        return getattr(module, self._attribute)[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


_ACTING = 10  # the chapter whose experiments are agents

CHAPTERS = tuple(
    Chapter(
        number,
        title,
        _Shelf[Experiment](dict.fromkeys(names.split(), module), "EXPERIMENTS"),
        "rl" if number == _ACTING else "supervised",
    )
    for number, title, module, names in INDEX
)
EXPERIMENTS: Mapping[str, Experiment] = _Shelf[Experiment](
    {name: module for _, _, module, names in INDEX for name in names.split()}, "EXPERIMENTS"
)
STUDY_CHAPTERS = tuple(
    (number, title, _Shelf[Study](dict.fromkeys(names.split(), module), "STUDIES"))
    for number, title, module, names in STUDY_INDEX
)
"""Of each chapter with studies its number, a title, and the studies by name."""
STUDIES: Mapping[str, Study] = _Shelf[Study](
    {name: module for _, _, module, names in STUDY_INDEX for name in names.split()}, "STUDIES"
)

_ELSEWHERE = {
    **dict.fromkeys(
        ("a2c", "a3c", "ddpg", "impala", "ppo", "reinforce", "sac", "td3", "trpo"),
        "agents here learn values of actions (dqn, q); see: python -m launch list 10",
    ),
    **dict.fromkeys(("fit", "learn", "run", "train"), "to train: python -m launch dqn --env ID"),
    **dict.fromkeys(("enjoy", "play", "test"), "to see an agent: python -m launch watch RUN"),
}
"""Words of other libraries, and what to do here."""

GROUP = "actorlab.experiments"
"""The entry points under which an installed package offers experiments."""


def claim(name: str, config: RunConfig) -> Claim:
    """What a run is measured against.

    Args:
        name: The experiment's name.
        config: The run's config.

    Returns:
        The experiment's claim; an empty one where the run has another task than the experiment, or
        where there is no experiment of that name.
    """
    experiment = find(name)
    if experiment is None or config.task != experiment.config.task:
        return Claim()
    return experiment.claim


_PIXELS = {"ALE/": "dqn_atari", "MinAtar/": "dqn_minatar"}
"""The experiments with networks for pictures, by the namespaces of their environments."""


def first_choice(env: str) -> str:
    """The experiment that is named first to somebody who would train an environment.

    Args:
        env: Its id, or where the function is that makes it.
    """
    own = env.rpartition(":")[2]
    return next((name for space, name in _PIXELS.items() if own.startswith(space)), "dqn")


def tuned_for(name: str, config: RunConfig) -> list[str]:
    """Other experiments whose settings were made for the task of a run.

    Args:
        name: The experiment that runs.
        config: Its config, flags applied.

    Returns:
        Names of experiments with the same task and method; none where the run has the very task
        that its own experiment was made for.
    """
    given = get(name)
    if not given.any_env and config.task == given.config.task:
        return []
    same_kind = (c.experiments for c in CHAPTERS if c.kind == config.KIND)
    return [
        other
        for other, experiment in chain.from_iterable(found.items() for found in same_kind)
        if other != name
        and not (experiment.any_env or experiment.needs)
        and experiment.config.task == config.task
        and experiment.config.method is config.method
    ]


def get(name: str, *, others: Collection[str] = ()) -> Experiment:
    """The experiment of that name.

    Args:
        name: One of ours, an installed package's entry point, or `module:NAME`.
        others: Names of something else that may have been meant, such as commands.

    Raises:
        UsageError: There is none; the nearest name is suggested.
    """
    if name in EXPERIMENTS:
        return EXPERIMENTS[name]
    if name in STUDIES:
        raise UsageError(f"{name}: a study, which runs by itself: python -m launch {name}")
    path = name if ":" in name else _entry_point(name)
    if path is None:
        known = [*others, *EXPERIMENTS, *STUDIES, *installed(GROUP)]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else "see: python -m launch list"
        hint = _ELSEWHERE.get(name.lower(), hint)
        what = "command or experiment" if others else "experiment"
        raise UsageError(f"unknown {what} {name!r}: {hint}{_in_module(name)}")
    try:
        found = load(path)
    except NotFound as error:
        raise UsageError(f"experiment {error}") from None
    if not isinstance(found, Experiment):
        raise UsageError(
            f"experiment {name}: is {type(found).__name__}, not a launch.experiments.Experiment"
        )
    return found


def everything() -> dict[str, Experiment]:
    """Our experiments and those of installed packages; one that cannot be imported is left out."""
    theirs = {name: find(name) for name in installed(GROUP) if name not in EXPERIMENTS}
    return {**EXPERIMENTS, **{name: each for name, each in theirs.items() if each is not None}}


def find(name: str) -> Experiment | None:
    """The experiment of that name; None where there is none, as for a run made from Python."""
    try:
        return get(name)
    except UsageError:
        return None


def _entry_point(name: str) -> str | None:
    entry = installed(GROUP).get(name)
    return entry.value if entry else None


def _in_module(name: str) -> str:
    """How to name an experiment of a module, where there is a module of that name."""
    is_module = name.isidentifier() and find_spec(name) is not None
    return f"; an experiment of module {name} is named {name}:NAME" if is_module else ""
