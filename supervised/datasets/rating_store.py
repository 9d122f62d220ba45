"""Ratings that are too many for the memory: they are on disk and read in blocks (MovieLens 20M)."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from common.text import reason
from supervised.datasets import finding, movielens, ratings
from supervised.datasets.source import (
    DataError,
    DataKind,
    File,
    Info,
    Loaded,
    RemoteFile,
    Source,
    read_blocks,
)

ML_20M = Info(
    name="ml-20m",
    title="MovieLens 20M: 20,000,263 film ratings, 26,744 films, 138,493 people, 1995 to 2015",
    source="https://grouplens.org/datasets/movielens/20m/",
    licence=movielens.LICENCE,
    size="199 MB packed, 533 MB",
    files=(
        RemoteFile(
            name="ratings.csv",
            urls=("https://files.grouplens.org/datasets/movielens/ml-20m.zip",),
            members=("ml-20m/ratings.csv",),
            alternatives=("ratings.dat",),
        ),
    ),
    folders=("ml-25m", "ml-32m", "ml-latest", "ml-10M100K", "ml-latest-small"),
    how="unpack ratings.csv from https://files.grouplens.org/datasets/movielens/ml-20m.zip",
)

BLOCK = 250_000  # ratings in memory at once

_SIZE = 20_000_263
_ROW = np.dtype([("user", np.int32), ("movie", np.int32), ("rating", np.float32)])
_MOST = 2**31  # of a published number


@dataclass(frozen=True, kw_only=True)
class RatingStore(Loaded):
    """Ratings in the order of their file, in a temporary file that vanishes with this object.

    Attributes:
        kind: `real` with 20,000,263 ratings, others are a sample; 20,000 where synthetic.
        people: [U] published numbers of all who rated, ascending.
        films: [I] published numbers of all films that were rated, ascending.
    """

    name: str = ML_20M.name
    people: npt.NDArray[np.int64]
    films: npt.NDArray[np.int64]
    count: int
    file: IO[bytes] = field(repr=False)

    def __len__(self) -> int:
        return self.count

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.count // BLOCK)

    def block(self, number: int) -> Any:
        """Rows [n] of `user` and `movie`, places in `people` and `films`, and `rating`."""
        return _read(self.file, number, self.count)


def load(source: Source, *, seed: int = 0) -> RatingStore:
    """Loads MovieLens 20M as the source wants it; `seed` is that of the generated ratings.

    Raises:
        DataError: It is missing, a file is not what was published, or the disk is full.
    """
    return finding.loader(
        ML_20M,
        read=lambda path: store(path, source.cache),
        synthetic=lambda rng: _synthetic(source, rng),
    )(source, seed=seed)


def store(path: File, folder: Path) -> RatingStore:
    """Reads a file of ratings of any length.

    Of a pair that comes twice the last rating counts, if both are in one block of the file.

    Args:
        path: A file with the lines that `ratings.parse` takes.
        folder: A folder with room for 12 bytes of each rating.

    Raises:
        DataError: The file cannot be read, or has no ratings; or the folder has no room.
    """
    found = _Writer(folder, str(path))
    notes: dict[str, int] = {}
    for number, block in enumerate(read_blocks(path), 1):
        part = ratings.parse(block, f"{path}: block {number}")
        found.add(part.users, part.movies, part.values)
        if part.note:
            notes[part.note] = notes.get(part.note, 0) + 1
    if not found.count:
        raise DataError(f"{path}: has no ratings")
    said = [note if n == 1 else f"{note} ({n} times)" for note, n in notes.items()]
    if found.count != _SIZE:
        said.append(f"{found.count:,} ratings, where {_SIZE:,} are published")
    kind: DataKind = "real" if found.count == _SIZE else "sample"
    return found.finished(kind, "; ".join(said))


def _synthetic(source: Source, rng: np.random.Generator) -> RatingStore:
    data = movielens.synthetic(rng, name="ml-20m")
    found = _Writer(source.cache, data.name)
    found.add(
        data.people["user"].to_numpy(np.int64)[data.users],
        data.films["movie"].to_numpy(np.int64)[data.movies],
        data.ratings,
    )
    return found.finished("synthetic")


class _Writer:
    """Writes ratings with published numbers, and replaces the numbers by places at the end."""

    def __init__(self, folder: Path, of: str):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)
        except OSError as error:
            raise DataError(f"{folder}: cannot be written ({reason(error)})") from None
        self._folder, self._of = folder, of
        self.count = 0
        self._people, self._films = np.array([], np.int64), np.array([], np.int64)

    def add(
        self,
        users: npt.NDArray[np.int64],
        movies: npt.NDArray[np.int64],
        values: npt.NDArray[np.float32],
    ) -> None:
        for numbers in (users, movies):
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < _MOST:
                raise DataError(
                    f"{self._of}: numbers of people and films go from 0 to {_MOST - 1:,}, found "
                    f"{numbers.min():,} to {numbers.max():,}"
                )
        self._people = np.union1d(self._people, users)
        self._films = np.union1d(self._films, movies)
        rows = np.empty(len(users), _ROW)
        rows["user"], rows["movie"], rows["rating"] = users, movies, values
        self._write(rows)
        self.count += len(rows)

    def finished(self, kind: DataKind, note: str = "") -> RatingStore:
        for number in range(-(-self.count // BLOCK)):
            rows = _read(self._file, number, self.count)
            rows["user"] = np.searchsorted(self._people, rows["user"])
            rows["movie"] = np.searchsorted(self._films, rows["movie"])
            self._file.seek(number * BLOCK * _ROW.itemsize)
            self._write(rows)
        return RatingStore(
            kind=kind,
            note=note,
            people=self._people,
            films=self._films,
            count=self.count,
            file=self._file,
        )

    def _write(self, rows: npt.NDArray) -> None:
        try:
            self._file.write(rows.tobytes())
            self._file.flush()
        except OSError as error:
            raise DataError(f"{self._folder}: cannot be written ({reason(error)})") from None


def _read(file: IO[bytes], number: int, count: int) -> Any:
    file.seek(number * BLOCK * _ROW.itemsize)
    wanted = min(BLOCK, count - number * BLOCK)
    return np.frombuffer(file.read(wanted * _ROW.itemsize), _ROW).copy()
