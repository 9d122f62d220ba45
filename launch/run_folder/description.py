"""What a run is: `config.json`, written at its start and read by everything else."""

import json
import platform
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from common.errors import UsageError
from common.text import reason
from launch.config.run import RunConfig
from launch.config.serialization import from_json, identity, to_json
from launch.run_folder.ends import End
from launch.run_folder.files import write_json
from launch.run_folder.names import CHECKPOINTS, COMMAND, CONFIG

_PACKAGES = (
    *("actorlab", "numpy", "gymnasium", "ray", "tensorflow", "tensorflow-cpu", "keras"),
    *("pandas", "scikit-learn"),
    *("ale-py", "box2d", "highway-env", "minigrid"),
)


def write(
    folder: Path,
    experiment: str,
    config: RunConfig,
    arguments: Sequence[str],
    *,
    spaces: Mapping[str, str] | None = None,
) -> None:
    """Writes what a new run is: its config and versions, and the exact command.

    Args:
        folder: The run's folder.
        experiment: The experiment's name.
        config: The run's config.
        arguments: The command line; empty for a run from Python.
        spaces: What an agent sees and does, in words; None for a run without an agent.

    Raises:
        OSError: It cannot be written.
    """
    (folder / CHECKPOINTS).mkdir()
    told = {"spaces": dict(spaces)} if spaces else {}
    write_json(folder / CONFIG, {**of(experiment, config), **told})
    command = shlex.join(["python", "-m", "launch", *arguments]) if arguments else "from Python"
    (folder / COMMAND).write_text(f"{command}\n")


def of(experiment: str, config: RunConfig) -> dict[str, Any]:
    """What `config.json` says of a run: its config, and the versions here."""
    return {
        "experiment": experiment,
        "config": to_json(config),
        "versions": versions(),
        "git_commit": git_commit(),
    }


def read_file(path: Path) -> tuple[str, RunConfig]:
    """The experiment's name and the config in a file such as `config.json`.

    Raises:
        UsageError: It is missing, or is none.
    """
    try:
        description = json.loads(path.read_text())
        return description["experiment"], from_json(description["config"])
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({reason(error)})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from None


def read(folder: Path) -> tuple[str, RunConfig]:
    """The experiment's name and the config of a run.

    Raises:
        UsageError: The folder is missing or is not a run folder.
    """
    description = _read(folder)
    try:
        return str(description["experiment"]), from_json(description["config"])
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder / CONFIG, error) from None


def ends(folder: Path) -> tuple[End, ...]:
    """Where a run went on with another budget, in order.

    Raises:
        UsageError: The folder is missing or is not a run folder.
    """
    description = _read(folder)
    try:
        return tuple(End(**end) for end in description.get("ends", ()))
    except (AttributeError, TypeError) as error:
        raise _unreadable(folder, error) from None


def spaces(folder: Path) -> dict[str, str]:
    """What the agent of a run saw and did, in words; empty for a run that does not tell.

    Raises:
        UsageError: The folder is missing or is not a run folder.
    """
    description = _read(folder)
    try:
        return {str(what): str(space) for what, space in description.get("spaces", {}).items()}
    except AttributeError as error:
        raise _unreadable(folder / CONFIG, error) from None


def telling(folder: Path, config: RunConfig) -> dict[str, Any]:
    """What a run's bits depend on, as plain JSON values: its settings, and where it went on.

    A run that went on with another budget is not the one that had it from the start: schedules that
    go over the budget tell them apart.

    Args:
        folder: The run's folder.
        config: Its config.

    Raises:
        UsageError: The folder is missing or is not a run folder.
    """
    steps = [end.step for end in ends(folder)]
    return {**identity(config), **({"went_on_at": steps} if steps else {})}


def rewrite(folder: Path, config: RunConfig, ends: Sequence[End] = ()) -> None:
    """Replaces the config of a run that is continued with another placement, budget or flags.

    Args:
        folder: The run's folder.
        config: Its config from here on.
        ends: Where it went on with another budget, this time included.

    Raises:
        UsageError: It cannot be written.
    """
    changed: dict[str, Any] = {"config": to_json(config)}
    if ends:
        changed["ends"] = [asdict(end) for end in ends]
    try:
        write_json(folder / CONFIG, {**_read(folder), **changed})
    except OSError as error:
        raise UsageError(f"{folder / CONFIG}: cannot be written ({reason(error)})") from None


def _read(folder: Path) -> dict[str, Any]:
    """What `write` and `rewrite` wrote.

    Raises:
        UsageError: The folder is missing or is not a run folder.
    """
    path = folder / CONFIG
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise UsageError(
            f"{folder}: not a run folder ({path.name}: {reason(error)}); "
            "give a folder that `python -m launch EXPERIMENT` made"
        ) from None
    except ValueError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> UsageError:
    why = str(error)
    if isinstance(error, KeyError):
        why = f"it has no {error.args[0]}"
    elif isinstance(error, (AttributeError, TypeError)):  # Python's words are of no use to a user
        why = "it is another kind of JSON"
    return UsageError(f"{path}: not a config this version can read: {why}")


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
