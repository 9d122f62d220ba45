"""MovieLens: ratings of films by people, a million or a hundred thousand (Harper, Konstan 2015)."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import film_files, finding
from supervised.datasets.source import File, Info, Loaded, RemoteFile

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
            subsets=("ratings_users_1-2999.dat", "ratings.csv", "u.data"),
        ),
    ),
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
            subsets=("ratings.csv", "ratings.dat"),
        ),
    ),
    folders=("ml-latest-small", "ml-latest"),
    how="download https://files.grouplens.org/datasets/movielens/ml-100k.zip",
)

_SIZES = {ML_1M.name: 1_000_209, ML_100K.name: 100_000}

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Movielens(Loaded):
    """Ratings, and what is known of films and people.

    Attributes:
        kind: `real` with 1,000,209 or 100,000 ratings, others are a sample; 20,000 of 200 films by
            400 people where synthetic.
        users: [N] int32, places in `people`.
        movies: [N] int32, places in `films`.
        ratings: [N] float32, 0.5 to 5.
        times: [N] int64, seconds since 1970.
        people: [U] rows, in order of `user`, the published number; `gender`, `age`, `occupation`.
        films: [I] rows, in order of `movie`, the published number; `title`, `genres` apart by |.
            All that are listed, rated or not.
    """

    users: Numbers
    movies: Numbers
    ratings: npt.NDArray[np.float32]
    times: npt.NDArray[np.int64]
    people: pd.DataFrame
    films: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ratings)


def read(name: str, path: File) -> Movielens:
    """Reads a set in any layout of MovieLens, from its archive, or from its files side by side.

    Args:
        name: The set that it stands for: `ml-1m` or `ml-100k`.
        path: The archive or the file of ratings.

    Raises:
        DataError: A file cannot be read, or has another format.
    """
    found, films, people = film_files.read(path)
    real = len(found.values) == _SIZES[name] and not found.note
    size = f"{len(found.values):,} ratings, where {_SIZES[name]:,} are published"
    return Movielens(
        name=name,
        kind="real" if real else "sample",
        note="" if real else "; ".join(filter(None, [found.note, size])),
        users=np.searchsorted(people["user"], found.users).astype(np.int32),
        movies=np.searchsorted(films["movie"], found.movies).astype(np.int32),
        ratings=found.values,
        times=found.times,
        people=people,
        films=films,
    )


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
    numbers = np.arange(1, movies + 1)
    titles = [f"Film {number} ({1930 + number % 70})" for number in numbers]
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
        films=pd.DataFrame({"movie": numbers, "title": titles, "genres": genres}),
    )


load_1m, load_100k = (
    finding.loader(
        info, read=partial(read, info.name), synthetic=partial(synthetic, name=info.name)
    )
    for info in (ML_1M, ML_100K)
)
