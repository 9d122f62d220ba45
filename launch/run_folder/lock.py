"""The lock on a run folder: one process writes a run at a time."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from common.errors import UsageError
from common.text import reason
from launch.run_folder.names import LOCK


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Locks a run's folder against other processes; the lock ends with the process.

    Raises:
        UsageError: Another process holds it, or it cannot be written.
    """
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
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
