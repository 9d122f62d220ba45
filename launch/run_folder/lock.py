"""The lock on a run folder, and on that of many runs: one process writes to it at a time."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from common.errors import UsageError
from common.text import reason
from launch.run_folder.files import unwritable
from launch.run_folder.names import LOCK

_PATIENCE, _PAUSE = 1.0, 0.05
"""Seconds for which a lock is tried: whoever only asks about it holds it for a moment."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Locks a run's folder against other processes; the lock ends with the process.

    Raises:
        UsageError: Another process holds it, or it cannot be written.
    """
    try:
        lock = _opened(folder)
    except OSError as error:
        raise UsageError(
            f"{folder}: cannot be written ({reason(error)}); a run needs a folder that can"
        ) from None
    with _locked(folder, lock):
        yield


@contextmanager
def made_and_held(folder: Path, flag: str) -> Iterator[None]:
    """Makes the folder of a sweep or a search where there is none, and locks it as `held` does.

    Args:
        folder: The folder.
        flag: The flag that says where it is, for the message.

    Raises:
        UsageError: Another process holds it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _opened(folder)
    except OSError as error:
        raise unwritable(flag, folder, error) from None
    with _locked(folder, lock):
        yield


def _opened(folder: Path) -> int:
    return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)


@contextmanager
def _locked(folder: Path, lock: int) -> Iterator[None]:
    try:
        _lock(folder, lock)
        with suppress(OSError):  # only a word for the other process; the disk may be full
            os.ftruncate(lock, 0)
            os.write(lock, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, lock: int) -> None:
    end = time.monotonic() + _PATIENCE
    while not _is_taken(lock):
        if time.monotonic() > end:
            holder = os.read(lock, 200).decode(errors="replace") or "another process"
            raise UsageError(
                f"{folder}: {holder} is running it; wait for its end, or stop it first"
            )
        time.sleep(_PAUSE)


def _is_taken(lock: int) -> bool:
    """Takes the lock; says whether it is ours, as it is on a file system without locks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def holder(folder: Path) -> int | None:
    """The process on this machine that runs the run; None where there is none."""
    if not is_held(folder):
        return None
    try:
        return int((folder / LOCK).read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def is_held(folder: Path) -> bool:
    """Whether a process is running the run."""
    try:
        with open(folder / LOCK) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False
