"""Files that are whole and durable, or not there at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from common import jsons
from common.errors import UsageError
from common.text import reason
from launch.run_folder.names import CONFIG, RESULT


def write_json(path: Path, value: Any) -> None:
    """Writes JSON so that a reader sees the old file or the new one, never half of it."""
    with replacing(path) as temporary:
        temporary.write_text(jsons.dumps(value, indent=2) + "\n")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write beside `path`, which takes its place when it is whole and durable.

    Its name ends as that of `path`, for writers that look at it.
    """
    temporary = _unfinished(path)
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink()


def try_to_write(path: Path) -> None:
    """Makes sure that `replacing` can write a file there, and leaves nothing of the trial.

    Raises:
        OSError: It cannot.
    """
    temporary = _unfinished(path)
    temporary.touch()
    temporary.unlink()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))


def _unfinished(path: Path) -> Path:
    return path.with_name(f".writing-{path.name}")


@contextmanager
def page(path: Path) -> Iterator[Path]:
    """What to write a page to that goes where the user says: the old one stays until it is whole.

    A link stays a link, and what is no file, such as a pipe, is written to as it is.
    """
    if path.exists() and not path.is_file():
        yield path
    else:
        with replacing(path.resolve()) as unfinished:
            yield unfinished


def refuse_results(*paths: Path) -> None:
    """Makes sure that no page goes over what tells of a run.

    Raises:
        UsageError: One of them would.
    """
    for path in paths:
        place = path.resolve()
        is_run = (place.parent / CONFIG).exists() or (place.parent / RESULT).exists()
        if place.name in (CONFIG, RESULT) and is_run:
            raise UsageError(f"--out: {path} would go over the run's own file; choose another name")


def unwritable(flag: str, folder: Path, error: OSError) -> UsageError:
    """What is said of a folder that a flag names, and that cannot be written."""
    return UsageError(f"{flag} {folder}: cannot be written ({reason(error)}); choose another")


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
