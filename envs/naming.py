"""Names of actions and of what is seen, for whoever looks at an agent."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from envs import registry
from envs.sources import EnvSource, configured, opened, spec_of

_CONTROL, _TOY = "gymnasium.envs.classic_control.", "gymnasium.envs.toy_text."
_PUSHES = ("left", "none", "right")
_KNOWN: Mapping[str, tuple[str, ...]] = {
    f"{_CONTROL}cartpole:CartPoleEnv": ("left", "right"),
    f"{_CONTROL}mountain_car:MountainCarEnv": _PUSHES,
    f"{_CONTROL}acrobot:AcrobotEnv": _PUSHES,
    f"{_TOY}frozen_lake:FrozenLakeEnv": ("left", "down", "right", "up"),
    f"{_TOY}cliffwalking:CliffWalkingEnv": ("up", "right", "down", "left"),
    f"{_TOY}taxi:TaxiEnv": ("down", "up", "right", "left", "pick up", "drop off"),
    f"{_TOY}blackjack:BlackjackEnv": ("stick", "hit"),
    "gymnasium.envs.box2d.lunar_lander:LunarLander": ("none", "left jet", "main jet", "right jet"),
    "envs.own.memory:TMaze": ("up", "right", "down", "left"),
}
"""What the documentation of environments calls their actions, by the class."""
_CAR = ("position", "velocity")
_SEEN: Mapping[str, tuple[str, ...]] = {
    f"{_CONTROL}mountain_car:MountainCarEnv": _CAR,
    f"{_CONTROL}continuous_mountain_car:Continuous_MountainCarEnv": _CAR,
}
"""The same of the numbers of their observations, where these are few enough to draw a map over."""


def action_names(env: EnvSource) -> tuple[str, ...]:
    """The names of an environment's actions, in the order of their numbers.

    They are what its documentation says, or the environment itself; else each is shown as it is
    taken: a number, or the numbers of several parts.

    Raises:
        UnusableEnvironment: The environment cannot be made.
    """
    spec = spec_of(env)
    with opened(env) as single:
        _, actions = registry.encodings(env, single)
        known = _KNOWN.get(str(spec.entry_point), ()) if spec else _told(single.unwrapped)
        known = known or _told(single.unwrapped)
        whole = isinstance(single.action_space, Discrete)
    count = int(actions.space.n)
    if whole and len(known) == count:
        return known
    return tuple(_shown(actions.decode(number)) for number in range(count))


def observation_names(env: EnvSource, count: int) -> tuple[str, ...]:
    """The names of the numbers that an agent sees of an environment, in their order.

    They are what its documentation says; else each is called by its place.

    Args:
        env: The environment.
        count: How many there are.
    """
    spec = spec_of(env)
    known = _SEEN.get(str(spec.entry_point), ()) if spec else ()
    if len(known) == count and not configured(env).is_wrapped:
        return known
    return tuple(f"number {place} of the observation" for place in range(1, count + 1))


def _told(single: Any) -> tuple[str, ...]:
    """Names that an environment has for its actions, as Atari's and MiniGrid's have."""
    meanings = getattr(single, "get_action_meanings", None)
    if callable(meanings):
        said: Any = meanings()
        return tuple(str(name).lower() for name in said)
    members: Mapping[str, Any] = getattr(getattr(single, "actions", None), "__members__", {})
    return tuple(members)


def _shown(action: Any) -> str:
    return " ".join(f"{part:.3g}" for part in np.ravel(action))
