"""The environment that a recording was made in: what it tells of it, and who has another one."""

from collections.abc import Mapping
from typing import Any

from launch.config.training import TrainingConfig
from launch.experiments.experiment import flag_of

KEY = "actorlab_env"
"""Where a recording's metadata tells it."""
_SEEN = ("action_bins", "frame_stack")
"""Transforms that decide what is recorded; the others are of learning alone."""


def of(config: TrainingConfig) -> dict[str, Any]:
    """What decides a run's observations, actions and rewards: plain JSON values by setting."""
    options = config.env_options
    return {
        "env": config.env,
        "env_options.env_kwargs": sorted(options.env_kwargs),
        "env_options.max_episode_steps": options.max_episode_steps,
        "env_options.wrappers": list(options.wrappers),
        **{f"transforms.{name}": getattr(config.transforms, name) for name in _SEEN},
    }


def differences(recorded: Any, config: TrainingConfig) -> list[str]:
    """How the environment of a recording is another one than that of a run, in words.

    Args:
        recorded: What the recording tells, as `of` gave it; nothing is compared that it leaves out.
        config: The config of the run that learns from it.
    """
    there = recorded if isinstance(recorded, Mapping) else {}
    return [
        f"{flag_of(path)} is {_shown(there[path])} there and {_shown(value)} here"
        for path, value in of(config).items()
        if path in there and there[path] != value
    ]


def _shown(value: Any) -> str:
    """A value as it is typed, such as "length=5 easy=True"."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    return "none" if value in (None, "") else str(value)
