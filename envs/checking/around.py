"""What surrounds an environment in a training: its limit, its pictures, its speed."""

from collections.abc import Iterator

import numpy as np

from common.errors import RAISED
from common.findings import Finding, ok, warn
from common.quiet import quiet
from common.text import with_kind
from envs import registry, rendering
from envs.checking.watching import Seen
from envs.sources import (
    DEFAULT_LIMIT,
    Configured,
    UnusableEnvironment,
    cut_after,
    label,
    opened,
    spec_of,
)


def limit(env: Configured) -> Finding:
    """After how many steps an episode is cut, and who says so."""
    given = env.options.max_episode_steps
    if given is not None:
        how = f"{given:,} steps, as given" if given else "none, as given"
        return ok("limit", how)
    spec = spec_of(env)
    way = "set it with --max-episode-steps"
    if spec is None:
        if registry.has_time_limit(env):
            return ok("limit", "that of its function")
        return ok("limit", f"none: cut here if it lasts {DEFAULT_LIMIT:,} steps; {way}")
    if spec.max_episode_steps is not None:
        return ok("limit", f"{spec.max_episode_steps:,} steps, its own")
    if cut_after(spec) is None:
        return ok("limit", f"{spec.kwargs['max_num_frames_per_episode']:,} frames, its own")
    return ok("limit", f"none is registered: cut here if it lasts {DEFAULT_LIMIT:,} steps; {way}")


def films(env: Configured) -> Finding:
    """Whether it can be filmed, tried with one picture."""
    try:
        with quiet():
            shape = _picture(env)
    except UnusableEnvironment as error:
        # Without the way out, which stands below in more words.
        why = str(error).removeprefix(f"--env {label(env)}: ").partition("; its class")[0]
    except RAISED as error:  # a renderer
        why = f"rendering raised {with_kind(error)}"
    else:
        if len(shape) == 3 and shape[2] == 3:
            return ok("films", f"pictures of {shape[1]} x {shape[0]} pixels")
        why = f"render() gave no picture but an array of shape {shape}"
    return warn(
        "films",
        why,
        'take render_mode, have "rgb_array" in metadata["render_modes"], and return a picture '
        "[height, width, 3] of bytes from render(); a training does without",
    )


def _picture(env: Configured) -> tuple[int, ...]:
    rendering.draw_without_screen()
    rendering.check_rendering(env)
    with opened(env, render_mode="rgb_array") as single:
        single.reset(seed=0)
        return np.shape(np.asarray(single.render()))


def speed(seen: Seen) -> Iterator[Finding]:
    """How long steps and resets take, in one process."""
    if seen.steps and seen.step_seconds:
        yield ok("steps", f"{seen.steps / seen.step_seconds:,.0f} a second")
    if seen.resets:
        yield ok("resets", f"{1_000 * seen.reset_seconds / seen.resets:.3g} ms each")
