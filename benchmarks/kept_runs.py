"""What the runs of a table came to, kept in the repository, so that a table can grow.

A file below `benchmarks/kept/` has of each run its settings, its results and its evaluations: what
the tables are made of. The weights are not kept; whoever doubts a row makes its run again
(`--verify`), and the fingerprints have to be equal.
"""

import fcntl
import json
import lzma
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.results import HERE
from common.errors import UsageError
from launch.run_folder.files import replacing
from launch.run_folder.metrics import read_metrics
from launch.run_folder.names import CONFIG, METRICS, RESULT

KEPT = HERE / "kept"
COST = "cost.json"
"""The file in a run's folder that says what it cost."""


def unpack(name: str, runs: Path) -> None:
    """Writes the runs that are kept into their folders, unless there is a folder already.

    Args:
        name: Of the table.
        runs: The folder of its runs.
    """
    for entry in entries(name):
        place = runs / entry["place"]
        if not place.exists():
            for file, content in entry["files"].items():
                path = place / file if place.suffix != ".json" else place
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)


def pack(name: str, runs: Path, places: Iterable[Path]) -> None:
    """Keeps runs in place of what was kept of them before.

    Args:
        name: Of the table.
        runs: The folder of its runs.
        places: Folders of finished runs in it, or the files of other libraries' results.
    """
    with _alone(runs):
        kept = {entry["place"]: entry for entry in entries(name)}
        for place in places:
            entry = {"place": str(place.relative_to(runs)), "files": _files(place)}
            kept[entry["place"]] = entry
        lines = [json.dumps(kept[place]) + "\n" for place in sorted(kept)]
        KEPT.mkdir(exist_ok=True)
        with replacing(_file(name)) as unfinished:
            unfinished.write_bytes(lzma.compress("".join(lines).encode(), preset=9))


def fingerprint(name: str, runs: Path, place: Path) -> str | None:
    """The fingerprint that is kept of a run; None where nothing is."""
    for entry in entries(name):
        if runs / entry["place"] == place:
            return json.loads(entry["files"][RESULT])["fingerprint"]
    return None


@contextmanager
def _alone(runs: Path) -> Iterator[None]:
    """Waits until no other run or command of the table reads and replaces what is kept."""
    with (runs / ".keeping").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _file(name: str) -> Path:
    return KEPT / f"{name}.jsonl.xz"


def entries(name: str) -> list[dict[str, Any]]:
    """What is kept of a table: each run's place, and its files."""
    path = _file(name)
    if not path.exists():
        return []
    return [json.loads(line) for line in lzma.decompress(path.read_bytes()).splitlines()]


def _files(place: Path) -> Mapping[str, str]:
    """What is kept of a run, by the names of the files."""
    if place.suffix == ".json":
        return {place.name: place.read_text()}
    files = {name: (place / name).read_text() for name in (CONFIG, RESULT)}
    if (place / COST).exists():
        files[COST] = (place / COST).read_text()
    try:
        files[METRICS] = "".join(json.dumps(record) + "\n" for record in _evaluations(place))
    except UsageError as error:
        raise SystemExit(f"error: {error}") from None
    return files


def _evaluations(place: Path) -> Iterator[Mapping[str, Any]]:
    """The evaluations of a run, each after the seconds of training until it."""
    seconds: Mapping[str, Any] | None = None
    for record in read_metrics(place):
        if record["kind"] == "iteration":
            names = ("kind", "env_steps", "training_seconds")
            seconds = {name: record[name] for name in names}
        elif record["kind"] == "evaluation":
            if seconds is not None:
                yield seconds
            yield record
