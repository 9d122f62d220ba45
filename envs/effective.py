"""What is really changed about an environment: options without those that it has anyway."""

from dataclasses import replace
from typing import Any

from gymnasium.envs.registration import EnvSpec

from common.plugins import load
from envs.ids import UnusableEnvironment
from envs.keywords import keywords
from envs.options import EnvOptions
from envs.sources import EnvSource, cut_after, label, spec_of


def keywords_of(env: EnvSource, spec: EnvSpec | None) -> dict[str, Any]:
    """The keywords of a constructor with the values that an environment is made with.

    Args:
        env: The environment.
        spec: What Gymnasium knows of it; None for a function.
    """
    return keywords(load(label(env)) if spec is None else None, spec)


def effective(env: str, options: EnvOptions) -> EnvOptions:
    """The options without keywords and a limit that an id has anyway, keywords in order.

    Args:
        env: The environment's id, or where its function is; of a function all options stand.
        options: What a user changes about it.
    """
    words = sorted(options.env_kwargs)
    try:
        spec = spec_of(env)
        own = {} if spec is None or not words else keywords_of(env, spec)
    except (UnusableEnvironment, ImportError, AttributeError, TypeError, ValueError):
        return replace(options, env_kwargs=tuple(words))  # it is not installed here
    given = options.keywords()
    changed = [word for word in words if not _has(own, name := word.partition("=")[0], given[name])]
    limit = options.max_episode_steps
    if spec is not None and limit is not None and limit == cut_after(spec):
        limit = None
    return replace(options, env_kwargs=tuple(changed), max_episode_steps=limit)


def _has(own: dict[str, Any], name: str, value: Any) -> bool:
    """Whether a keyword has a value without being given: 1 is 1.0, and not True."""
    same = isinstance(own.get(name), bool) == isinstance(value, bool)
    return name in own and same and own[name] == value
