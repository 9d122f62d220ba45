"""What a checkpoint costs, and which way of writing the replay is worth having.

Three ways of writing the same replay of a million transitions, in turn, a minute of new rows apart:

- columns: ours, every column whole, one checksum over the file, synced and renamed;
- compressed: the same through zlib;
- incremental: blocks of 1 MB named by their checksum, so that only blocks that changed are written.
  Those of the observations, which begin with the oldest, all do. Checkpoints then share blocks: one
  damaged block takes all of them with it.

    python -m benchmarks.checkpoints
"""

import hashlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from agents.replay.replay import Replay
from benchmarks.results import flags, temporary_folder
from benchmarks.running import arrays, random_episodes, replay
from launch.run_folder import checkpoints
from launch.run_folder.checkpoints import Origin

_CAPACITY = 1_000_000
_REPEATS = 7
_NUM_ENVS = 64
_BLOCK = 1 << 20  # bytes
_ORIGIN = Origin(run={}, versions={})
_TASKS = {
    # observation size, and environment steps that a run makes in a minute here
    "CartPole, 10,000 env steps/s": (4, 600_000),
    "LunarLander, 2,000 env steps/s": (8, 120_000),
}


def main(arguments: Sequence[str]) -> None:
    """Prints a table for each task."""
    flags(__doc__).parse_args(arguments)
    console = Console()
    for name, (size, per_minute) in _TASKS.items():
        console.print(_table(name, size, per_minute))


def _table(name: str, size: int, per_minute: int) -> Table:
    rows = replay(_CAPACITY)
    _fill(rows, _CAPACITY, size, seed=_REPEATS)
    total = sum(array.nbytes for array in arrays(rows.get_state()))
    table = Table(title=f"{name}: replay of {_CAPACITY:,} transitions, {total / 1e6:.0f} MB")
    table.add_column("way")
    for column in ("median s", "min", "max", "MB written", "of a minute", "read s"):
        table.add_column(column, justify="right")
    with temporary_folder() as place:
        ways = {"columns": _columns, "compressed": _compressed, "incremental": _incremental}
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        written: dict[str, list[int]] = {way: [] for way in ways}
        for way in ways:
            (Path(place) / way).mkdir()
        for repeat in range(_REPEATS):
            state = rows.get_state()
            for way, write in ways.items():
                began = time.perf_counter()
                size_written = write(Path(place) / way, repeat, state)
                seconds[way].append(time.perf_counter() - began)
                written[way].append(size_written)
            _fill(rows, per_minute, size, seed=repeat)
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


def _fill(rows: Replay, count: int, size: int, seed: int) -> None:
    """Adds so many transitions."""
    for rollout in random_episodes((size,), count, _NUM_ENVS, length=200, seed=seed):
        rows.add(rollout)


def _columns(folder: Path, repeat: int, state: dict) -> int:
    path = checkpoints.save(folder, repeat, {"replay": state}, keep=2, origin=_ORIGIN)
    return sum(file.stat().st_size for file in path.iterdir())


def _compressed(folder: Path, repeat: int, state: dict) -> int:
    return _synced(folder / str(repeat), lambda file: np.savez_compressed(file, *arrays(state)))


def _incremental(folder: Path, repeat: int, state: dict) -> int:
    written = 0
    names = []
    for array in arrays(state):
        view = memoryview(array.reshape(-1).view(np.uint8))  # its bytes
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
    main(sys.argv[1:])
