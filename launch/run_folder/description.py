"""What a run is: `config.json`, written at its start and read by everything else."""

import json
import platform
import shlex
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from common.errors import UsageError
from common.text import reason
from launch.config.run import RunConfig
from launch.config.serialization import from_json, to_json
from launch.run_folder.files import write_json
from launch.run_folder.names import CHECKPOINTS, COMMAND, CONFIG

_PACKAGES = (
    *("actorlab", "numpy", "gymnasium", "ray", "tensorflow", "tensorflow-cpu", "keras"),
    *("pandas", "scikit-learn"),
    *("ale-py", "box2d", "highway-env", "minatar", "minigrid"),
)


def write(folder: Path, experiment: str, config: RunConfig, arguments: Sequence[str]) -> None:
    """Writes what a new run is: its config and versions, and the exact command.

    Args:
        folder: The run's folder.
        experiment: The experiment's name.
        config: The run's config.
        arguments: The command line; empty for a run from Python.

    Raises:
        OSError: It cannot be written.
    """
    (folder / CHECKPOINTS).mkdir()
    description = {
        "experiment": experiment,
        "config": to_json(config),
        "versions": versions(),
        "git_commit": git_commit(),
    }
    write_json(folder / CONFIG, description)
    command = shlex.join(["python", "-m", "launch", *arguments]) if arguments else "from Python"
    (folder / COMMAND).write_text(f"{command}\n")


def read(folder: Path) -> tuple[str, RunConfig]:
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
            f"{folder}: not a run folder ({path.name}: {reason(error)}); "
            "give a folder that `python -m launch EXPERIMENT` made"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: not a config this version can read: {error}") from None


def rewrite(folder: Path, config: RunConfig) -> None:
    """Replaces the config of a run that is continued with another placement or other flags.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        description = json.loads((folder / CONFIG).read_text())
        write_json(folder / CONFIG, {**description, "config": to_json(config)})
    except OSError as error:
        raise UsageError(f"{folder / CONFIG}: cannot be written ({reason(error)})") from None


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
