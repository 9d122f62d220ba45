"""Ids of environments: which module registers one, and what Gymnasium knows of it."""

import importlib
import sys
import warnings
from contextlib import suppress

import gymnasium
from gymnasium.envs.registration import EnvSpec

import envs.own  # noqa: F401 - its ids, in place of the package minatar's
from common import optional
from common.errors import RAISED
from common.text import with_kind
from envs.suggestions import meant

_HIGHWAY = (
    *("exit", "highway", "intersection", "lane-keeping", "merge", "parking", "racetrack"),
    *("roundabout", "two-way", "u-turn"),
)
_REGISTERED_BY = {
    "ALE/": "ale_py",
    "BabyAI-": "minigrid",
    "MiniGrid-": "minigrid",
    **{f"{road}-": "highway_env" for road in _HIGHWAY},
}
"""The modules of extras' packages that register ids, by the ids' beginnings."""


class UnusableEnvironment(ValueError):
    """An id that cannot be made or cannot be learned here; the message says why and the way out."""


def register_installed() -> None:
    """Has the installed ones of the packages that we know register their environments."""
    for module in dict.fromkeys(_REGISTERED_BY.values()):
        if not optional.is_missing(_package(module)):
            with suppress(Exception):  # a package that breaks has no environments to offer
                _import(module, module)


def registered(name: str) -> EnvSpec | None:
    """What Gymnasium knows of an id; None where a function of a module has that name.

    Raises:
        UnusableEnvironment: There is neither.
    """
    module, _, own = name.rpartition(":")
    known = "" if own in gymnasium.registry else _registrar(own)
    if needed := module or known:
        _import(needed, name)
    found = _known(own)
    if found is None and module and callable(getattr(sys.modules[module], own, None)):
        return None
    if found is None:
        register_installed()  # for a name that is one of theirs
        found = _known(own)
    if found is None:
        raise UnusableEnvironment(
            f"--env {name}: Gymnasium knows no such environment; {meant(module, own)}"
        )
    return found


def _known(name: str) -> EnvSpec | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CartPole-v0 is retired; the book's runs are on it
        try:
            return gymnasium.spec(name)
        except gymnasium.error.Error:
            return None


def _registrar(name: str) -> str:
    """The module that registers an id; empty where nobody knows."""
    return next((m for start, m in _REGISTERED_BY.items() if name.startswith(start)), "")


def _package(module: str) -> str:
    return module.partition(".")[0]


def _import(module: str, name: str) -> None:
    """Imports the module that registers an environment.

    Raises:
        UnusableEnvironment: It cannot be imported.
    """
    if (package := _package(module)) in optional.EXTRAS and optional.is_missing(package):
        raise UnusableEnvironment(f"--env {name}: {optional.way_out(package)}")
    try:
        imported = importlib.import_module(module)
    except ImportError as error:
        raise UnusableEnvironment(
            f"--env {name}: cannot import {module!r} ({error}); "
            "it must be on PYTHONPATH or in the working directory"
        ) from None
    except RAISED as error:  # a user's module
        raise UnusableEnvironment(
            f"--env {name}: importing {module!r} raised {with_kind(error)}"
        ) from None
    register = getattr(imported, "register_envs", None)
    if module in _REGISTERED_BY.values() and callable(register):
        with suppress(TypeError):  # it registers itself, and this is something else of that name
            register()
