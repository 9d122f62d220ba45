"""Where a single environment comes from: a Gymnasium id, or a function that makes one."""

import difflib
import importlib
import inspect
import sys
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import TimeLimit

from common import optional
from common.plugins import path_of
from common.text import one_line

Factory = Callable[[], gymnasium.Env[Any, Any]]
EnvSource = str | Factory
"""An environment: a registered Gymnasium id, `module:Id-v0` to import a module first,
`module:function` or a function that makes one."""

_ATARI = "ale_py"
_BOX2D = "Box2D"

DEFAULT_LIMIT = 1_000
"""Steps per episode in environments that are registered without a limit."""


class UnusableEnvironment(ValueError):
    """An id that cannot be made or cannot be learned here; the message says why and the way out."""


def label(env: EnvSource) -> str:
    """An environment's name, for messages and `config.json`: its id, or where its function is."""
    if isinstance(env, str):
        return env
    return path_of(env) if hasattr(env, "__qualname__") else type(env).__name__


def spec_of(env: EnvSource) -> EnvSpec | None:
    """What Gymnasium knows of an id; None for a function that makes an environment.

    Raises:
        UnusableEnvironment: It is neither.
    """
    if not isinstance(env, str):
        return None
    module, _, name = env.rpartition(":")
    if module:
        if module == _ATARI and optional.is_missing(_ATARI):
            raise UnusableEnvironment(f"--env {env}: {optional.way_out(_ATARI)}")
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UnusableEnvironment(
                f"--env {env}: cannot import {module!r} ({error}); "
                "it must be on PYTHONPATH or in the working directory"
            ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CartPole-v0 is retired; the book's runs are on it
        try:
            return gymnasium.spec(name)
        except gymnasium.error.Error:
            if module and callable(getattr(sys.modules[module], name, None)):
                return None
            hint = _hint(module, name)
            raise UnusableEnvironment(
                f"--env {env}: Gymnasium knows no such environment; {hint}"
            ) from None


def _hint(module: str, name: str) -> str:
    """What may have been meant by an id that there is not."""
    if name.startswith("ALE/") and not module:  # the package registers them once it is imported
        return optional.way_out(_ATARI) if optional.is_missing(_ATARI) else f"write {_ATARI}:{name}"
    if "<" in name or module == "__main__":
        return "a function of a script made it: use actorlab.load or resume with env=..."
    if module:
        return f"nor has module {module!r} a function {name!r}"
    near = difflib.get_close_matches(name, gymnasium.registry, n=1, cutoff=0.7)
    return f"did you mean {near[0]}?" if near else "see gymnasium.pprint_registry()"


def make_single(env: EnvSource, **options: Any) -> gymnasium.Env[Any, Any]:
    """One environment, limited in steps, warnings silenced.

    Args:
        env: The environment.
        **options: Of its constructor; a function gets those that it takes.

    Raises:
        UnusableEnvironment: It cannot be made, or its spaces are not supported.
    """
    spec = spec_of(env)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if spec is None:
            single = _make_factory(env, **options)
        else:
            limit = spec.max_episode_steps or DEFAULT_LIMIT
            single = _called(
                env, lambda: gymnasium.make(spec, limit, disable_env_checker=True, **options)
            )
    if not isinstance(single.action_space, Discrete):
        raise UnusableEnvironment(
            f"--env {label(env)}: its actions are {single.action_space}; "
            "Q-learning and DQN need a Discrete action space"
        )
    if not isinstance(single.observation_space, Box | Discrete):
        raise UnusableEnvironment(
            f"--env {label(env)}: its observations are {single.observation_space}; "
            "wrap it so that they are a Box or Discrete space"
        )
    return single


def _make_factory(env: EnvSource, **options: Any) -> gymnasium.Env[Any, Any]:
    """What a function makes, limited where it has no limit of its own."""
    factory: Any = env
    if isinstance(env, str):
        module, _, name = env.rpartition(":")
        factory = getattr(importlib.import_module(module), name)
    taken = {k: v for k, v in options.items() if k in inspect.signature(factory).parameters}
    single = _called(env, lambda: factory(**taken))
    if not isinstance(single, gymnasium.Env):
        raise UnusableEnvironment(
            f"--env {label(env)}: gave {type(single).__name__}, not a gymnasium.Env"
        )
    return single if is_limited(single) else TimeLimit(single, DEFAULT_LIMIT)


def is_limited(single: gymnasium.Env[Any, Any]) -> bool:
    """Whether a limit of steps is among an environment's wrappers, or known of its id."""
    wrapped: Any = single
    while isinstance(wrapped, gymnasium.Wrapper):
        if isinstance(wrapped, TimeLimit):
            return True
        wrapped = wrapped.env
    return False


def _called(env: EnvSource, make: Callable[[], gymnasium.Env[Any, Any]]) -> gymnasium.Env[Any, Any]:
    """What a constructor makes.

    Raises:
        UnusableEnvironment: It raised something.
    """
    try:
        return make()
    except (gymnasium.error.Error, ImportError) as error:
        # Gymnasium names a package of its own, whose version need not fit.
        without = _BOX2D in str(error) and optional.is_missing(_BOX2D)
        why = optional.way_out(_BOX2D) if without else one_line(error)
        raise UnusableEnvironment(f"--env {label(env)}: {why}") from None
    except Exception as error:  # whatever a user's constructor raises
        raise UnusableEnvironment(
            f"--env {label(env)}: its constructor raised {type(error).__name__}: {one_line(error)}"
        ) from None
