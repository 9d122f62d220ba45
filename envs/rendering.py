"""Environments that are rendered: whether and how one can be, and one that is."""

import os
from typing import Any

import gymnasium

from envs.faults import Guard
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.registry import encodings, stacked
from envs.sources import (
    EnvSource,
    UnusableEnvironment,
    configured,
    label,
    make_single,
    opened,
    spec_of,
)
from envs.vector_env import VectorEnv


def make_rendered(
    env: EnvSource,
    *,
    seed: int,
    purpose: int,
    env_index: int,
    guard: Guard | None = None,
    mode: str = "rgb_array",
) -> tuple[VectorEnv, gymnasium.Env[Any, Any]]:
    """One copy of an environment as a `VectorEnv`, and the Gymnasium object in it that renders.

    Args:
        env: The environment.
        seed: The run's seed.
        purpose: An `envs.randomness.Purpose`.
        env_index: The copy's number within the run.
        guard: As of `envs.registry.make`.
        mode: How it renders: `rgb_array`, `ansi` or `human`.

    Raises:
        UnusableEnvironment: It does not render so.
    """
    if mode != "human":
        draw_without_screen()
    check_rendering(env, mode)
    made: list[gymnasium.Env[Any, Any]] = []

    def make_one() -> gymnasium.Env[Any, Any]:
        made.append(make_single(env, render_mode=mode))
        return made[-1]

    envs = GymnasiumVectorEnv(
        seed=seed,
        purpose=purpose,
        env_indices=[env_index],
        make=make_one,
        encodings=lambda single: encodings(env, single),
        guard=guard,
        largest_reward=configured(env).transforms.largest_reward,
    )
    return stacked(env, envs), made[0]


def draw_without_screen() -> None:
    """Has SDL, which Gymnasium draws with, look for no screen where only pixels are wanted."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")


def render_modes(env: EnvSource) -> list[str]:
    """The ways in which an environment can be rendered, in the order of the alphabet.

    Where it gives pictures Gymnasium shows them in a window, if it was registered under an id.
    """
    with opened(env) as single:
        modes = set(single.metadata.get("render_modes", []))
    if "rgb_array" in modes and spec_of(env) is not None:
        modes.add("human")
    return sorted(modes)


def check_rendering(env: EnvSource, mode: str = "rgb_array") -> None:
    """Makes sure that an environment can be rendered.

    Args:
        env: The environment.
        mode: How: `rgb_array`, `ansi` or `human`.

    Raises:
        UnusableEnvironment: It does not render so.
    """
    modes = render_modes(env)
    if mode not in modes:
        raise UnusableEnvironment(
            f"--env {label(env)}: cannot render as {mode!r}; it offers {modes}; its "
            "class needs that in metadata['render_modes'], an argument render_mode, and render()"
        )
    if mode == "human":  # one that is made opens its window
        return
    with opened(env, render_mode=mode) as single:
        if single.render_mode != mode:
            raise UnusableEnvironment(
                f"--env {label(env)}: its function takes no render_mode, or ignores it"
            )
