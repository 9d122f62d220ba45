"""What ratings on disk cost, by how many there are: seconds and the most memory of a whole run.

    python -m benchmarks.streaming [--millions 2 5 10 20] [--factors 32]

Files of generated ratings, `USER::MOVIE::RATING::TIME`, of as many people and films whatever their
length; for each, `mf_movielens_20m` reads it, learns from it for one epoch and scores its test, in
a process of its own with one thread.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import flags, section, table

_PEOPLE, _FILMS = 100_000, 20_000
_CHUNK = 1_000_000


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    parser = flags(__doc__)
    parser.add_argument("--millions", type=int, nargs="+", default=[2, 5, 10, 20])
    parser.add_argument("--factors", type=int, default=32)
    given = parser.parse_args(arguments)
    rows = []
    for millions in given.millions:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ml-20m" / "ratings.dat"
            path.parent.mkdir()
            write(path, millions, np.random.default_rng(0))
            result = _run(Path(folder), given.factors)
            size = path.stat().st_size / 1e6
        seconds, memory = result["wall_seconds"], result["peak_memory_mb"]
        rows.append(
            [
                f"{millions}",
                f"{size:,.0f}",
                f"{seconds:.0f}",
                f"{seconds / millions:.1f}",
                f"{memory:,.0f}",
                f"{result['metrics']['rmse']:.4f}",
                f"{result['metrics']['mean_rmse']:.4f}",
            ]
        )
        print(rows[-1], flush=True)
    section(
        "streaming",
        "Ratings that stay on disk",
        f"Generated ratings of {_FILMS:,} films by {_PEOPLE:,} people; one epoch with "
        f"{given.factors} factors in batches of 4,000, reading and scoring with it.\n\n"
        + table(
            ("million ratings", "MB of text", "s", "s a million", "MB at most", "RMSE", "mean's"),
            rows,
        ),
    )


def write(path: Path, millions: int, rng: np.random.Generator) -> None:
    """A file of ratings by tastes of four kinds, in the order of people."""
    tastes, kinds = rng.normal(0, 0.5, (_PEOPLE, 4)), rng.normal(0, 0.5, (_FILMS, 4))
    of_films = rng.normal(0, 0.4, _FILMS)
    known = np.cumsum(1 / np.arange(20, _FILMS + 20))
    with path.open("w") as file:
        for chunk in range(millions):
            low, high = (_PEOPLE * (chunk + i) // millions for i in range(2))
            user = np.sort(rng.integers(low, high, _CHUNK))
            movie = np.searchsorted(known, rng.random(_CHUNK) * known[-1])
            score = 3.5 + of_films[movie] + (tastes[user] * kinds[movie]).sum(axis=1)
            rating = (score + rng.normal(0, 0.7, _CHUNK)).round().clip(1, 5).astype(int)
            lines = zip((user + 1).tolist(), (movie + 1).tolist(), rating.tolist(), strict=True)
            file.writelines(f"{u}::{m}::{r}::978300760\n" for u, m, r in lines)


def _run(data_dir: Path, factors: int) -> dict[str, Any]:
    folder = data_dir / "run"
    flags = ["--factors", str(factors), "--fit.epochs", "1", "--run-dir", str(folder)]
    command = [sys.executable, "-m", "launch", "mf_movielens_20m", "--local", *flags]
    subprocess.run(
        [*command, "--data-dir", str(data_dir), "--data-cache", str(data_dir)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return json.loads((folder / "result.json").read_text())


if __name__ == "__main__":
    main(sys.argv[1:])
