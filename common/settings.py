"""Checks of settings that name the flag, the value and the rule."""


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
