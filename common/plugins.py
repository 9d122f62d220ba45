"""Things by name: ours from a list, installed packages' by entry point, any module's by path."""

import importlib
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any, TypeVar

from common.errors import RAISED

T = TypeVar("T")


class NotFound(ValueError):
    """A name under which nothing can be found; the message says why and the way out."""


def load(path: str) -> Any:
    """What `module:NAME` names.

    Raises:
        NotFound: The module cannot be imported, or has no such name.
    """
    module, _, name = path.partition(":")
    if "<locals>" in name:
        raise NotFound(f"{path} is defined inside a function: define it at the top of its module")
    if module == "__main__" and not hasattr(sys.modules[module], name):
        raise NotFound(
            f"{path} was defined in a script or a notebook; move it into a module to find it again"
        )
    try:
        found: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            raise NotFound(
                f"{path}: there is no module {module!r} here; it must be in this folder, on "
                "PYTHONPATH, or installed"
            ) from None
        raise NotFound(f"{path}: {module} needs {error.name!r}, which is not installed") from None
    except RAISED as error:  # a user's module
        raise NotFound(f"{path}: importing it raised {type(error).__name__}: {error}") from None
    for part in name.split("."):
        if not hasattr(found, part):
            raise NotFound(f"{path}: module {module!r} has no {name!r}")
        found = getattr(found, part)
    return found


def path_of(thing: Any) -> str:
    """The path `module:NAME` under which `load` finds a class or a function."""
    return f"{thing.__module__}:{thing.__qualname__}"


def installed(group: str) -> dict[str, metadata.EntryPoint]:
    """What installed packages offer in a group of entry points, by name."""
    return {entry.name: entry for entry in metadata.entry_points(group=group)}


def named(name: str, ours: Mapping[str, str], group: str) -> Any:
    """What a name stands for.

    Args:
        name: One of ours, the name of an entry point, or `module:NAME`.
        ours: Our names and their paths.
        group: The group of entry points.

    Raises:
        NotFound: Nothing has the name, or it cannot be imported.
    """
    if name in ours:
        return load(ours[name])
    if ":" in name:
        return load(name)
    entries = installed(group)
    if name not in entries:
        known = ", ".join([*ours, *entries])
        raise NotFound(f"{name!r} is unknown: neither one of {known}, nor module:NAME")
    return load(entries[name].value)


def name_of(kind: type, ours: Mapping[str, str]) -> str:
    """The name of a class: short for one of ours, `module:Class` for any other."""
    path = path_of(kind)
    return next((name for name, where in ours.items() if where == path), path)


def type_named(name: str, ours: Mapping[str, str], group: str, base: type[T], what: str) -> type[T]:
    """The class that a name stands for, see `named`.

    Args:
        name: One of ours, the name of an entry point, or `module:Class`.
        ours: Our names and their paths.
        group: The group of entry points.
        base: What it has to be a subclass of.
        what: What such a class is, for the message.

    Raises:
        NotFound: Nothing has the name, it cannot be imported, or it is no such class.
    """
    found = named(name, ours, group)
    if not (isinstance(found, type) and issubclass(found, base)):
        where = f"{base.__module__}.{base.__qualname__}"
        raise NotFound(f"{name} is not {what}: a subclass of {where} is needed")
    return found
