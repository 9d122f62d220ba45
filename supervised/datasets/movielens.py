"""MovieLens: ratings of films by people, a million or a hundred thousand (Harper, Konstan 2015)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import archives, finding, ratings
from supervised.datasets.source import (
    DataError,
    DataKind,
    Info,
    RemoteFile,
    Source,
    read_bytes,
)

LICENCE = "GroupLens: research, no commerce, no redistribution"

ML_1M = Info(
    name="ml-1m",
    title="MovieLens 1M: 1,000,209 film ratings, 3,883 films, 6,040 people, 2000",
    source="https://grouplens.org/datasets/movielens/1m/",
    licence=LICENCE,
    size="6 MB packed, 25 MB",
    files=(
        RemoteFile(
            name="ml-1m.zip",
            urls=("https://files.grouplens.org/datasets/movielens/ml-1m.zip",),
            alternatives=("ratings.dat",),
            subsets=("ratings_users_1-2999.dat",),
        ),
    ),
    sample=None,
    how="download https://files.grouplens.org/datasets/movielens/ml-1m.zip",
)
ML_100K = Info(
    name="ml-100k",
    title="MovieLens 100K: 100,000 film ratings, 1,682 films, 943 people, 1998",
    source="https://grouplens.org/datasets/movielens/100k/",
    licence=LICENCE,
    size="5 MB packed, 16 MB",
    files=(
        RemoteFile(
            name="ml-100k.zip",
            urls=("https://files.grouplens.org/datasets/movielens/ml-100k.zip",),
            alternatives=("u.data",),
        ),
    ),
    sample=None,
    how="download https://files.grouplens.org/datasets/movielens/ml-100k.zip",
)

GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
"""The genres of MovieLens 100K, in the order of u.item's columns."""


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """The format of a set's files.

    Attributes:
        size: Number of published ratings.
        files: Names of the files of ratings, films and people.
        separator: Between the fields of films and of people.
        film_fields: Number of fields of a film.
        gender: Place of the gender among a person's five fields.
        age: Place of the age among a person's five fields.
    """

    size: int
    files: tuple[str, str, str]
    separator: str
    film_fields: int
    gender: int
    age: int


_LAYOUTS = {
    "ml-1m": _Layout(
        size=1_000_209,
        files=("ratings.dat", "movies.dat", "users.dat"),
        separator="::",
        film_fields=3,
        gender=1,
        age=2,
    ),
    "ml-100k": _Layout(
        size=100_000,
        files=("u.data", "u.item", "u.user"),
        separator="|",
        film_fields=5 + len(GENRES_100K),
        gender=2,
        age=1,
    ),
}

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Movielens:
    """Ratings, and what is known of films and people.

    Attributes:
        name: Name of the set.
        kind: `real` with 1,000,209 or 100,000 ratings, others are a sample; 20,000 of 200 films by
            400 people where synthetic.
        note: What was left out, or "".
        users: [N] int32, places in `people`.
        movies: [N] int32, places in `films`.
        ratings: [N] float32, 1 to 5.
        times: [N] int64, seconds since 1970.
        people: [U] rows, in order of `user`, the published number; `gender`, `age`, `occupation`.
        films: [I] rows, in order of `movie`, the published number; `title`, `genres` apart by |.
            All that are listed, rated or not.
    """

    name: str
    kind: DataKind
    note: str = ""
    users: Numbers
    movies: Numbers
    ratings: npt.NDArray[np.float32]
    times: npt.NDArray[np.int64]
    people: pd.DataFrame
    films: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ratings)


def load_1m(source: Source, *, seed: int = 0) -> Movielens:
    """Loads MovieLens 1M as the source wants it; `seed` is that of the generated ratings.

    Raises:
        DataError: It is missing, or a file is not what was published.
    """
    return _load(ML_1M, source, seed)


def load_100k(source: Source, *, seed: int = 0) -> Movielens:
    """Loads MovieLens 100K as the source wants it; `seed` is that of the generated ratings."""
    return _load(ML_100K, source, seed)


def _load(info: Info, source: Source, seed: int) -> Movielens:
    return finding.load(
        info,
        source,
        read=lambda paths: read(info.name, *paths),
        synthetic=lambda: synthetic(np.random.default_rng(seed), name=info.name),
    )


def read(name: str, path: Path) -> Movielens:
    """Reads `ml-1m` or `ml-100k` from its archive, or from its files side by side.

    Raises:
        DataError: A file cannot be read, or has another format.
    """
    layout = _LAYOUTS[name]
    rated, about_films, about_people = _contents(layout, path)
    found = ratings.parse(rated, str(path))
    films = _with_missing(_films(about_films, path, layout), "movie", found.movies)
    people = _with_missing(_people(about_people, path, layout), "user", found.users)
    return Movielens(
        name=name,
        kind="real" if len(found.values) == layout.size and not found.note else "sample",
        note=found.note,
        users=np.searchsorted(people["user"], found.users).astype(np.int32),
        movies=np.searchsorted(films["movie"], found.movies).astype(np.int32),
        ratings=found.values,
        times=found.times,
        people=people,
        films=films,
    )


def _contents(layout: _Layout, path: Path) -> tuple[bytes, str, str]:
    """The contents of the three files, from the archive or from files side by side."""
    wanted = layout.files
    if path.suffix == ".zip":
        members = archives.files(path, lambda member: PurePosixPath(member).name in wanted)
        found = {PurePosixPath(member).name: contents for member, contents in members}
        missing = [file for file in wanted if file not in found]
        if missing:
            raise DataError(f"{path}: has no {missing[0]}")
        rated, films, people = (found[file] for file in wanted)
    else:
        beside = (
            next(
                (f for f in (path.parent / o, path.parent / f"{o}.gz") if f.exists()),
                path.parent / o,
            )
            for o in wanted[1:]
        )
        rated, films, people = read_bytes(path), *(read_bytes(file) for file in beside)
    return rated, films.decode("latin-1"), people.decode("latin-1")


def _films(text: str, path: Path, layout: _Layout) -> pd.DataFrame:
    rows = _rows(text, layout, layout.film_fields, f"{path}: {layout.files[1]}")
    return _frame(
        {"movie": [int(r[0]) for r in rows], "title": [r[1] for r in rows]}
        | {"genres": [_genres(row) for row in rows]},
        "movie",
    )


def _genres(film: list[str]) -> str:
    """Names of genres with | between them, as in MovieLens 1M; 100K has a flag for each genre."""
    if len(film) == 3:
        return film[2]
    flags = zip(GENRES_100K, film[-len(GENRES_100K) :], strict=True)
    return "|".join(genre for genre, flag in flags if flag == "1")


def _people(text: str, path: Path, layout: _Layout) -> pd.DataFrame:
    rows = _rows(text, layout, 5, f"{path}: {layout.files[2]}", (0, layout.age))
    return _frame(
        {"user": [int(r[0]) for r in rows], "gender": [r[layout.gender] for r in rows]}
        | {"age": [int(r[layout.age]) for r in rows], "occupation": [r[3] for r in rows]},
        "user",
    )


def _rows(
    text: str, layout: _Layout, count: int, where: str, numbers: Sequence[int] = (0,)
) -> list[list[str]]:
    """The fields of each line; those in the places `numbers` must be whole numbers."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split(layout.separator)
        if len(fields) != count or not all(fields[i].isdecimal() for i in numbers):
            raise DataError(
                f"{where}: line {number} is {line[:40]!r}, expected {count} fields apart by "
                f"{layout.separator}, numbers where there should be"
            )
        found.append(fields)
    return found


def _frame(columns: dict[str, list], key: str) -> pd.DataFrame:
    return pd.DataFrame(columns).sort_values(key, ignore_index=True)


def _with_missing(frame: pd.DataFrame, key: str, rated: npt.NDArray[np.int64]) -> pd.DataFrame:
    """The rows, and an empty row for each number that occurs in ratings only."""
    unknown = np.setdiff1d(rated, frame[key])
    if not len(unknown):
        return frame
    words = {"title": [f"film {number}" for number in unknown], "genres": ""}
    words |= {"gender": "", "age": 0, "occupation": ""}
    rest = pd.DataFrame({key: unknown, **{k: v for k, v in words.items() if k in frame}})
    return pd.concat([frame, rest]).sort_values(key, ignore_index=True)


def synthetic(
    rng: np.random.Generator,
    *,
    name: str = "ml-1m",
    users: int = 400,
    movies: int = 200,
    count: int = 20_000,
) -> Movielens:
    """Generates ratings from three tastes of people and films; few films get most of the ratings.

    Nobody rates a film twice. A rating is the sum of the mean, a bias of the person, one of the
    film, the product of their tastes, and noise, rounded to 1 to 5.

    Args:
        rng: Draws everything.
        name: Name of the set.
        users: Number of people.
        movies: Number of films.
        count: Number of ratings.
    """
    known = 1 / np.arange(4, movies + 4)
    pairs = rng.choice(
        users * movies, count, replace=False, p=np.tile(known / known.sum() / users, users)
    )
    user, movie = np.divmod(pairs, movies)
    tastes, kinds = rng.normal(0, 0.6, (users, 3)), rng.normal(0, 0.6, (movies, 3))
    score = 3.6 + rng.normal(0, 0.4, users)[user] + rng.normal(0, 0.5, movies)[movie]
    score = score + (tastes[user] * kinds[movie]).sum(axis=1) + rng.normal(0, 0.6, count)
    genres = np.array(["Drama", "Comedy", "War"])[kinds.argmax(axis=1)]
    return Movielens(
        name=name,
        kind="synthetic",
        users=user.astype(np.int32),
        movies=movie.astype(np.int32),
        ratings=score.round().clip(1, 5).astype(np.float32),
        times=978_300_000 + rng.integers(0, 10**7, count),
        people=pd.DataFrame(
            {
                "user": np.arange(1, users + 1),
                "gender": rng.choice(["F", "M"], users),
                "age": rng.choice([1, 18, 25, 35, 45, 50, 56], users),
                "occupation": rng.integers(0, 21, users).astype(str),
            }
        ),
        films=pd.DataFrame(
            {
                "movie": np.arange(1, movies + 1),
                "title": _titles(movies),
                "genres": genres,
            }
        ),
    )


def _titles(count: int) -> Sequence[str]:
    return [f"Film {number} ({1930 + number % 70})" for number in range(1, count + 1)]
