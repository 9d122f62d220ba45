"""Run folders below any folders, and what is left out of a report, with the reason."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UsageError
from common.text import reason
from launch.run_folder.names import CONFIG, RESULT
from launch.run_folder.run_result import RunResult, TrainingRunResult
from launch.terminal.blocks import beside
from launch.terminal.console import say

_NAMED = 10
"""Folders that are named at most: of more, how many."""


@dataclass(frozen=True)
class LeftOut:
    """A folder that a report does not count.

    Attributes:
        folder: The folder.
        why: The reason, in words.
    """

    folder: Path
    why: str

    def __str__(self) -> str:
        # Messages of run folders begin with the folder, or with a file in it.
        return self.why if self.why.startswith(str(self.folder)) else f"{self.folder}: {self.why}"


def find(folders: Sequence[Path]) -> tuple[list[Path], list[LeftOut]]:
    """The run folders among some folders and at any depth below them, links included, each once.

    A run folder is not looked into: what a run had come to before it went on is not counted beside
    the run itself. Such an earlier end can be named.

    Args:
        folders: Run folders, or folders that hold some.

    Returns:
        The run folders, and the folders that could not be looked into.
    """
    seen: set[Path] = set()
    refused: list[LeftOut] = []
    return [each for folder in folders for each in _below(folder, seen, refused)], refused


def _below(top: Path, seen: set[Path], refused: list[LeftOut]) -> Iterator[Path]:
    """The run folders in a folder; what is in `seen`, where links may lead again, is passed over.

    Args:
        top: The folder.
        seen: The folders that were looked into, without links; more are added.
        refused: Takes those that cannot be looked into.
    """

    def refuse(error: OSError) -> None:
        refused.append(LeftOut(Path(error.filename), reason(error)))

    for name, inner, files in os.walk(top, onerror=refuse, followlinks=True):
        place = Path(name).resolve()
        if place in seen:
            inner.clear()
            continue
        seen.add(place)
        inner.sort()
        if CONFIG in files or RESULT in files:
            inner.clear()
            yield Path(name)


def refuse_unscored(found: RunResult) -> None:
    """Makes sure that the scores of a finished run are numbers.

    Raises:
        UsageError: One is not finite.
    """
    scores = [found.claim.final, found.claim.ours]
    if isinstance(found, TrainingRunResult):
        summaries = (found.final_evaluation, found.evaluation)
        scores += [summary.score() for summary in summaries if summary is not None]
    known = [score for score in scores if score is not None]
    if not np.isfinite(known).all():
        told = " and ".join(dict.fromkeys(f"{score:.4g}" for score in known))
        raise UsageError(f"broken: its scores are {told}")


def tell(left_out: Sequence[LeftOut]) -> None:
    """Says which folders are left out and why, a line each; of many only how many more."""
    for each in left_out[:_NAMED]:
        say("\n".join(beside("left out: ", str(each))))
    if len(left_out) > _NAMED:
        say(f"left out: and {len(left_out) - _NAMED:,} more")


def nothing_left(folders: Sequence[Path], left_out: Sequence[LeftOut]) -> UsageError:
    """What is wrong where no run is left, after the folders have been named."""
    if len(left_out) == 1:
        return UsageError(str(left_out[0]))
    tell(left_out)
    where = ", ".join(str(folder) for folder in folders)
    what = "no finished run that can be read" if left_out else f"no {RESULT} in it or below"
    return UsageError(f"{where}: {what}; give folders of runs, such as runs")
