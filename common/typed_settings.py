"""Settings whose values are of the types that their fields have, whoever makes them."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import fields
from inspect import isabstract
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from common.settings import require

_MOST = 60  # letters of a value in a message
_WORDS: dict[Any, tuple[str, str]] = {
    bool: ("True or False", "truth values"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    Path: ("a path", "paths"),
    NoneType: ("None", "None"),
}
"""What a type is called, and several of its values."""


class Settings:
    """The base of dataclasses of settings: it checks the types before anything else is checked.

    A whole number such as 5e4 is taken as 50000 where one is expected, a list as a tuple, and a
    text as a path. The check runs before each subclass's own `__post_init__`.
    """

    PART: ClassVar[str] = ""
    """What these settings are called as a part of others, such as "agent.epsilon"."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls).get("__post_init__")
        if own is not None:
            cls.__post_init__ = _after_types(own)

    def __post_init__(self) -> None:
        _take_types(self)


def _after_types(check: Callable[[Any], None]) -> Callable[..., None]:
    @functools.wraps(check)
    def both(settings: Any) -> None:
        _take_types(settings)
        check(settings)

    return both


def _take_types(settings: Settings) -> None:
    """Puts each value as its field's type has it.

    Raises:
        InvalidSetting: A value is of another type; the message names the setting.
    """
    for name, kind in _kinds(type(settings)):
        given = getattr(settings, name)
        try:
            taken = _taken(given, kind)
        except TypeError:
            path = f"{settings.PART}.{name}" if settings.PART else name
            shown = " ".join(repr(given).split())[:_MOST]
            require(False, path, f"must be {_called(kind)}", shown)
        else:
            if taken is not given:
                object.__setattr__(settings, name, taken)


@functools.cache
def _kinds(settings: Any) -> tuple[tuple[str, Any], ...]:
    """The names of the fields, and their types."""
    found = fields(settings)
    if any(isinstance(field.type, str) for field in found):
        hints = get_type_hints(settings)
        return tuple((field.name, hints[field.name]) for field in found)
    return tuple((field.name, field.type) for field in found)


def _taken(value: Any, kind: Any) -> Any:
    """The value as the type has it; a type that is none of those of settings takes all values.

    Raises:
        TypeError: The value is of another type.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _taken(value, inner[0])
    if origin in (Union, UnionType):
        return _first(_attempts(value, inner))
    if origin is Literal:
        return _first(choice for choice in inner if _equal(choice, value))
    if origin is tuple:
        return _several(value, inner)
    if kind in _WORDS:
        return _plain(value, kind)
    # What may be of any subclass, as an agent, is looked at by whoever takes it.
    is_part = isinstance(kind, type) and issubclass(kind, Settings) and not isabstract(kind)
    if is_part and not isinstance(value, kind):
        raise TypeError
    return value


def _attempts(value: Any, kinds: tuple[Any, ...]) -> Iterator[Any]:
    for kind in kinds:
        try:
            yield _taken(value, kind)
        except TypeError:
            continue


def _first(found: Iterator[Any]) -> Any:
    for each in found:
        return each
    raise TypeError


def _equal(choice: Any, value: Any) -> bool:
    return isinstance(value, bool) == isinstance(choice, bool) and bool(np.all(choice == value))


def _several(values: Any, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(values, tuple | list):
        raise TypeError
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(values)
    if len(kinds) != len(values):
        raise TypeError
    return tuple(map(_taken, values, kinds))


def _plain(value: Any, kind: type) -> Any:
    truth = isinstance(value, bool | np.bool_)
    if kind is bool and truth:
        return bool(value)
    if kind is int and isinstance(value, Integral) and not truth:
        return int(value)
    if kind is int and isinstance(value, float | np.floating) and value.is_integer():
        return int(value)
    if kind is float and isinstance(value, Real) and not truth:
        return value
    if kind is Path and isinstance(value, str | PathLike):
        return value if isinstance(value, Path) else Path(value)
    if kind in (str, NoneType) and isinstance(value, kind):
        return value
    raise TypeError


def _called(kind: Any) -> str:
    """What a value of the type is called in a message."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _called(inner[0])
    if origin in (Union, UnionType):
        return " or ".join(map(_called, inner))
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is tuple and inner[0] in _WORDS:
        return f"a tuple of {_WORDS[inner[0]][1]}"
    if kind in _WORDS:
        return _WORDS[kind][0]
    return f"made by {kind.__name__}(...)" if isinstance(kind, type) else str(kind)
