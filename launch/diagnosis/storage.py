"""Memory, disks, and the right to write."""

import resource
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import psutil

from common.findings import Finding, fail, ok, warn
from common.text import reason
from launch.diagnosis import container
from launch.diagnosis.finding import Check

_GB = 1_000_000_000
_MEMORY_NEEDED, _MEMORY_WANTED = _GB // 2, 2 * _GB
_SHARED_WANTED = 2 * _GB
_DISK_NEEDED, _DISK_WANTED = _GB // 10, 2 * _GB
_FILES_WANTED = 1_024
_SHARED = Path("/dev/shm")


class Usage(Protocol):
    """What `shutil.disk_usage` tells of a disk, in bytes."""

    @property
    def total(self) -> int: ...

    @property
    def free(self) -> int: ...


Measure = Callable[[Path], Usage]


def checks(*, out: Path, cache: Path, ray: Path) -> dict[str, Check]:
    """The checks of this group.

    Args:
        out: Where the folders of runs go.
        cache: Where downloads go.
        ray: Where Ray has its sessions.
    """
    return {
        "memory": _memory_here,
        "shared memory": lambda: shared_memory(_SHARED),
        "runs": lambda: folder("runs", out, "another place: --out DIR"),
        "cache": lambda: folder("cache", cache, "another place: --data-cache DIR", needed=False),
        "Ray's folder": lambda: folder("Ray's folder", ray, "export RAY_TMPDIR=DIR"),
        "open files": lambda: open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    }


def memory(total: int, free: int, limit: int | None) -> Finding:
    """Whether a run has room in memory.

    Args:
        total: Bytes of the machine.
        free: Bytes that programs can still have.
        limit: Bytes that the container may have; None where nothing limits them.
    """
    text = f"{_gb(free)} free of {_gb(total)}"
    if limit is not None and limit < total:
        text += f"; the container may have {_gb(limit)}"
        free = min(free, limit)
    mend = "end other programs, or ask for fewer --workers"
    if free < _MEMORY_NEEDED:
        return fail("memory", f"{text}: too little to train", mend)
    if free < _MEMORY_WANTED:
        return warn("memory", f"{text}: a job reserves 1.5 GB (--memory-gb)", mend)
    return ok("memory", text)


def shared_memory(place: Path, measure: Measure = shutil.disk_usage) -> Finding:
    """Whether Ray's object store fits where processes share memory."""
    item = "shared memory"
    if not place.is_dir():
        return ok(item, f"no {place} on this system: Ray uses its folder")
    free = measure(place).free
    if free < _SHARED_WANTED:
        found = f"{_gb(free)} free in {place}: Ray's store goes to the disk, which is slower"
        return warn(item, found, f"mount -o remount,size=4g {place}; docker run --shm-size=4g")
    return ok(item, f"{_gb(free)} free in {place}")


def folder(
    item: str,
    place: Path,
    mend: str,
    *,
    needed: bool = True,
    measure: Measure = shutil.disk_usage,
) -> Finding:
    """Whether a folder can be written, which is really tried, and has room.

    A folder that is not there yet is not made: its nearest parent is looked at.

    Args:
        item: What the folder is called.
        place: The folder.
        mend: How to take another one.
        needed: Whether a training needs it.
        measure: Tells the room of a disk.
    """
    wrong = fail if needed else warn
    parent = next(each for each in (place, *place.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        return wrong(item, f"{place} cannot be written ({reason(error)})", mend)
    usage = measure(parent)
    text = f"{place} can be written; {_gb(usage.free)} free of {_gb(usage.total)}"
    if usage.free < _DISK_NEEDED:
        return wrong(item, f"{text}: the disk is full", f"free some of the disk, or {mend}")
    if usage.free < _DISK_WANTED:
        return warn(item, f"{text}: the disk is nearly full", f"free some of the disk, or {mend}")
    return ok(item, text)


def open_files(limit: int) -> Finding:
    """Whether a process may open enough files and connections for Ray."""
    if limit == resource.RLIM_INFINITY:
        return ok("open files", "without a limit")
    if limit < _FILES_WANTED:
        return warn("open files", f"at most {limit}: Ray needs more", "ulimit -n 65536")
    return ok("open files", f"up to {limit:,}")


def _memory_here() -> Finding:
    machine = psutil.virtual_memory()
    return memory(machine.total, machine.available, container.memory_limit())


def _gb(amount: int) -> str:
    return f"{amount / _GB:.1f} GB"
