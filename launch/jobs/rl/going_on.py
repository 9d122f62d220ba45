"""A run that goes on with another budget than it was started with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from common.errors import UsageError
from launch.config.training import TrainingConfig
from launch.run_folder import result
from launch.run_folder.ends import End
from launch.run_folder.run_result import TrainingRunResult
from training.evaluate import Evaluate
from training.loop import ENDED

CHANGED = ("env_steps", "until_solved")
"""Fields of the config that going on may change."""


def new_budget(folder: Path, config: TrainingConfig, env_steps: int | None) -> int | None:
    """The budget with which a run goes on; None where it keeps what it has.

    An unfinished run that is given the budget it has already comes to no end by that.

    Args:
        folder: The run's folder.
        config: Its config so far.
        env_steps: What is asked for, in environment steps over all environments.

    Raises:
        UsageError: Its result cannot be read.
    """
    same = env_steps == config.env_steps and result.status(folder) != "finished"
    return None if same else env_steps


def with_budget(
    folder: Path, config: TrainingConfig, state: Mapping[str, Any], env_steps: int
) -> tuple[TrainingConfig, End]:
    """The config of a run from here on, and where it goes on.

    A run that `until_solved` has ended goes on to the whole budget.

    Args:
        folder: The run's folder.
        config: Its config so far.
        state: Its newest checkpoint; empty where there is none.
        env_steps: The new budget, in environment steps over all environments.

    Raises:
        UsageError: So many steps were taken already, or the end of a finished run was not kept.
    """
    taken = int(state["pipeline"]["env_steps"]) if state else 0
    _check_end(folder, taken)
    if env_steps <= taken:
        raise UsageError(
            f"--env-steps {env_steps}: {folder} has taken {taken:,} env steps already; give more"
        )
    solved = bool(state) and state["callbacks"][Evaluate.name]["solved_at"] is not None
    until_solved = config.until_solved and not solved
    end = End(step=taken, settings={name: getattr(config, name) for name in CHANGED})
    return replace(config, env_steps=env_steps, until_solved=until_solved), end


def reopened(state: Mapping[str, Any], ends: Sequence[End]) -> Mapping[str, Any]:
    """A state to go on from: whatever ended the run before its last end ends it no more.

    Args:
        state: The run's newest checkpoint; empty where there is none.
        ends: Where the run went on with another budget, in order.
    """
    at_end = bool(state) and bool(ends) and state["pipeline"]["env_steps"] == ends[-1].step
    return {**state, ENDED: False} if at_end else state


def _check_end(folder: Path, taken: int) -> None:
    """Makes sure that a finished run goes on from where it ended.

    Raises:
        UsageError: Its newest checkpoint is from before its end.
    """
    if result.status(folder) != "finished":
        return
    ended = result.read(folder)
    assert isinstance(ended, TrainingRunResult)
    if taken != ended.env_steps:
        raise UsageError(
            f"{folder}: the run ended at {ended.env_steps:,} env steps, and its newest checkpoint "
            f"is of {taken:,}: it cannot go on from its end"
        )
