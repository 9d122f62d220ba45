"""The run folder: the interface between a run and everything that reads it."""

import fcntl
import json
import os
import platform
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from common import jsons
from common.errors import UsageError
from common.text import reason
from launch.configs import OutputConfig, RunConfig, TrainingConfig, from_json, identity, to_json

CONFIG, COMMAND, RESULT = "config.json", "command.txt", "result.json"
CHECKPOINTS, CURVE, FAILURE = "checkpoints", "learning_curve.png", "failure.txt"
_LOCK = ".lock"
_PACKAGES = (
    *("actorlab", "numpy", "gymnasium", "ray", "tensorflow", "tensorflow-cpu", "keras"),
    *("pandas", "scikit-learn"),
)


@contextmanager
def new(experiment: str, config: RunConfig, arguments: Sequence[str]) -> Iterator[Path]:
    """Makes the folder of a new run, says in it what the run is, and holds it while it lasts.

    Args:
        experiment: The experiment's name in the catalog.
        config: The run's config.
        arguments: The command line; empty for a run from Python.

    Raises:
        UsageError: It exists and holds something, or cannot be written.
    """
    output = config.output
    folder = reserve(experiment, config)
    with held(folder):
        check(output)  # another run may have been there between the first look and the lock
        try:
            _describe(folder, experiment, config, arguments)
        except OSError as error:
            raise _unwritable(output, folder, error) from None
        yield folder


def reserve(experiment: str, config: RunConfig) -> Path:
    """Makes the empty folder of a new run.

    Raises:
        UsageError: It exists and holds something, or cannot be written.
    """
    output = config.output
    check(output)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-seed{config.seed}"
    folder = output.run_dir or output.out / folder_name(experiment) / name
    number = 1
    try:
        while output.run_dir is None and folder.exists():
            number += 1
            folder = folder.with_name(f"{name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, folder, error) from None
    return folder


def folder_name(experiment: str) -> str:
    """The name of the folder of an experiment's runs: a module's experiment is `module.NAME`."""
    return re.sub(r"[^\w.-]", ".", experiment)


def _unwritable(output: OutputConfig, folder: Path, error: OSError) -> UsageError:
    flag = "--out" if output.run_dir is None else "--run-dir"
    return UsageError(f"{flag} {folder}: cannot be written ({reason(error)}); choose another")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds a run's folder, so that no second process writes it. A process that dies lets go.

    Raises:
        UsageError: Another process holds it, or it cannot be written.
    """
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written ({reason(error)}); a run needs a folder that can"
        ) from None
    try:
        _lock(folder, lock)
        with suppress(OSError):  # only a word for the other process; the disk may be full
            os.ftruncate(lock, 0)
            os.write(lock, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 200).decode(errors="replace") or "another process"
        raise UsageError(
            f"{folder}: {holder} is running it; wait for its end, or stop it first"
        ) from None
    except OSError:
        return  # a file system without locks


def holder(folder: Path) -> int | None:
    """The process on this machine that runs the run; None where there is none."""
    if not is_held(folder):
        return None
    try:
        return int((folder / _LOCK).read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def is_held(folder: Path) -> bool:
    """Whether a process is running the run."""
    try:
        with open(folder / _LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def unfinished(output: OutputConfig, experiment: str, config: RunConfig) -> Path | None:
    """The newest run under OUT with the very same settings that nobody runs and that has not ended.

    Runs that cannot be read are not ours to judge here.
    """
    found = sorted((output.out / folder_name(experiment)).glob(f"*/{CONFIG}"), reverse=True)
    for folder in (path.parent for path in found):
        try:
            name, theirs = read(folder)
            over = (folder / RESULT).exists() and read_result(folder)["status"] == "finished"
        except UsageError:
            continue
        same = name == experiment and identity(theirs) == identity(config)
        if same and not over and not is_held(folder):
            return folder
    return None


def check(output: OutputConfig) -> None:
    """Makes sure that a new run does not land in another one.

    Raises:
        UsageError: The folder asked for exists and holds something.
    """
    folder = output.run_dir
    if folder is None:
        return
    try:
        inside = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        taken = folder.exists() and (not folder.is_dir() or bool(inside - {_LOCK}))
    except OSError as error:
        raise UsageError(f"--run-dir {folder}: cannot be read ({reason(error)})") from None
    if taken:
        raise UsageError(
            f"--run-dir {folder}: it already exists; choose another folder, "
            f"or continue that run with: python -m launch resume {folder}"
        )


def _describe(folder: Path, experiment: str, config: RunConfig, arguments: Sequence[str]) -> None:
    """Writes what the run is: its config and versions, and the exact command."""
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


def read_training(folder: Path) -> tuple[str, TrainingConfig]:
    """The experiment's name and the config of a reinforcement learning run.

    Raises:
        UsageError: It is not one.
    """
    experiment, config = read(folder)
    if not isinstance(config, TrainingConfig):
        raise UsageError(f"{folder}: a supervised run ({experiment}), which has no environment")
    return experiment, config


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


def has_finished(folder: Path) -> UsageError:
    """What to tell somebody who resumes a run that has come to its end."""
    return UsageError(
        f"{folder}: the run has finished; see it with: python -m launch report {folder}"
    )


def status(folder: Path) -> str:
    """How a run ended: finished, interrupted or failed; "running" where it has not.

    Raises:
        UsageError: Its result is damaged.
    """
    return read_result(folder)["status"] if (folder / RESULT).exists() else "running"


def rewrite(folder: Path, config: RunConfig) -> None:
    """Writes down that a run goes on otherwise: how it runs has changed, and nothing else.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        description = json.loads((folder / CONFIG).read_text())
        write_json(folder / CONFIG, {**description, "config": to_json(config)})
    except OSError as error:
        raise UsageError(f"{folder / CONFIG}: cannot be written ({reason(error)})") from None


def write_json(path: Path, value: Any) -> None:
    """Writes JSON so that a reader sees the old file or the new one, never half of it."""
    with replacing(path) as temporary:
        temporary.write_text(jsons.dumps(value, indent=2) + "\n")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write beside `path`, which takes its place when it is whole and durable.

    Its name ends as that of `path`, for writers that look at it.
    """
    temporary = path.with_name(f".writing-{path.name}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
