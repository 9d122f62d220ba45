"""From an environment's id to its streams: our own batched dynamics, or Gymnasium's single env."""

import difflib
import importlib
import os
import warnings
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete

from common.text import one_line
from envs.cartpole import CartPoleStreams
from envs.faults import Guard
from envs.frozen_lake import FrozenLakeStreams, frozen_lake_model
from envs.gymnasium_streams import GymnasiumStreams
from envs.planning import (
    TabularModel,
    best_return,
    expected_return,
    greedy,
    value_iteration,
)
from envs.streams import Streams

_CARTPOLE = "gymnasium.envs.classic_control.cartpole:CartPoleEnv"
_FROZEN_LAKE = "gymnasium.envs.toy_text.frozen_lake:FrozenLakeEnv"
_TRUSTED = tuple(f"gymnasium.envs.{part}." for part in ("classic_control", "toy_text", "box2d"))
_FROZEN_LAKE_OPTIONS = {"map_name", "desc", "is_slippery", "success_rate"}


DEFAULT_LIMIT = 1_000
"""Steps per episode in environments that are registered without a limit."""


class UnusableEnvironment(ValueError):
    """An id that cannot be made or cannot be learned here; the message says why and the way out."""


def spaces(env_id: str) -> tuple[Box | Discrete, Discrete]:
    """The observation and the action space of an environment's streams.

    Raises:
        UnusableEnvironment: Unknown id, missing dependency, or spaces that are not supported.
    """
    streams = make(env_id, seed=0, purpose=0, streams=[0])
    streams.close()
    return streams.observation_space, streams.action_space


def is_trusted(env_id: str) -> bool:
    """Whether an environment may be stepped by the process that everything else depends on.

    Our own dynamics and Gymnasium's own small environments may; others can hang in native code or
    take a process down.

    Raises:
        UnusableEnvironment: Unknown id.
    """
    spec = _spec(env_id)
    return str(spec.entry_point).startswith(_TRUSTED) and not spec.additional_wrappers


def make(
    env_id: str,
    *,
    seed: int,
    purpose: int,
    streams: Sequence[int],
    guard: Guard | None = None,
) -> Streams:
    """Makes the streams of an environment.

    Where the id has no time limit, episodes are truncated after `DEFAULT_LIMIT` steps: a policy
    that walks in circles would never come to an end.

    Args:
        env_id: Any registered Gymnasium id; `module:Id-v0` imports the module first.
        seed: The run's seed.
        purpose: An `envs.randomness.Purpose`.
        streams: Stream numbers, one per environment.
        guard: Decides about misbehaving environments; None lets every fault raise
            `envs.faults.EnvironmentFault`.

    Raises:
        UnusableEnvironment: As `spaces` says.
    """
    spec = _spec(env_id)
    limit = spec.max_episode_steps
    if limit and _is_batched_cart_pole(spec):
        return CartPoleStreams(seed=seed, purpose=purpose, streams=streams, max_episode_steps=limit)
    if limit and _is_batched_lake(spec):
        return FrozenLakeStreams(
            seed=seed,
            purpose=purpose,
            streams=streams,
            max_episode_steps=limit,
            model=frozen_lake_model(**spec.kwargs),
        )
    return GymnasiumStreams(
        seed=seed,
        purpose=purpose,
        streams=streams,
        make=lambda: _make_single(env_id),
        guard=guard,
    )


def make_rendered(env_id: str, render_mode: str) -> gymnasium.Env[Any, Any]:
    """One Gymnasium environment that draws itself, for pictures and films.

    Raises:
        UnusableEnvironment: It cannot be made with that render mode.
    """
    # Gymnasium draws with SDL, which looks for a screen even where only the pixels are wanted.
    if render_mode == "rgb_array":
        os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    with closing(_make_single(env_id)) as env:
        modes = env.metadata.get("render_modes", [])
    if render_mode not in modes:
        raise UnusableEnvironment(
            f"--env {env_id}: cannot render as {render_mode!r}; it offers {sorted(modes)}"
        )
    return _make_single(env_id, render_mode=render_mode)


def starts(env: gymnasium.Env[Any, Any]) -> tuple[int, int]:
    """The first observation and the first action of a single environment's discrete spaces."""
    observation, action = (
        int(space.start) if isinstance(space, Discrete) else 0
        for space in (env.observation_space, env.action_space)
    )
    return observation, action


def has_time_limit(env_id: str) -> bool:
    """Whether the id was registered with a limit of its own."""
    return _spec(env_id).max_episode_steps is not None


def success_is_positive_return(env_id: str) -> bool:
    """Whether an episode of this environment simply succeeds (return above zero) or fails."""
    return _spec(env_id).entry_point == _FROZEN_LAKE


def optimal_return(env_id: str, discount: float) -> float | None:
    """Expected return of the best stationary policy for `discount`, within the id's time limit.

    Computed by value iteration where the environment publishes its transition table; else None.
    Undiscounted there need not be one best stationary policy: then it is the best return of all.
    """
    spec = _spec(env_id)
    model = published_model(env_id)
    if model is None or spec.max_episode_steps is None:
        return None
    if discount == 1.0:
        return best_return(model, spec.max_episode_steps)
    return expected_return(model, greedy(value_iteration(model, discount)), spec.max_episode_steps)


def published_model(env_id: str) -> TabularModel | None:
    """The transition table that Gymnasium's toy-text environments carry as `P`, or None."""
    with closing(_make_single(env_id)) as env:
        table = getattr(env.unwrapped, "P", None)
        start = getattr(env.unwrapped, "initial_state_distrib", None)
    if not isinstance(table, dict) or start is None:
        return None
    states, actions = len(table), len(table[0])
    outcomes = max(len(table[s][a]) for s in table for a in table[s])
    shape = (states, actions, outcomes)
    probability, reward = np.zeros(shape), np.zeros(shape)
    successor, terminal = np.zeros(shape, np.int64), np.zeros(shape, np.bool_)
    for s, a in np.ndindex(states, actions):
        for o, (p, s_t, r_t, over) in enumerate(table[s][a]):
            probability[s, a, o], successor[s, a, o] = p, s_t
            reward[s, a, o], terminal[s, a, o] = r_t, over
    return TabularModel(
        probability=probability,
        successor=successor,
        reward=reward,
        terminal=terminal,
        start=np.asarray(start, np.float64),
    )


def _is_batched_cart_pole(spec: EnvSpec) -> bool:
    return spec.entry_point == _CARTPOLE and not spec.kwargs and _is_limited_only(spec)


def _is_batched_lake(spec: EnvSpec) -> bool:
    options = set(spec.kwargs) <= _FROZEN_LAKE_OPTIONS
    return spec.entry_point == _FROZEN_LAKE and options and _is_limited_only(spec)


def _is_limited_only(spec: EnvSpec) -> bool:
    """Whether nothing is around the environment but a time limit."""
    return not spec.additional_wrappers and spec.max_episode_steps is not None


def _spec(env_id: str) -> EnvSpec:
    module, _, name = env_id.rpartition(":")
    if module:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise UnusableEnvironment(
                f"--env {env_id}: cannot import {module!r} ({error}); "
                "it must be on PYTHONPATH or in the working directory"
            ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # CartPole-v0 is retired; the book's runs are on it
        try:
            return gymnasium.spec(name)
        except gymnasium.error.Error:
            near = difflib.get_close_matches(name, gymnasium.registry, n=1)
            hint = f"did you mean {near[0]}?" if near else "see gymnasium.pprint_registry()"
            raise UnusableEnvironment(
                f"--env {env_id}: Gymnasium knows no such environment; {hint}"
            ) from None


def _make_single(env_id: str, **options: Any) -> gymnasium.Env[Any, Any]:
    spec = _spec(env_id)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            limit = spec.max_episode_steps or DEFAULT_LIMIT
            env = gymnasium.make(spec, limit, disable_env_checker=True, **options)
        except (gymnasium.error.Error, ImportError) as error:
            raise UnusableEnvironment(f"--env {env_id}: {one_line(error)}") from None
        except Exception as error:  # whatever a user's constructor raises
            raise UnusableEnvironment(
                f"--env {env_id}: its constructor raised {type(error).__name__}: {one_line(error)}"
            ) from None
    if not isinstance(env.action_space, Discrete):
        raise UnusableEnvironment(
            f"--env {env_id}: its actions are {env.action_space}; "
            "Q-learning and DQN need a Discrete action space"
        )
    if not isinstance(env.observation_space, Box | Discrete):
        raise UnusableEnvironment(
            f"--env {env_id}: its observations are {env.observation_space}; "
            "wrap it so that they are a Box or Discrete space"
        )
    return env
