"""Settings: checks that name the flag, the value and the rule, and parts with other values."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
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


def require_finite(config: object, part: str) -> None:
    """Makes sure that no number of a config, or of a part of it, is infinite or no number.

    Args:
        config: The config, a dataclass.
        part: What it is called as a part of other settings, such as "agent".

    Raises:
        InvalidSetting: One of them is.
    """
    for field in fields(config):  # type: ignore[arg-type]
        name, value = f"{part}.{field.name}", getattr(config, field.name)
        if is_dataclass(value):
            require_finite(value, name)
        for number in value if isinstance(value, tuple) else (value,):
            sound = not isinstance(number, float) or math.isfinite(number)
            require(sound, name, "must be finite", number)


def require_fractions(config: object, *names: str, most: float = 0.5) -> None:
    """Makes sure that the parts of the data that a config sets aside leave some for training.

    Args:
        config: The config.
        names: Its fields that are such fractions.
        most: What they must be below.

    Raises:
        InvalidSetting: One of them is not between 0 and that.
    """
    for name in names:
        value = getattr(config, name)
        require(0 < value < most, name, f"must be in (0, {most:g})", value)


def require_at_least(config: object, least: int, *names: str, part: str = "") -> None:
    """Makes sure that settings, or the numbers of which they consist, are not below a number.

    Args:
        config: The config.
        least: The number.
        names: The fields that are looked at.
        part: What the config is called as a part of other settings, such as "fit".

    Raises:
        InvalidSetting: One of them is below it.
    """
    for name in names:
        value = getattr(config, name)
        flag = f"{part}.{name}" if part else name
        for number in value if isinstance(value, tuple) else (value,):
            require(number >= least, flag, f"must be {least} or more", number)


def require_shares(config: object, *names: str, part: str = "") -> None:
    """Makes sure that shares, such as those that are dropped, are in [0, 1).

    Args:
        config: The config.
        names: Its fields that are such shares.
        part: What the config is called as a part of other settings, such as "network".

    Raises:
        InvalidSetting: One of them is not.
    """
    for name in names:
        value = getattr(config, name)
        require(0 <= value < 1, f"{part}.{name}" if part else name, "must be in [0, 1)", value)


def changed(part: Part, changes: Mapping[str, Any]) -> Part:
    """A dataclass of settings with those of the changes that it has fields for."""
    own = {name: changes[name] for name in vars(part).keys() & changes.keys()}
    return replace(part, **own)  # type: ignore[type-var]
