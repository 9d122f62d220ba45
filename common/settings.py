"""Settings: checks that name the flag, the value and the rule, and parts with other values."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

Part = TypeVar("Part")
"""A dataclass of settings."""


class InvalidSetting(ValueError):
    """A setting outside its range."""


def require(holds: bool, name: str, rule: str, value: object) -> None:
    """Raises `InvalidSetting` unless the rule holds.

    Args:
        holds: Whether it does.
        name: The setting's dotted name as fields spell it; the message spells it as a flag.
        rule: What must hold, such as "must be positive".
        value: What was given.
    """
    if not holds:
        raise InvalidSetting(f"--{name.replace('_', '-')} {rule}, got {value}")


def changed(part: Part, changes: Mapping[str, Any]) -> Part:
    """A dataclass of settings with those of the changes that it has fields for."""
    own = {name: changes[name] for name in vars(part).keys() & changes.keys()}
    return replace(part, **own)  # type: ignore[type-var]
