"""What is known of a run from its folder, however it ended: also where something is damaged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import reason
from launch.run_folder import checkpoints, result
from launch.run_folder.lock import is_held
from launch.run_folder.names import CHECKPOINTS, COMMAND, CONFIG, FAILURE, REDUCED, RESULT
from launch.run_folder.run_result import RunResult
from launch.terminal.typed import typed


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a run, whichever kind it is.

    Attributes:
        folder: Its folder.
        experiment: The experiment's name.
        seed: Its seed; None where it is not known.
        status: finished, interrupted, failed, running, or stopped: it has no result, and nobody
            runs it.
        command: The command that made it; empty where it is not known.
        versions: Of the packages that it ran with.
        git_commit: Of the code; empty where it is not known.
        config: Its config as it stands in the file.
        result: What it came to; None where there is none that can be read.
        missing: What is missing or damaged, and what can be done, in sentences.
    """

    folder: Path
    experiment: str
    seed: int | None
    status: str
    command: str
    versions: Mapping[str, str]
    git_commit: str
    config: Mapping[str, Any]
    result: RunResult | None
    missing: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str | None:
        return self.result.fingerprint if self.result else None

    def to_json(self) -> dict[str, Any]:
        """The facts that say which run it is, as plain JSON values."""
        return {
            "run": str(self.folder),
            "experiment": self.experiment,
            "seed": self.seed,
            "status": self.status,
            "command": self.command,
            "fingerprint": self.fingerprint,
            "versions": dict(self.versions),
            "git_commit": self.git_commit or None,
        }


def of(folder: Path) -> Facts:
    """What is known of the run in a folder.

    Raises:
        UsageError: It is not a run folder, or its config is no JSON.
    """
    told = _described(folder)
    missing: list[str] = []
    found = _result(folder, missing)
    config = told.get("config")
    config = config if isinstance(config, dict) else {}
    seed = config.get("seed")
    status = found.status if found is not None else "running" if is_held(folder) else "stopped"
    missing += _unfinished(folder, status)
    return Facts(
        folder=folder,
        experiment=str(told.get("experiment", "unknown")),
        seed=seed if isinstance(seed, int) else None,
        status=status,
        command=_command(folder, missing),
        versions={str(k): str(v) for k, v in dict(told.get("versions") or {}).items()},
        git_commit=str(told.get("git_commit") or ""),
        config=config,
        result=found,
        missing=missing,
    )


def _described(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        told = json.loads(path.read_text())
    except OSError as error:
        raise UsageError(
            f"{folder}: not a run folder ({path.name}: {reason(error)}); "
            "give a folder that `python -m launch EXPERIMENT` made"
        ) from None
    except ValueError as error:
        raise UsageError(f"{path}: no JSON, so nothing is known of the run: {error}") from None
    if not isinstance(told, dict):
        raise UsageError(f"{path}: another kind of JSON, so nothing is known of the run")
    return told


def _result(folder: Path, missing: list[str]) -> RunResult | None:
    if not (folder / RESULT).exists():
        return None
    try:
        return result.read(folder)
    except UsageError as error:
        missing.append(str(error))
        return None


def _unfinished(folder: Path, status: str) -> list[str]:
    """What there is instead of an end."""
    if status in ("finished", "running"):
        return []
    told = []
    if (folder / FAILURE).exists():
        last = (folder / FAILURE).read_text(errors="replace").strip().splitlines()[-1:]
        told.append(f"it failed: {' '.join(last)} ({FAILURE} has all)")
    if not (folder / RESULT).exists():
        told.append(f"no {RESULT}: the run has not ended, and nobody runs it")
    step = checkpoints.newest_step(folder / CHECKPOINTS)
    way_out = typed("resume", folder)
    if step is None:
        told.append(f"no checkpoint: it begins again with: {way_out}")
    else:
        told.append(f"the newest checkpoint is of step {step:,}; go on with: {way_out}")
    return told


def _command(folder: Path, missing: list[str]) -> str:
    try:
        return (folder / COMMAND).read_text(errors="replace").strip()
    except OSError as error:
        why = REDUCED if result.is_reduced(folder) else reason(error)
        missing.append(f"{COMMAND}: {why}")
        return ""
