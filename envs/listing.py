"""The environments that are installed: what each of them is, and who can learn it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, parse_env_id
from gymnasium.spaces import Space

from common.quiet import quiet
from envs import registry
from envs.effective import keywords_of
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.ids import register_installed
from envs.sources import (
    EnvSource,
    UnusableEnvironment,
    is_limited,
    label,
    opened,
    spec_of,
)
from envs.views import Views, short, views

_OURS = "gymnasium.envs."
_TITLES = {
    "classic_control": "classic control",
    "toy_text": "toy text",
    "box2d": "Box2D",
    "envs": "Actorlab's own",
    "mujoco": "MuJoCo, actions that agents here cannot count",
    "ale_py": "Atari games, ale_py",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An environment in a few words.

    Attributes:
        name: Its id, with the module that registers it where that was named.
        group: The package that it is from.
        limit: Steps per episode at most; None where it has no limit of its own.
        threshold: Return at which its authors call it solved.
        observations: The space of its observations in short; empty where it was not made.
        actions: The space of its actions in short; empty where it was not made.
        views: How agents see them.
        problem: Why it cannot be made; empty where it can, or where nobody tried.
    """

    name: str
    group: str
    limit: int | None
    threshold: float | None
    observations: str = ""
    actions: str = ""
    views: Views = field(default_factory=Views)
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything about one environment.

    Attributes:
        entry: It in a few words.
        observation_space: In full.
        action_space: In full.
        keywords: Those of its constructor, with their defaults.
        render_modes: How it can be rendered.
        batched: Whether our own batched dynamics play it.
        published: Whether it publishes a table of its transitions.
        optimum: The best mean return that there is, where that table and a limit tell it.
    """

    entry: Entry
    observation_space: str = ""
    action_space: str = ""
    keywords: Mapping[str, Any] = field(default_factory=dict)
    render_modes: tuple[str, ...] = ()
    batched: bool = False
    published: bool = False
    optimum: float | None = None


def registered(pattern: str = "") -> list[EnvSpec]:
    """What Gymnasium knows of the environments that are installed, by group and name.

    Args:
        pattern: Only ids with this in them. Older versions are left out unless it names a version.
    """
    with quiet():
        register_installed()
    specs = [s for s in gymnasium.registry.values() if pattern.lower() in s.id.lower()]
    if not re.search(r"-v\d+$", pattern):
        specs = _newest(specs)
    order = [*_TITLES.values()]
    places = {title: place for place, title in enumerate(order)}
    return sorted(specs, key=lambda s: (places.get(group_of(s), len(order)), group_of(s)))


def _newest(specs: Sequence[EnvSpec]) -> list[EnvSpec]:
    newest: dict[tuple[str | None, str], EnvSpec] = {}
    for spec in specs:
        namespace, name, version = parse_env_id(spec.id)
        before = newest.get((namespace, name))
        if before is None or (version or 0) >= (before.version or 0):
            newest[namespace, name] = spec
    return list(newest.values())


def group_of(spec: EnvSpec) -> str:
    """The part of Gymnasium, or the package, that an environment is from."""
    entry_point = gymnasium.registry.get(spec.id, spec).entry_point  # whatever plays it here
    where = entry_point if isinstance(entry_point, str) else None
    if where is None:
        where = getattr(entry_point, "__module__", "") or "functions"
    part = where.removeprefix(_OURS).split(".")[0].split(":")[0]
    if where.startswith(_OURS) and part not in _TITLES:
        return f"Gymnasium, {part}"
    return _TITLES.get(part, part)


def unmade(spec: EnvSpec) -> Entry:
    """An environment without what only one that is made can tell."""
    return Entry(
        name=spec.id,
        group=group_of(spec),
        limit=spec.max_episode_steps,
        threshold=spec.reward_threshold,
    )


def entry(env: EnvSource) -> Entry:
    """An environment in a few words; where it cannot be made, the reason.

    Raises:
        UnusableEnvironment: There is nothing of that name.
    """
    return _look(env).entry


def page(env: EnvSource) -> Page:
    """Everything about an environment; where it cannot be made, the reason.

    Raises:
        UnusableEnvironment: There is nothing of that name.
    """
    found = _look(env)
    if found.entry.problem or found.entry.views.refusals:
        return found
    with quiet(), closing(registry.make(env, seed=0, purpose=0, env_indices=[0])) as envs:
        batched = not isinstance(envs, GymnasiumVectorEnv)
        published = registry.published_model(env) is not None
        optimum = registry.optimal_return(env, discount=1.0)
    more = {"batched": batched, "published": published, "optimum": optimum}
    return Page(**{**vars(found), **more})


def _look(env: EnvSource) -> Page:
    with quiet():
        spec = spec_of(env)
        known = replace(unmade(spec), name=label(env)) if spec else _of_function(env)
        try:
            with opened(env) as single:
                return _made(known, env, spec, single)
        except UnusableEnvironment as error:
            problem = _needs(str(error).removeprefix(f"--env {label(env)}: "))
            return Page(entry=Entry(**{**vars(known), "problem": problem}))


def _made(known: Entry, env: EnvSource, spec: EnvSpec | None, single: gymnasium.Env) -> Page:
    limit = known.limit
    if spec is None and is_limited(single):
        limit = single.get_wrapper_attr("_max_episode_steps")
    seen, done = single.observation_space, single.action_space
    found = {
        "limit": limit,
        "observations": short(seen),
        "actions": short(done),
        "views": views(seen, done),
    }
    return Page(
        entry=Entry(**{**vars(known), **found}),
        observation_space=_in_full(seen),
        action_space=_in_full(done),
        keywords=keywords_of(env, spec),
        render_modes=tuple(single.metadata.get("render_modes", ())),
    )


def _in_full(space: Space[Any]) -> str:
    """A space as it shows itself, in one line, without the addresses of objects in it."""
    return re.sub(r" at 0x[0-9a-f]+", "", " ".join(str(space).split()))


def _of_function(env: EnvSource) -> Entry:
    name = label(env)
    return Entry(name=name, group=name.partition(":")[0], limit=None, threshold=None)


def _needs(problem: str) -> str:
    """The command that installs what is missing, where there is one; else the problem itself."""
    if found := re.search(r"pip install [^`;,]+", problem):
        return f"needs: {found[0].strip()}"
    if found := re.search(r"No module named '(\w+)", problem):
        return f"needs: pip install {found[1]}"
    return problem


def groups(specs: Sequence[EnvSpec]) -> Iterator[tuple[str, list[EnvSpec]]]:
    """The environments of each group, in the order of `registered`."""
    for title in dict.fromkeys(map(group_of, specs)):
        yield title, [spec for spec in specs if group_of(spec) == title]
