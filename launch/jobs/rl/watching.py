"""A policy live: in a window, or as text."""

import os
import sys
import textwrap
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from common.errors import RunError, UsageError
from envs import naming, rendering
from envs.faults import EnvironmentFault
from envs.sources import EnvSource, UnusableEnvironment, label
from launch.jobs.rl import execution, policy_files, trained_spaces
from launch.jobs.rl.moments import Moment, moments
from launch.jobs.rl.play import Play
from launch.terminal.blocks import WIDTH
from launch.terminal.typed import typed

Render = Literal["human", "ansi"]
"""A window, or text in the terminal."""
_SHOWN = 8  # actions whose values fit in a line


class Told(NamedTuple):
    """What is told of a step."""

    shown: str
    """What the environment shows as text, its lines with their ends; empty where it shows none."""
    said: str
    """The step, the action and the values, in lines of 80 columns at most."""


def watch(folder: Path, play: Play, render: Render | None, fps: float | None) -> Iterator[Told]:
    """Plays a run's policy for somebody who watches.

    Args:
        folder: The run's folder.
        play: What is asked of the policy.
        render: Where it is seen; None takes a window where there is a display, else text.
        fps: Steps a second as text, 0 for as many as there can be; None takes the environment's.

    Returns:
        What is told of each step.

    Raises:
        InvalidSetting: The agent has no ε, or an option of the environment cannot be used.
        UsageError: The run cannot be read, there is no display, or the environment does not render
            so.
    """
    _, trained = execution.read(folder)
    config = play.applied_to(trained)
    env, agent = config.rollout.env, config.prepared_agent
    trained_spaces.check(folder, trained, execution.check(config.rollout, config), play)
    try:
        mode = _mode(env, folder, render)
        names = naming.action_names(env)
    except UnusableEnvironment as error:
        raise UsageError(str(error)) from None
    weights = policy_files.load(folder, agent)
    plan = play.evaluation(config)
    return _lines(moments(env, agent, weights, plan, mode), names, mode, fps)


def _lines(
    played: Generator[Moment], names: Sequence[str], mode: Render, fps: float | None
) -> Iterator[Told]:
    """What is told of each moment, at the speed that it is watched at.

    Raises:
        RunError: The environment failed.
    """
    try:
        with closing(played):
            for moment in played:
                yield _told(moment, names)
                speed = moment.fps if fps is None else fps
                if mode == "ansi" and speed:
                    time.sleep(1 / speed)
    except EnvironmentFault as error:
        raise RunError(f"the environment failed: {error}") from None


def _mode(env: EnvSource, folder: Path, wanted: Render | None) -> Render:
    """How an environment is watched.

    Raises:
        UsageError: It does not render so, or there is no display.
    """
    modes, name = rendering.render_modes(env), label(env)
    offers = f"{name} renders as {', '.join(modes)}" if modes else f"{name} renders nothing"
    film = f"film it: {typed('evaluate', folder, '--video', 'film.mp4')}"
    if wanted is None:
        wanted = "human" if "human" in modes and has_display() else "ansi"
        if wanted not in modes and not has_display() and "human" in modes:
            raise UsageError(
                f"there is no display here for a window, and no text: {offers}; {film}"
            )
    if wanted not in modes:
        other = film if "rgb_array" in modes else "its class needs a render() for that"
        raise UsageError(f"--render {wanted}: {offers}; {other}")
    if wanted == "human" and not has_display():
        text = "take --render ansi, or " if "ansi" in modes else ""
        raise UsageError(f"--render human: there is no display here for a window; {text}{film}")
    return wanted


def has_display() -> bool:
    """Whether a window can be opened: elsewhere than on Linux there is always a screen."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))


def _told(moment: Moment, names: Sequence[str]) -> Told:
    shown = f"{moment.frame.rstrip()}\n" if isinstance(moment.frame, str) else ""
    line = (
        f"episode {moment.episode}, step {moment.step}, return {moment.total:.4g}: "
        f"{names[moment.action]}"
    )
    if moment.values is not None:
        best = np.argsort(-np.nan_to_num(moment.values, nan=-np.inf), kind="stable")[:_SHOWN]
        values = (f"{names[a]} {moment.values[a]:.4g}" for a in sorted(best.tolist()))
        line += f"  ({', '.join(values)})"
    if moment.over:
        line += f"; over, return {moment.total + moment.reward:.4g}"
    return Told(shown, "\n".join(textwrap.wrap(line, WIDTH, subsequent_indent="  ")))
