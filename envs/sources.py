"""Where a single environment comes from: a Gymnasium id, or a function that makes one."""

import copy
import difflib
import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.wrappers import TimeLimit

from common import optional
from common.errors import RAISED
from common.plugins import NotFound, load, path_of
from common.text import one_line, with_kind
from envs.atari import by_protocol, has_lives
from envs.encoding import Form
from envs.ids import UnusableEnvironment, registered
from envs.keywords import keywords
from envs.options import EnvOptions, Transforms
from envs.suggestions import newer

Factory = Callable[[], gymnasium.Env[Any, Any]]
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Configured:
    """An environment with options.

    Attributes:
        source: Its id, or the function that makes it.
        options: What is changed about it.
        transforms: What agents see and do in place of its own.
        form: What agents see of observations that are neither a box nor a number.
    """

    source: str | Factory
    options: EnvOptions = EnvOptions()
    transforms: Transforms = Transforms()
    form: Form = "row"

    @property
    def is_wrapped(self) -> bool:
        """Whether wrappers are around the environment."""
        return bool(self.options.wrappers)


EnvSource = str | Factory | Configured
"""An environment: a registered Gymnasium id, `module:Id-v0` to import a module first,
`module:function` or a function that makes one; with options or without."""

_ALONE = (
    "; a wrapper is called with the environment alone, and a function of yours may give it further "
    "arguments: --wrappers module:function"
)

_CALLED = {"sticky": "repeat_action_probability"}
"""What people call a keyword of an environment whose name has none of these words."""
DEFAULT_LIMIT = 1_000
"""Steps per episode in environments that are registered without a limit."""


def configured(env: EnvSource) -> Configured:
    """An environment with its options, which are the default ones where it has none."""
    return env if isinstance(env, Configured) else Configured(env)


def label(env: EnvSource) -> str:
    """An environment's name, for messages and `config.json`: its id, or where its function is."""
    if isinstance(env, Configured):
        env = env.source
    if isinstance(env, str):
        return env
    return path_of(env) if hasattr(env, "__qualname__") else type(env).__name__


def spec_of(env: EnvSource) -> EnvSpec | None:
    """What Gymnasium knows of an id, with the keywords and the limit of its options.

    None for a function that makes an environment.

    Raises:
        UnusableEnvironment: It is neither.
    """
    source, options = configured(env).source, configured(env).options
    if not isinstance(source, str):
        return None
    spec = registered(source)
    if spec is None:
        return None
    if options != EnvOptions():
        spec = copy.deepcopy(spec)
        spec.kwargs = {**spec.kwargs, **options.keywords()}
    spec = by_protocol(spec)
    if options.max_episode_steps is not None:
        spec.max_episode_steps = options.max_episode_steps or None
    return spec


def make_single(env: EnvSource, **keywords: Any) -> gymnasium.Env[Any, Any]:
    """One environment with its options, limited in steps, warnings silenced.

    Args:
        env: The environment.
        **keywords: Further ones of its constructor; a function gets those that it takes.

    Raises:
        UnusableEnvironment: It cannot be made.
    """
    spec, options = spec_of(env), configured(env).options
    if configured(env).transforms.life_loss and not has_lives(spec):
        raise UnusableEnvironment(
            f"--env.life-loss: {label(env)} tells of no lives, as Atari's games do; leave it out"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if spec is None:
            single = _make_factory(env, **keywords)
        else:
            limit = cut_after(spec, options) or -1
            single = called(
                env, lambda: gymnasium.make(spec, limit, disable_env_checker=True, **keywords)
            )
        for path in options.wrappers:
            single = _wrapped(env, single, path)
        _check_spaces(env, single)
    return single


@contextmanager
def opened(env: EnvSource, **keywords: Any) -> Iterator[gymnasium.Env[Any, Any]]:
    """One environment as `make_single` makes it, which is closed in the end.

    Raises:
        UnusableEnvironment: It cannot be made.
    """
    single = make_single(env, **keywords)
    try:
        yield single
    finally:
        close(single)


def close(single: gymnasium.Env[Any, Any]) -> None:
    """Frees what an environment holds; one that quits with its window does not end the program."""
    with suppress(SystemExit):
        single.close()


def _check_spaces(env: EnvSource, single: gymnasium.Env[Any, Any]) -> None:
    """Makes sure that an environment says what it shows and takes.

    Raises:
        UnusableEnvironment: It does not.
    """
    for name in ("observation_space", "action_space"):
        if not isinstance(found := getattr(single, name, None), gymnasium.Space):
            what = "has no" if found is None else f"has {type(found).__name__} as its"
            raise UnusableEnvironment(
                f"--env {label(env)}: {what} {name}; set it to a space of gymnasium.spaces in its "
                "constructor"
            )


def cut_after(spec: EnvSpec, options: EnvOptions = EnvOptions()) -> int | None:
    """Steps after which episodes are cut; None where they are not, or the environment does it."""
    if spec.max_episode_steps:
        return spec.max_episode_steps
    return None if options.max_episode_steps == 0 or limits_itself(spec) else DEFAULT_LIMIT


def limits_itself(spec: EnvSpec) -> bool:
    """Whether the environment cuts its episodes itself, as Atari's do after so many frames."""
    return "max_num_frames_per_episode" in spec.kwargs


def _wrapped(env: EnvSource, single: gymnasium.Env[Any, Any], path: str) -> gymnasium.Env[Any, Any]:
    """An environment in a wrapper of somebody's.

    Raises:
        UnusableEnvironment: There is no such wrapper, or it does not take the environment.
    """
    try:
        wrapper = load(path)
    except NotFound as error:
        raise UnusableEnvironment(f"--wrappers {error}") from None
    try:
        wrapped = wrapper(single)
    except RAISED as error:  # a user's wrapper
        hint = _ALONE if isinstance(error, TypeError) else ""
        raise UnusableEnvironment(
            f"--wrappers {path}: around {label(env)} it raised {type(error).__name__}: "
            f"{one_line(error)}{hint}"
        ) from None
    if not isinstance(wrapped, gymnasium.Env):
        raise UnusableEnvironment(
            f"--wrappers {path}: gave {type(wrapped).__name__}, not a gymnasium.Env"
        )
    return wrapped


def _make_factory(env: EnvSource, **keywords: Any) -> gymnasium.Env[Any, Any]:
    """What a function makes, limited where it has no limit of its own."""
    options = configured(env).options
    factory: Any = configured(env).source
    if isinstance(factory, str):
        module, _, name = factory.rpartition(":")
        factory = getattr(importlib.import_module(module), name)
    parameters = inspect.signature(factory).parameters
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    taken = {k: v for k, v in keywords.items() if takes_all or k in parameters}
    single = called(env, lambda: factory(**taken, **options.keywords()))
    if not isinstance(single, gymnasium.Env):
        raise UnusableEnvironment(f"--env {label(env)}: gave {_no_environment(single)}")
    limit = options.max_episode_steps
    if limit is None:
        return single if is_limited(single) else DefaultLimit(single, DEFAULT_LIMIT)
    return TimeLimit(_unlimited(single), limit) if limit else _unlimited(single)


def _no_environment(thing: object) -> str:
    """What something is that is no environment, and how it becomes one if it is one of Gym's."""
    name = type(thing).__name__
    if any(each.__module__.partition(".")[0] == "gym" for each in type(thing).__mro__):
        return (
            f"{name}, an environment of Gym, which is Gymnasium's past: derive it from "
            "gymnasium.Env, or have the function return shimmy.GymV21CompatibilityV0(env=...), "
            "GymV26CompatibilityV0 if its step returns 5 values (pip install shimmy gym)"
        )
    return f"{name}, not a gymnasium.Env"


class DefaultLimit(TimeLimit):
    """The limit of an environment that has none of its own."""


def _unlimited(single: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
    """An environment without a limit that is the outermost thing around it."""
    return single.env if isinstance(single, TimeLimit) else single


def is_limited(single: gymnasium.Env[Any, Any]) -> bool:
    """Whether a limit of steps of its own is among an environment's wrappers."""
    wrapped: Any = single
    while isinstance(wrapped, gymnasium.Wrapper):
        if isinstance(wrapped, TimeLimit) and not isinstance(wrapped, DefaultLimit):
            return True
        wrapped = wrapped.env
    return False


def called(env: EnvSource, make: Callable[[], _Made]) -> _Made:
    """What is made by calling an environment's constructor.

    Raises:
        UnusableEnvironment: It raised something.
    """
    try:
        return make()
    except (gymnasium.error.Error, ImportError) as error:
        # Gymnasium names a package of its own, whose version need not fit.
        missing = [name for name in optional.EXTRAS if name in str(error)]
        without = [name for name in missing if optional.is_missing(name)]
        why = optional.way_out(without[0]) if without else one_line(error)
        if not without and not isinstance(error, gymnasium.error.DependencyNotInstalled):
            why = f"{why.rstrip('.')}{newer(label(env))}"
        raise UnusableEnvironment(f"--env {label(env)}: {why}") from None
    except RAISED as error:  # a user's constructor
        why = _unknown_keyword(env, error)
        why = why or f"its constructor raised {with_kind(error)}"
        raise UnusableEnvironment(f"--env {label(env)}: {why}") from None


def _unknown_keyword(env: EnvSource, error: BaseException) -> str:
    """Which keywords an id takes, where it was given another one; empty where it was not."""
    unknown = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    spec = spec_of(env) if unknown and isinstance(error, TypeError) else None
    given = configured(env).options.keywords()
    if unknown is None or spec is None or unknown[1] not in given:
        return ""
    known = [name for name in keywords(None, spec) if name not in given]
    near = [name for word, name in _CALLED.items() if word in unknown[1] and name in known]
    near += difflib.get_close_matches(unknown[1], known, n=1, cutoff=0.4)
    near += [name for name in known if unknown[1] in name]
    hint = f"did you mean {near[0]}? it takes" if near else "it takes"
    return f"--env-kwargs {unknown[1]}: it has no such keyword; {hint} {', '.join(known)}"
