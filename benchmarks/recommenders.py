"""Matrix factorization beside Surprise's SVD: rows/s, seconds to the end, RMSE on the same test.

And how long a trained model takes to answer, once it is loaded.

    python -m benchmarks.recommenders DATA_DIR [--repeats 5]

The ratings are MovieLens 1M, or the part of it that is there, split as `mf_movielens` does. Ours
trains with its defaults and keeps the epoch that is best on a twentieth set aside; Surprise's SVD
has its own defaults and all of the training ratings. One thread each.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import race
from benchmarks.race import RIVAL_PYTHON, RIVALS
from benchmarks.results import flags, section, table
from common.backend import prepare_deterministic
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmark."""
    parser = flags(__doc__)
    parser.add_argument("data_dir", type=Path, help="folder with ml-1m/ in it")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    prepare_deterministic(1, hide_gpus=True)
    answers: dict[str, list[float]] = {}
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    about = ""
    for seed in range(given.repeats):
        figures, ratings, about, answers = _ours(given.data_dir, seed)
        ours.append(figures)
        theirs.append(_surprise(ratings, seed))
        print(seed, ours[-1], theirs[-1], flush=True)
    ratios = [
        a["rows_per_second"] / b["rows_per_second"] for a, b in zip(ours, theirs, strict=True)
    ]
    rows = [
        [name, *(f"{statistics.median(f[key] for f in found):{form}}" for key, form in _COLUMNS)]
        for name, found in (("`mf_movielens`", ours), ("Surprise SVD", theirs))
    ]
    section(
        "recommenders",
        "Matrix factorization beside Surprise",
        f"{about} Rows are ratings times passes over them. Medians; ours makes "
        f"{statistics.median(ratios):.2f} times the rows/s (median of pairs). Ours has 64 factors "
        "and 20 passes in batches of 1,000, Surprise 100 factors and 20 passes of single ratings, "
        "in Cython.\n\n"
        + table(("", "rows/s", "seconds", "test RMSE"), rows)
        + f"\n\nAnswers after loading, the median of {_ASKED} and the slowest:\n\n"
        + table(
            ("`recommend`", "ms", "ms at most"),
            [[name, f"{np.median(ms):.1f}", f"{max(ms):.1f}"] for name, ms in answers.items()],
        ),
    )


_ASKED = 200  # of each kind of answer
_COLUMNS = (("rows_per_second", ",.0f"), ("seconds", ".1f"), ("rmse", ".4f"))


def _ours(
    data_dir: Path, seed: int
) -> tuple[dict[str, float], dict[str, Any], str, dict[str, list[float]]]:
    """Figures, the ratings of both parts, a sentence about them, and milliseconds of answers."""
    from launch.jobs.supervised.context import JobContext
    from supervised.recommenders import factorization, rated
    from supervised.recommenders.scoring import Held
    from supervised.recommenders.serving import Recommender
    from supervised.recommenders.table import Table

    base = catalog.get("mf_movielens").config
    assert isinstance(base, SupervisedConfig)
    config = replace(base, seed=seed, data=replace(base.data, data_dir=data_dir))
    job: Any = config.job
    context = JobContext(config, {}, lambda *_: None)
    data = rated.load(job.ratings, context)
    parts = rated.parts(data, job, context)
    began = time.perf_counter()
    model = factorization.learn(job, parts, context)
    seconds = time.perf_counter() - began
    table = Table.of(model)
    rmse = factorization.errors(Held.of(table, parts, job.k, parts.examples(parts.test)))["rmse"]
    figures = {
        "seconds": seconds,
        "rows_per_second": job.fit.epochs * len(parts.train) / seconds,
        "rmse": rmse,
    }
    rest = np.concatenate([parts.train, parts.validation])
    columns = np.column_stack([data.users, data.movies, data.ratings])
    about = f"{len(data):,} ratings ({data.kind}), a quarter for the test."
    ratings = {"train": columns[rest], "test": columns[parts.test]}
    return figures, ratings, about, _answers(Recommender.of(table, parts, job))


def _answers(recommender: Any) -> dict[str, list[float]]:
    """Milliseconds of each answer, by what is asked."""
    rng = np.random.default_rng(0)
    people = rng.choice(recommender.table.people, (_ASKED, 2))
    films = rng.choice(recommender.table.films, _ASKED)
    asked = {
        "`--user U --k 10`": lambda user, other, film: recommender.top(user, 10),
        "`--similar-to M`": lambda user, other, film: recommender.similar(str(film), 10),
        "`--rate U M`": lambda user, other, film: recommender.rate(user, str(film)),
        "`--users U,V`": lambda user, other, film: recommender.alike(user, other),
    }
    found: dict[str, list[float]] = {name: [] for name in asked}
    for name, ask in asked.items():
        for (user, other), film in zip(people.tolist(), films.tolist(), strict=True):
            began = time.perf_counter()
            ask(user, other, film)
            found[name].append(1e3 * (time.perf_counter() - began))
    return found


def _surprise(ratings: dict[str, Any], seed: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.npz"
        np.savez(path, **ratings)
        script = str(RIVALS / "surprise_svd.py")
        return race.run(RIVAL_PYTHON, script, str(path), "--seed", str(seed))


if __name__ == "__main__":
    main(sys.argv[1:])
