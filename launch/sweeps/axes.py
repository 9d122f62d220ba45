"""What `--vary` asks for: settings, and the values that each of them takes."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from common.errors import UsageError
from launch.config.run import RunConfig
from launch.experiments.experiment import flag_of, flags_for, has_setting, takes_several, value_of
from launch.terminal.typed import flag_name

_OF_THE_SWEEP = {
    "seed": "--seeds 0-4 runs several",
    "seeds": "--seeds 0-4 runs several",
    "out": "a sweep has one folder, below --out",
    "run_dir": "a sweep has one folder, below --out",
    "unfinished": "a sweep always goes on with its unfinished runs",
    "finished": "a sweep always keeps its finished runs",
    "vary": "it names the settings",
    "retries": "all runs share it",
    "json": "all runs share it",
    "json_lines": "all runs share it",
    "quiet": "all runs share it",
}
"""Flags that belong to the sweep as a whole, and what to do instead of varying them."""


@dataclass(frozen=True)
class Axis:
    """A setting and the values that it takes.

    Attributes:
        setting: Names of the fields that lead to it, such as `agent.n_step`.
        values: The values as they are typed; blanks part the elements of one that has several.
    """

    setting: str
    values: tuple[str, ...]


def refuse_flags(flags: Sequence[str]) -> None:
    """Makes sure that a sweep is not asked for what it always does.

    Raises:
        UsageError: It is; what it does is said.
    """
    for flag in map(flag_name, flags):
        if flag in ("--unfinished", "--finished"):
            raise UsageError(f"{flag}: leave it out; {_OF_THE_SWEEP[flag.removeprefix('--')]}")


def parse(words: Sequence[str]) -> list[Axis]:
    r"""The axes that words such as `agent.n_step=1,3` name.

    Commas part the values, `\,` is a comma inside one, and blanks part the elements of one that has
    several.

    Raises:
        UsageError: A word is none, or it names a setting that cannot be varied.
    """
    axes: list[Axis] = []
    for word in words:
        name, equals, text = word.partition("=")
        setting = name.removeprefix("--").replace("-", "_")
        if not setting or not equals:
            raise UsageError(f"--vary {word}: expected such as agent.n-step=1,3")
        if reason := _OF_THE_SWEEP.get(setting.removeprefix("output.")):
            raise UsageError(f"--vary {word}: {name} cannot be varied; {reason}")
        if setting in (axis.setting for axis in axes):
            raise UsageError(f"--vary {word}: {name} is named twice; commas part its values")
        values = tuple(value.replace("\\,", ",").strip() for value in re.split(r"(?<!\\),", text))
        if len(set(values)) < len(values):
            raise UsageError(f"--vary {word}: names a value twice")
        axes.append(Axis(setting, values))
    return axes


def product(axes: Sequence[Axis]) -> Iterator[dict[str, str]]:
    """Each choice of one value an axis: settings with their values, the last axis fastest."""
    for values in itertools.product(*(axis.values for axis in axes)):
        yield {axis.setting: value for axis, value in zip(axes, values, strict=True)}


def flags(config: RunConfig, settings: Mapping[str, str]) -> list[str]:
    """The words that give a run these settings on a command line.

    Args:
        config: The config whose settings they are; says which are yes or no, and which have
            several elements.
        settings: Values as they are typed, by the setting's name.

    Raises:
        UsageError: A setting that is yes or no has another value than true or false.
    """
    words: list[str] = []
    for setting, value in settings.items():
        path = next((path for path in _paths(setting) if has_setting(config, path)), None)
        if path is not None and isinstance(value_of(config, path), bool):
            if value.lower() not in ("true", "false"):
                raise UsageError(f"--vary {setting}={value}: expected true or false")
            words += flags_for(setting, value.lower() == "true")
        elif path is not None and takes_several(config, path):
            words += [flag_of(setting), *value.split()]
        else:
            words += [flag_of(setting), value]
    return words


def name(settings: Mapping[str, str]) -> str:
    """Settings in words, such as "agent.double=true agent.n_step=3"."""
    return " ".join(f"{setting}={value}" for setting, value in settings.items())


def has(config: RunConfig, setting: str) -> bool:
    """Whether a config has a setting, named as its field or as its flag."""
    return any(has_setting(config, path) for path in _paths(setting))


def _paths(setting: str) -> list[str]:
    """Where a setting may be: flags of what is done to an environment begin with env."""
    first, _, rest = setting.partition(".")
    return [setting, *([f"transforms.{rest}"] if first == "env" and rest else [])]
