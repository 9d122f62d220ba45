"""Every experiment by name: ours, installed packages', and any module's."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from common.errors import UsageError
from common.plugins import NotFound, installed, load
from launch.config.run import RunConfig
from launch.experiments import (
    autoencoders,
    basics,
    belief,
    convolutional,
    feed_forward,
    high_level,
    parallel,
    pretrained,
    recommenders,
    recurrent,
    reinforcement_learning,
    style,
)
from launch.experiments.experiment import Claim, Experiment


@dataclass(frozen=True)
class Chapter:
    """Experiments of one chapter of the book, or of a part of it."""

    number: int
    title: str
    experiments: Mapping[str, Experiment]


CHAPTERS = (
    Chapter(10, "reinforcement learning", reinforcement_learning.EXPERIMENTS),
    Chapter(2, "tensors, linear models", basics.EXPERIMENTS),
    Chapter(3, "perceptrons", feed_forward.EXPERIMENTS),
    Chapter(3, "Boltzmann machines", belief.EXPERIMENTS),
    Chapter(4, "convolutional networks", convolutional.EXPERIMENTS),
    Chapter(5, "autoencoders", autoencoders.EXPERIMENTS),
    Chapter(4, "pretrained networks", pretrained.EXPERIMENTS),
    Chapter(4, "style transfer", style.EXPERIMENTS),
    Chapter(6, "recurrent networks", recurrent.EXPERIMENTS),
    Chapter(7, "several devices and processes", parallel.EXPERIMENTS),
    Chapter(8, "high-level interfaces", high_level.EXPERIMENTS),
    Chapter(9, "recommenders", recommenders.EXPERIMENTS),
)
EXPERIMENTS = {name: each for chapter in CHAPTERS for name, each in chapter.experiments.items()}

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
    return [
        other
        for other, experiment in EXPERIMENTS.items()
        if other != name
        and not experiment.any_env
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
    path = name if ":" in name else _entry_point(name)
    if path is None:
        known = [*others, *EXPERIMENTS, *installed(GROUP)]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else "see: python -m launch list"
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
    return EXPERIMENTS | {name: found for name, found in theirs.items() if found is not None}


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
