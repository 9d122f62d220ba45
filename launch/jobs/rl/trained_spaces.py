"""What a run was trained on, kept in its config, and whether its environment still is that."""

from pathlib import Path

import numpy as np
from gymnasium.spaces import Box, Discrete

from common.errors import UsageError
from envs import registry
from envs.sources import EnvSource, UnusableEnvironment
from launch.config.training import TrainingConfig
from launch.jobs.rl.needs import Spaces
from launch.jobs.rl.play import Play
from launch.run_folder import description


def told(spaces: Spaces) -> dict[str, str]:
    """What a policy's weights depend on in what it sees and does."""
    return {name: _told(space) for name, space in spaces._asdict().items()}


def _told(space: Box | Discrete) -> str:
    if isinstance(space, Discrete):
        return f"numbers below {space.n}"
    return f"a box {list(space.shape)} of {np.dtype(space.dtype)}"


def of(env: EnvSource) -> Spaces:
    """What an agent sees and does in an environment.

    Raises:
        UnusableEnvironment: It cannot be made, or not be learned.
    """
    seen, actions = registry.encodings(env)
    return Spaces(seen.space, actions.space)


def check(folder: Path, trained: TrainingConfig, spaces: Spaces, play: Play | None = None) -> None:
    """Makes sure that a policy sees and does what it was trained with.

    A run of an earlier version does not tell that: its environment counts as unchanged, but for
    what is asked for here.

    Args:
        folder: The run's folder.
        trained: Its config.
        spaces: What there is to see and do now.
        play: How the policy is played; None plays it as in its training.

    Raises:
        UsageError: Observations or actions are of another kind or shape.
    """
    asked = told(spaces)
    known = description.spaces(folder)
    changes, unchanged = "", asked
    if play is not None and play.applied_to(trained).env_options != trained.env_options:
        changes = play.changes()
        if known != asked:
            unchanged = _as_in_training(trained)
            known = known or unchanged
    for what, found in asked.items():
        before = known.get(what, found)
        if unchanged[what] != before:
            raise UsageError(
                f"{folder} was trained with {before} as {what}, and {trained.env} gives "
                f"{unchanged[what]} now"
            )
        if found != before:
            raise UsageError(
                f"{changes}: the {what} are {found}, and the policy was trained with {before}"
            )


def _as_in_training(trained: TrainingConfig) -> dict[str, str]:
    """What the environment gives today with the options of the training.

    Raises:
        UsageError: It cannot be made, or not be learned.
    """
    try:
        return told(of(trained.rollout.env))
    except UnusableEnvironment as error:
        raise UsageError(str(error)) from None
