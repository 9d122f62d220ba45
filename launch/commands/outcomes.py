"""Executes runs, and prints what became of them: lines for a person, or JSON for a program."""

import sys
from collections.abc import Sequence
from pathlib import Path

from common.errors import RunError
from launch.commands.flags import INTERRUPTED
from launch.run_folder import result
from launch.scheduler.run import Outcome, Run
from launch.terminal.console import emit, style
from launch.terminal.typed import typed


def execute(runs: Sequence[Run]) -> int:
    """Executes runs on one cluster, or here, and prints what became of them.

    Returns:
        The exit code.

    Raises:
        UsageError, RunError: What stood in the way of a single run.
    """
    from launch.scheduler import schedule

    if not runs:
        return 0
    if len(runs) == 1:
        (only,) = runs
        if only.DRIVES_RAY:
            return _told(schedule.execute_alone(only))
        return _told(schedule.execute(runs, [only.config], tells_ends=False)[0])
    folders = dict.fromkeys(str(run.config.output.out) for run in runs)
    outcomes = schedule.execute(runs, [run.config for run in runs], emit_end, watched=folders)
    if style() == "quiet":
        _tell_quietly(outcomes)
    if any(isinstance(outcome.error, RunError) for outcome in outcomes):
        return 1
    if any(outcome.error is not None for outcome in outcomes):
        return 2
    return INTERRUPTED if any(outcome.interrupted for outcome in outcomes) else 0


def _tell_quietly(outcomes: Sequence[Outcome]) -> None:
    """Prints what became of several runs, of which a quiet display has told nothing."""
    for outcome in outcomes:
        told = f"{outcome.run.name}: {outcome.in_a_line()}"
        print(told, file=sys.stdout if outcome.error is None else sys.stderr)


def _told(outcome: Outcome) -> int:
    """Prints the outcome of a single run; returns the exit code."""
    emit_end(outcome)
    if outcome.error is not None:
        raise outcome.error
    if outcome.folder is None:
        return INTERRUPTED
    found = result.read(outcome.folder)
    if outcome.interrupted:
        _print(
            f"interrupted{found.where_stopped}; everything is saved",
            f"go on with: {typed('resume', outcome.folder)}",
        )
        return INTERRUPTED
    _print(*found.in_words(outcome.folder))
    return 0


def _print(*lines: str) -> None:
    """Prints lines for a person."""
    if style() != "json":
        print(*lines, sep="\n")


def emit_end(outcome: Outcome) -> None:
    """Tells a program how a run ended."""
    error = outcome.error and str(outcome.error)
    emit_end_of(outcome.run.name, outcome.folder, error, interrupted=outcome.interrupted)


def emit_end_of(
    name: str, folder: Path | None, error: str | None = None, *, interrupted: bool = False
) -> None:
    """Tells a program how the run in a folder ended."""
    if style() != "json":
        return
    ended = folder is not None and result.status(folder) != "running"
    emit(
        "end",
        run=name,
        folder=folder and str(folder),
        error=error,
        interrupted=interrupted,
        result=result.to_json(result.read(folder)) if ended and folder else None,
    )
