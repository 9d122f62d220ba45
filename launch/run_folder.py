"""The run folder: the interface between a run and everything that reads it."""

import json
import os
import platform
import shlex
import subprocess
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from launch.configs import OutputConfig, TrainingConfig, from_json, to_json
from launch.errors import UsageError

CONFIG, COMMAND, RESULT = "config.json", "command.txt", "result.json"
CHECKPOINTS, CURVE = "checkpoints", "learning_curve.png"
_PACKAGES = ("actorlab", "numpy", "gymnasium", "ray", "tensorflow", "tensorflow-cpu", "keras")


def create(output: OutputConfig, experiment: str, seed: int) -> Path:
    """Makes the folder of a new run.

    Raises:
        UsageError: It exists and holds something, or cannot be written.
    """
    check(output)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-seed{seed}"
    folder = output.run_dir or output.out / experiment / name
    number = 1
    try:
        while output.run_dir is None and folder.exists():
            number += 1
            folder = folder.with_name(f"{name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CHECKPOINTS).mkdir()
    except OSError as error:
        flag = "--out" if output.run_dir is None else "--run-dir"
        raise UsageError(
            f"{flag} {folder}: cannot be written ({error.strerror}); choose another folder"
        ) from None
    return folder


def check(output: OutputConfig) -> None:
    """Makes sure that a new run does not land in another one.

    Raises:
        UsageError: The folder asked for exists and holds something.
    """
    folder = output.run_dir
    if folder is None:
        return
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise UsageError(f"--run-dir {folder}: cannot be read ({error.strerror})") from None
    if taken:
        raise UsageError(
            f"--run-dir {folder}: it already exists; choose another folder, "
            f"or continue that run with: python -m launch resume {folder}"
        )


def describe(
    folder: Path, experiment: str, config: TrainingConfig, arguments: Sequence[str]
) -> None:
    """Writes what the run is: its config and versions, and the exact command."""
    description = {
        "experiment": experiment,
        "config": to_json(config),
        "versions": versions(),
        "git_commit": git_commit(),
    }
    write_json(folder / CONFIG, description)
    (folder / COMMAND).write_text(shlex.join(["python", "-m", "launch", *arguments]) + "\n")


def read(folder: Path) -> tuple[str, TrainingConfig]:
    """The experiment's name and the config of a run.

    Raises:
        UsageError: The folder is missing or is not a run folder.
    """
    path = folder / CONFIG
    try:
        description = json.loads(path.read_text())
        return description["experiment"], from_json(description["config"])
    except OSError as error:
        raise UsageError(
            f"{folder}: not a run folder ({path.name}: {error.strerror}); "
            "give a folder that `python -m launch EXPERIMENT` made"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a config this version can read: {error}") from None


def read_result(folder: Path) -> dict[str, Any]:
    """The run's `result.json`.

    Raises:
        UsageError: There is none yet, or it is damaged.
    """
    path = folder / RESULT
    try:
        return json.loads(path.read_text())
    except OSError:
        raise UsageError(
            f"{folder}: no {RESULT}; the run has not ended: python -m launch resume {folder}"
        ) from None
    except ValueError as error:
        raise UsageError(f"{path}: damaged: {error}") from None


def move(folder: Path, config: TrainingConfig) -> None:
    """Writes down that a run goes on elsewhere: its placement, and nothing else, has changed."""
    description = json.loads((folder / CONFIG).read_text())
    write_json(folder / CONFIG, {**description, "config": to_json(config)})


def write_json(path: Path, value: Any) -> None:
    """Writes JSON so that a reader sees the old file or the new one, never half of it."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(value, indent=2) + "\n")
    os.replace(temporary, path)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def git_commit() -> str | None:
    """The commit of the code, marked `-dirty` where the work tree differs; None outside git."""
    root = Path(__file__).parent
    try:
        head = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40"]
        head += ["--exclude", "*"]  # the commit itself, not the nearest tag
        return subprocess.run(
            head, capture_output=True, text=True, check=True, timeout=10, stdin=subprocess.DEVNULL
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
