"""An experiment: a named config, and what its result is measured against."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args, get_origin, get_type_hints

from launch.config.run import RunConfig
from launch.config.training import TrainingConfig
from launch.experiments.spaces import Axis

_NAMELESS = (
    *("job", "resources", "data", "schedule", "placement", "faults", "output"),
    "env_options",
)
"""Parts of a config whose flags stand without the part's name."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What others say of an experiment, for the ledger.

    Attributes:
        metric: Which of a supervised job's test metrics is claimed; agents choose by environment.
        book: The book's score, or None.
        note: Where the book has its score, and what it is really of.
        comparable: Whether the book's score is of the same thing: a test score of a sound
            measurement.
        optimum: The best possible score, where it is known without a computation.
        rivals: Scores of other experiments on the same test rows that are controls of this one: by
            `EXPERIMENT/METRIC`, in words.
    """

    metric: str = ""
    book: float | None = None
    note: str | None = None
    comparable: bool = False
    optimum: float | None = None
    rivals: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A named, frozen config.

    Attributes:
        summary: What it is, in the few words that a line of `list` has room for.
        about: What it is, in a sentence; empty where the summary says it all.
        config: Its defaults.
        claim: What it is measured against.
        cost: Measured wall time of a default run on 2 cores; empty where it was not measured.
        any_env: Whether its environment is an example, and --env is meant to name another.
        needs: Files without which it cannot run, and which no command here fetches; or "".
        arguments: Flags that a run cannot do without, as one types them; or "".
        space: What `tune` searches, by the setting's flag name.
    """

    summary: str
    config: RunConfig
    about: str = ""
    claim: Claim = Claim()
    cost: str = ""
    any_env: bool = False
    needs: str = ""
    arguments: str = ""
    space: Mapping[str, Axis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.config, RunConfig):
            raise ValueError(
                f"Experiment: config is {self.config!r}, expected a TrainingConfig or a "
                "SupervisedConfig"
            )
        for path in self.space:
            if not has_setting(self.config, path):
                raise ValueError(f"Experiment: space has {path!r}, which is none of its flags")


def has_setting(config: RunConfig, path: str) -> bool:
    """Whether a config has a setting.

    Args:
        config: The config.
        path: Names of the fields that lead to the setting, such as `agent.learning_rate`. Names of
            parts whose flags stand without them may be left out.
    """
    try:
        value_of(config, path)
    except KeyError:
        return False
    return True


def value_of(config: RunConfig, path: str) -> Any:
    """The value of a setting.

    Args:
        config: The config.
        path: Names of the fields that lead to it, as in `has_setting`.

    Raises:
        KeyError: There is no such setting.
    """
    part, name = _place(config, path)
    return getattr(part, name)


def takes_several(config: RunConfig, path: str) -> bool:
    """Whether a setting has several elements, which are typed as words of their own.

    Args:
        config: The config.
        path: Names of the fields that lead to it, as in `has_setting`.

    Raises:
        KeyError: There is no such setting.
    """
    part, name = _place(config, path)
    kind = get_type_hints(type(part))[name]
    return tuple in (get_origin(kind), *map(get_origin, get_args(kind)))  # one that may be None too


def _place(config: RunConfig, path: str) -> tuple[Any, str]:
    """The part of a config that has a setting, and its name there.

    Raises:
        KeyError: There is no such setting.
    """
    part, last = config, ""
    for name in path.split("."):
        found: Any = getattr(part, last) if last else part
        inner = [found, *(getattr(found, each, None) for each in _NAMELESS)]
        part, last = next((each for each in inner if hasattr(each, name)), None), name
        if part is None:
            raise KeyError(path)
    return part, last


def flag_of(path: str) -> str:
    """The flag of a setting."""
    first, _, rest = path.partition(".")
    if first == "transforms":  # in flags they are the environment's
        first = "env"
    shown = rest if rest and first in _NAMELESS else ".".join(filter(None, (first, rest)))
    return f"--{shown.replace('_', '-')}"


def flags_for(path: str, value: Any) -> list[str]:
    """The words that set a setting on a command line: `--part.name VALUE`.

    Args:
        path: Names of the fields that lead to the setting.
        value: Its value; a bool stands as `--part.name` or `--part.no-name`, and the elements of a
            list as words of their own.
    """
    if isinstance(value, list | tuple):
        return [flag_of(path), *map(str, value)]
    if not isinstance(value, bool):
        return [flag_of(path), str(value)]
    part, dot, last = flag_of(path).removeprefix("--").rpartition(".")
    return [f"--{part}{dot}{'' if value else 'no-'}{last}"]


def with_agent(config: RunConfig, **settings: object) -> TrainingConfig:
    """An agent's config with some of the agent's settings changed."""
    assert isinstance(config, TrainingConfig)
    return replace(config, agent=replace(config.agent, **settings))  # type: ignore[arg-type]
