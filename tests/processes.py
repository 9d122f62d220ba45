"""Runs as processes of their own, and what the process table says of them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
"""127.0.0.1, the same inside IPv6, and ::1, as /proc/net spells them."""


def spawn(*arguments: str, **options) -> subprocess.Popen[str]:
    """Starts `python -m launch`, with its output piped unless `options` say otherwise."""
    environment = {**os.environ, "TERM": "dumb", **options.pop("env", {})}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    command = [sys.executable, "-m", "launch", *arguments]
    return subprocess.Popen(command, text=True, env=environment, **{**pipes, **options})


@contextmanager
def cluster(*arguments: str) -> Iterator[dict]:
    """A cluster on loopback; what stands at its end must be gone after it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.cluster", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield {"pid": process.pid, **json.loads(process.stdout.readline())}
    finally:
        process.stdin.close()
        process.wait(60)


def count_records(folder: Path) -> int:
    """Records that a run has written so far."""
    try:
        return (folder / "metrics.jsonl").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def wait_for_records(
    folder: Path, count: int, process: subprocess.Popen[str] | None = None
) -> None:
    """Returns once a run has written so many records."""
    end = time.monotonic() + 240
    while count_records(folder) < count:
        assert time.monotonic() < end, "the run did not get there"
        assert process is None or process.poll() is None, "the run has ended"
        time.sleep(0.005)


def table() -> dict[int, tuple[int, str]]:
    """Parent and state of every process, by process id."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(stat.parent.name)] = (int(fields[1]), fields[0])
    return found


def descendants(pid: int) -> list[int]:
    """Processes below a process."""
    children: dict[int, list[int]] = {}
    for child, (parent, _) in table().items():
        children.setdefault(parent, []).append(child)
    found, left = [], [pid]
    while left:
        left = [child for parent in left for child in children.get(parent, [])]
        found += left
    return found


def named(pids: Sequence[int], name: str) -> list[int]:
    """Those of the processes whose command line holds a name, such as `ray::RolloutWorker`."""
    found = []
    for pid in pids:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if name in command:
            found.append(pid)
    return found


def all_gone(pids: Sequence[int], seconds: float = 20.0) -> bool:
    """Whether the processes end within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        alive = {pid for pid, (_, state) in table().items() if state != "Z"}
        if not alive & set(pids):
            return True
        time.sleep(0.1)
    return False


def listening(pids: Sequence[int]) -> list[str]:
    """Local addresses, as /proc/net spells them, that the processes listen at."""
    sockets = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = os.readlink(descriptor)
            except OSError:
                continue
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
    found = []
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in sockets:
                found.append(columns[1].rpartition(":")[0])
    return found
