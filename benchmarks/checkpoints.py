"""What a checkpoint costs, and which way of writing the replay is worth having.

Three ways of writing the same replay of a million transitions, in turn, a minute of new rows apart:

- columns: ours, every column whole, one checksum over the file, synced and renamed;
- compressed: the same through zlib;
- incremental: blocks of 1 MB named by their checksum, so that only blocks that changed are written.
  Checkpoints then share blocks: one damaged block takes all of them with it.

    python -m benchmarks.checkpoints
"""

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.replay import ReplayBuffer
from agents.transitions import Transitions
from launch import checkpoints
from launch.checkpoints import Origin

_CAPACITY = 1_000_000
_REPEATS = 7
_BLOCK = 1 << 20  # bytes
_ORIGIN = Origin(run={}, versions={})
_TASKS = {
    # observation size, and environment steps that a run makes in a minute here
    "CartPole, 10,000 env steps/s": (4, 600_000),
    "LunarLander, 2,000 env steps/s": (8, 120_000),
}


def main() -> None:
    console = Console()
    for name, (size, per_minute) in _TASKS.items():
        console.print(_table(name, size, per_minute))


def _table(name: str, size: int, per_minute: int) -> Table:
    buffer = ReplayBuffer(_CAPACITY, np.random.default_rng(0))
    buffer.add(_transitions(_CAPACITY, size))
    total = sum(column.nbytes for column in buffer.get_state()["columns"].values())
    table = Table(title=f"{name}: replay of {_CAPACITY:,} transitions, {total / 1e6:.0f} MB")
    table.add_column("way")
    for column in ("median s", "min", "max", "MB written", "of a minute", "read s"):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory(dir=os.getcwd()) as place:
        ways = {"columns": _columns, "compressed": _compressed, "incremental": _incremental}
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        written: dict[str, list[int]] = {way: [] for way in ways}
        for way in ways:
            (Path(place) / way).mkdir()
        for repeat in range(_REPEATS):
            state = buffer.get_state()
            for way, write in ways.items():
                began = time.perf_counter()
                size_written = write(Path(place) / way, repeat, state)
                seconds[way].append(time.perf_counter() - began)
                written[way].append(size_written)
            buffer.add(_transitions(per_minute, size))
        began = time.perf_counter()
        checkpoints.load_newest(Path(place) / "columns", _ORIGIN)
        read = f"{time.perf_counter() - began:.2f}"
    for way in ways:
        median = statistics.median(seconds[way][1:])  # the first one finds nothing to build on
        figures = (median, min(seconds[way][1:]), max(seconds[way][1:]))
        table.add_row(
            *(way, *(f"{value:.2f}" for value in figures)),
            f"{statistics.median(written[way][1:]) / 1e6:.0f}",
            f"{median / 60:.2%}",
            read if way == "columns" else "",
        )
    return table


def _transitions(count: int, size: int) -> Transitions:
    rng = np.random.default_rng(count)
    return Transitions(
        s_tm1=rng.normal(size=(count, size)).astype(np.float32),
        a_tm1=rng.integers(0, 4, count).astype(np.int32),
        r_t=rng.normal(size=count).astype(np.float32),
        discount_t=np.full(count, 0.99, np.float32),
        s_t=rng.normal(size=(count, size)).astype(np.float32),
    )


def _columns(folder: Path, repeat: int, state: dict) -> int:
    path = checkpoints.save(folder, repeat, {"replay": state}, keep=2, origin=_ORIGIN)
    return sum(file.stat().st_size for file in path.iterdir())


def _compressed(folder: Path, repeat: int, state: dict) -> int:
    return _synced(folder / str(repeat), lambda file: np.savez_compressed(file, **state["columns"]))


def _incremental(folder: Path, repeat: int, state: dict) -> int:
    written = 0
    names = []
    for column in state["columns"].values():
        view = memoryview(np.ascontiguousarray(column)).cast("B")
        for start in range(0, len(view), _BLOCK):
            block = view[start : start + _BLOCK]
            name = hashlib.sha256(block).hexdigest()
            names.append(name)
            if not (folder / name).exists():
                written += _synced(folder / name, lambda file, block=block: file.write(block))
    return written + _synced(
        folder / f"manifest-{repeat}", lambda file: file.write("\n".join(names).encode())
    )


def _synced(path: Path, write: Callable[..., object]) -> int:
    with open(path, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    return path.stat().st_size


if __name__ == "__main__":
    main()
