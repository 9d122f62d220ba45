"""Makes the `VectorEnv` of an environment: our own batched dynamics, or Gymnasium's single env."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec
from gymnasium.spaces import Box, Discrete

from envs.actions import Actions
from envs.cartpole import CartPoleVectorEnv
from envs.encoding import Observations, UnsupportedSpace, observations
from envs.faults import Guard
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.own.batch import OwnVectorEnv, Playable
from envs.own.memory import is_memory_task, memory_task
from envs.own.minatar.single import is_minatar, minatar
from envs.planning import best_return, expected_return, greedy, value_iteration
from envs.published import FROZEN_LAKE, is_toy_text, published_model
from envs.sources import (
    EnvSource,
    UnusableEnvironment,
    called,
    configured,
    cut_after,
    is_limited,
    label,
    limits_itself,
    make_single,
    opened,
    spec_of,
)
from envs.stacking import Stacked, StackedVectorEnv
from envs.tabular import TabularVectorEnv
from envs.vector_env import VectorEnv

_ONE_AT_THE_GOAL = (1, 0, 0)
"""The rewards of FrozenLake's own: at the goal, in a hole, on the ice."""
_CARTPOLE = "gymnasium.envs.classic_control.cartpole:CartPoleEnv"
_TRUSTED = (
    *(f"gymnasium.envs.{part}." for part in ("classic_control", "toy_text", "box2d")),
    "envs.own.",
)
_OWN: tuple[tuple[Callable[[EnvSpec], bool], Callable[[EnvSpec], Playable]], ...] = (
    (is_memory_task, memory_task),
    (is_minatar, minatar),
)
"""Our own environments with batched dynamics: whether an id is one, and one of it."""


def spaces(env: EnvSource) -> tuple[Box | Discrete, Discrete]:
    """The observation and the action space of an environment, as its `VectorEnv` has them.

    Raises:
        UnusableEnvironment: Unknown id, missing dependency, or spaces that are not supported.
    """
    envs = make(env, seed=0, purpose=0, env_indices=[0])
    envs.close()
    return envs.observation_space, envs.action_space


def is_trusted(env: EnvSource) -> bool:
    """Whether an environment may be stepped by the process that everything else depends on.

    Our own dynamics and Gymnasium's own small environments may; others can hang in native code or
    take a process down.

    Raises:
        UnusableEnvironment: Unknown id.
    """
    spec = spec_of(env)
    if spec is None:
        return False
    wrapped = spec.additional_wrappers or configured(env).options.wrappers
    return str(spec.entry_point).startswith(_TRUSTED) and not wrapped


def make(
    env: EnvSource,
    *,
    seed: int,
    purpose: int,
    env_indices: Sequence[int],
    guard: Guard | None = None,
) -> VectorEnv:
    """Makes B copies of an environment, to be stepped together.

    Where the id has no time limit, episodes are truncated after `DEFAULT_LIMIT` steps: a policy
    that walks in circles would never come to an end.

    Args:
        env: The environment.
        seed: The run's seed.
        purpose: An `envs.randomness.Purpose`.
        env_indices: [B] numbers of the copies within the run.
        guard: Decides about misbehaving environments; None lets every fault raise
            `envs.faults.EnvironmentFault`.

    Raises:
        UnusableEnvironment: As `spaces` says.
    """
    envs = _unstacked(env, seed=seed, purpose=purpose, env_indices=env_indices, guard=guard)
    return stacked(env, envs)


def stacked(env: EnvSource, envs: VectorEnv) -> VectorEnv:
    """Environments with their newest observations together, where that is wanted."""
    frames = configured(env).transforms.frame_stack
    if frames == 1:
        return envs
    try:
        return StackedVectorEnv(envs, frames)
    except UnsupportedSpace as error:
        envs.close()
        raise _not_stacked(env, error) from None


def _not_stacked(env: EnvSource, error: UnsupportedSpace) -> UnusableEnvironment:
    frames = configured(env).transforms.frame_stack
    return UnusableEnvironment(
        f"--env.frame-stack {frames}: around {label(env)}: {error}; leave it out"
    )


def _unstacked(
    env: EnvSource,
    *,
    seed: int,
    purpose: int,
    env_indices: Sequence[int],
    guard: Guard | None,
) -> VectorEnv:
    """Makes what `make` does, which shows single observations."""
    spec = spec_of(env)
    limit = spec.max_episode_steps if spec else None
    wrapped = configured(env).is_wrapped
    if spec and limit and not wrapped and _is_batched_cart_pole(spec):
        return CartPoleVectorEnv(
            seed=seed, purpose=purpose, env_indices=env_indices, max_episode_steps=limit
        )
    if spec and not wrapped and not spec.additional_wrappers:
        for is_own, single in _OWN:
            if is_own(spec):
                return OwnVectorEnv(
                    seed=seed,
                    purpose=purpose,
                    env_indices=env_indices,
                    max_episode_steps=cut_after(spec, configured(env).options),
                    single=called(env, partial(single, spec)),
                )
    model = published_model(env) if spec and is_toy_text(spec) else None
    if spec and model is not None:
        return TabularVectorEnv(
            seed=seed,
            purpose=purpose,
            env_indices=env_indices,
            max_episode_steps=cut_after(spec, configured(env).options),
            model=model,
        )
    return GymnasiumVectorEnv(
        seed=seed,
        purpose=purpose,
        env_indices=env_indices,
        make=lambda: make_single(env),
        encodings=lambda single: encodings(env, single),
        guard=guard,
        counts_lives=configured(env).transforms.life_loss,
        largest_reward=configured(env).transforms.largest_reward,
    )


def encodings(
    env: EnvSource, single: gymnasium.Env[Any, Any] | None = None
) -> tuple[Observations, Actions]:
    """How an environment's observations and actions are those that agents see.

    Args:
        env: The environment.
        single: One that was made of it, for its single observations. None makes one, and tells of
            what agents see: stacks, where they are wanted.

    Raises:
        UnusableEnvironment: Agents here cannot learn from such observations or actions.
    """
    if single is None:
        with opened(env) as made:
            seen, actions = encodings(env, made)
        frames = configured(env).transforms.frame_stack
        try:
            return (seen if frames == 1 else Stacked(seen, frames)), actions
        except UnsupportedSpace as error:
            raise _not_stacked(env, error) from None
    try:
        return (
            observations(single.observation_space, configured(env).form),
            Actions(single.action_space, configured(env).transforms.action_bins),
        )
    except UnsupportedSpace as error:
        raise UnusableEnvironment(f"--env {label(env)}: {error}") from None


def has_time_limit(env: EnvSource) -> bool:
    """Whether the environment has a limit of its own, or was given one."""
    if configured(env).options.max_episode_steps is not None:
        return True
    spec = spec_of(env)
    if spec is not None:
        return spec.max_episode_steps is not None or limits_itself(spec)
    with opened(env) as single:
        return is_limited(single)


def success_is_positive_return(env: EnvSource) -> bool:
    """Whether an episode of this environment simply succeeds (return above zero) or fails.

    With other rewards than its own, or a wrapper that may change them, it has returns like any.
    """
    spec = spec_of(env)
    if spec is None or configured(env).options.wrappers:
        return False
    pays_once = tuple(spec.kwargs.get("reward_schedule", _ONE_AT_THE_GOAL)) == _ONE_AT_THE_GOAL
    return is_memory_task(spec) or (spec.entry_point == FROZEN_LAKE and pays_once)


def optimal_return(env: EnvSource, discount: float) -> float | None:
    """Expected return of the best stationary policy for `discount`, within the id's time limit.

    Computed by value iteration where the environment publishes its transition table; known of our
    tasks of memory; else None. Undiscounted there need not be one best stationary policy: then it
    is the best return of all.
    """
    spec = spec_of(env)
    if spec is not None and is_memory_task(spec):
        wrapped = configured(env).options.wrappers
        return None if wrapped else memory_task(spec).optimum(spec.max_episode_steps)
    model = published_model(env)
    if model is None or spec is None or spec.max_episode_steps is None:
        return None
    if discount == 1.0:
        return best_return(model, spec.max_episode_steps)
    return expected_return(model, greedy(value_iteration(model, discount)), spec.max_episode_steps)


def _is_batched_cart_pole(spec: EnvSpec) -> bool:
    return spec.entry_point == _CARTPOLE and not spec.kwargs and _is_limited_only(spec)


def _is_limited_only(spec: EnvSpec) -> bool:
    """Whether nothing is around the environment but a time limit."""
    return not spec.additional_wrappers and spec.max_episode_steps is not None
