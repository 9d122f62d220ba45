"""Limits that a container, or systemd, sets to this process: control groups of Linux."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60  # version 1 says a number near 2**63


def cpu_quota(root: Path = ROOT) -> float | None:
    """CPUs that the process may use at a time; None where nothing limits them."""
    for text in _texts(root, "cpu.max"):
        quota, period = text.split()
        if quota != "max":
            return int(quota) / int(period)
    quotas = list(_texts(root / "cpu", "cpu.cfs_quota_us"))
    periods = list(_texts(root / "cpu", "cpu.cfs_period_us"))
    if quotas and periods and int(quotas[0]) > 0:
        return int(quotas[0]) / int(periods[0])
    return None


def memory_limit(root: Path = ROOT) -> int | None:
    """Bytes of memory that the process may have; None where nothing limits them."""
    limits = [*_texts(root, "memory.max"), *_texts(root / "memory", "memory.limit_in_bytes")]
    found = [int(text) for text in limits if text != "max" and int(text) < _NO_LIMIT]
    return min(found, default=None)


def memory_left(root: Path = ROOT) -> int | None:
    """Bytes of memory that the process can still have; None where nothing limits them.

    Files that are only read count as used there, and make room where it is needed.
    """
    limit = memory_limit(root)
    used = [*_texts(root, "memory.current"), *_texts(root / "memory", "memory.usage_in_bytes")]
    if limit is None or not used:
        return limit
    told = [*_texts(root, "memory.stat"), *_texts(root / "memory", "memory.stat")]
    stat = dict(line.split() for line in told[0].splitlines()) if told else {}
    files = int(stat.get("inactive_file", 0))
    return max(0, limit - int(used[0]) + files)


def _texts(root: Path, name: str) -> Iterator[str]:
    """A file of the process's own group, then of the outermost group that it can see."""
    for folder in dict.fromkeys([root / _own_group(), root]):
        try:
            yield (folder / name).read_text().strip()
        except OSError:
            continue


def _own_group() -> str:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ""
    return next((line[4:] for line in lines if line.startswith("0::/")), "")
