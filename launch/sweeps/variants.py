"""Variants: the configs that a sweep runs, and which of them are the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from launch.config.run import RunConfig
from launch.config.serialization import from_json, identity, to_json
from launch.terminal.console import say


@dataclass(frozen=True, kw_only=True)
class Variant:
    """An experiment with some of its settings changed.

    Attributes:
        name: Its name in tables and pictures.
        experiment: The experiment's name.
        settings: What is changed beside the flags that hold for all, as it is typed.
        config: The config of its runs, whatever their seed.
    """

    name: str
    experiment: str
    settings: Mapping[str, str]
    config: RunConfig

    def key(self, seed: int) -> str:
        """What runs of one experiment share if they have the same bits."""
        return key(self.experiment, self.config.with_seed(seed))


def key(experiment: str, config: RunConfig) -> str:
    """What runs of one experiment share if they have the same bits."""
    as_read = from_json(to_json(config))  # where a 4 for a float is 4.0, as in the run's folder
    return _text([experiment, identity(as_read)])


def different(variants: Sequence[Variant]) -> list[Variant]:
    """The variants without those that come to the same settings as an earlier one, which is said.

    Of two experiments with the same settings one is enough as well.
    """
    found: dict[str, Variant] = {}
    for variant in variants:
        settings = _text(identity(variant.config.with_seed(0)))
        first = found.setdefault(settings, variant)
        if first is not variant:
            say(f"{variant.name}: the same settings as {first.name}, run once")
    return list(found.values())


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
