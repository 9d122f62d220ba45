"""Reads the files of MovieLens in every release's layout: ratings, films and people."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import archives, ratings
from supervised.datasets.ratings import Ratings
from supervised.datasets.source import DataError, File, beside, read_blocks, read_bytes

GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery"),
    *("Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
"""The genres of MovieLens 100K, in the order of u.item's columns."""


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """The format of the files of some of GroupLens' sets.

    Attributes:
        ratings: The end of the name of the file of ratings.
        people: Name of the file of people; None where nobody is described.
        separator: Between the fields of films and of people.
        film_fields: Number of fields of a film.
        gender: Place of the gender among a person's five fields.
        age: Place of the age among a person's five fields.
    """

    ratings: str
    films: str
    people: str | None = None
    separator: str
    film_fields: int
    gender: int = 0
    age: int = 0


_LAYOUTS = (
    _Layout(  # of 1M, also of 10M, which describes nobody
        ratings=".dat",
        films="movies.dat",
        people="users.dat",
        separator="::",
        film_fields=3,
        gender=1,
        age=2,
    ),
    _Layout(  # of 100K
        ratings=".data",
        films="u.item",
        people="u.user",
        separator="|",
        film_fields=5 + len(GENRES_100K),
        gender=2,
        age=1,
    ),
    # Of the latest sets, of 20M and of 25M.
    _Layout(ratings=".csv", films="movies.csv", separator=",", film_fields=3),
)

_BETWEEN = rb"(::|\t|,)"
_FIRST_LINE = re.compile(
    rb"userid,movieid,rating,timestamp|" + _BETWEEN.join([rb"\d+", rb"\d+", rb"[\d.]+", rb"\d+"]),
    re.IGNORECASE,
)
_RATINGS = ("ratings.dat", "u.data", "ratings.csv")
_NAMES = {*_RATINGS, *(name for each in _LAYOUTS for name in (each.films, each.people))}


def is_release(path: File) -> bool:
    """Whether this is a file of ratings as MovieLens has it, beside its films, or their archive."""
    try:
        if path.suffix.lower() == ".zip":
            names: set[str] = set()

            def noted(member: str) -> bool:
                names.add(PurePosixPath(member).name)
                return False

            list(archives.files(path, noted))
            films = {layout.films for layout in _LAYOUTS}
            return bool(names & set(_RATINGS)) and bool(names & films)
        name = path.name.lower().removesuffix(".gz")
        layout = next((each for each in _LAYOUTS if name.endswith(each.ratings)), None)
        if layout is None or _near(path, layout.films) is None:
            return False
        head = next(iter(read_blocks(path)), b"").partition(b"\n")[0].strip()
    except DataError:
        return False
    return bool(_FIRST_LINE.fullmatch(head))


def read(path: File) -> tuple[Ratings, pd.DataFrame, pd.DataFrame]:
    """Reads a set from its archive, or from its file of ratings and those beside it.

    Returns:
        The ratings; the films by `movie`, with `title` and `genres`; the people by `user`, with
        `gender`, `age` and `occupation`. Who is rated or rates and is not described has a row, too.

    Raises:
        DataError: A file cannot be read, or has another format.
    """
    layout, rated, about_films, about_people = _contents(path)
    found = ratings.parse(rated, str(path))
    films = _with_missing(_films(about_films, path, layout), "movie", found.movies)
    people = _with_missing(_people(about_people, path, layout), "user", found.users)
    return found, films, people


def _contents(path: File) -> tuple[_Layout, bytes, str, str]:
    """The layout of a set, and the contents of its files of ratings, films and people."""
    if path.suffix.lower() == ".zip":
        members = archives.files(path, lambda member: PurePosixPath(member).name in _NAMES)
        found = {PurePosixPath(member).name: contents for member, contents in members}
        rated = next((name for name in _RATINGS if name in found), None)
        if rated is None:
            raise DataError(f"{path}: has no {', '.join(_RATINGS)}")
    else:
        rated = path.name.lower().removesuffix(".gz")
        found = {rated: read_bytes(path)}
    layout = next(layout for layout in _LAYOUTS if rated.endswith(layout.ratings))
    for name in filter(None, (layout.films, layout.people)):
        near = _near(path, name)
        if name not in found and near is not None:
            found[name] = read_bytes(near)
    if layout.films not in found:
        raise DataError(f"{path}: has no {layout.films} beside its ratings")
    encoding = "utf-8" if layout.people is None else "latin-1"
    films, people = (
        found.get(name or "", b"").decode(encoding, "replace")
        for name in (layout.films, layout.people)
    )
    return layout, found[rated], films, people


def _near(path: File, name: str) -> File | None:
    """The file of another name in the same folder, packed with gzip or not."""
    spellings = beside(path, name), beside(path, f"{name}.gz")
    return next((file for file in spellings if file.exists()), None)


def _films(text: str, path: File, layout: _Layout) -> pd.DataFrame:
    rows = _rows(text, layout, layout.film_fields, f"{path}: {layout.films}")
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


def _people(text: str, path: File, layout: _Layout) -> pd.DataFrame:
    rows = _rows(text, layout, 5, f"{path}: {layout.people}", (0, layout.age))
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
    for number, fields in _fields(text, layout.separator):
        if len(fields) != count or not all(fields[i].isdecimal() for i in numbers):
            raise DataError(
                f"{where}: line {number} is {layout.separator.join(fields)[:40]!r}, expected "
                f"{count} fields apart by {layout.separator}, numbers where there should be"
            )
        found.append(fields)
    return found


def _fields(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The number and the fields of each line, without the header that a table has."""
    if separator == ",":
        yield from list(enumerate(csv.reader(io.StringIO(text)), 1))[1:]
    else:
        for number, line in enumerate(text.splitlines(), 1):
            yield number, line.split(separator)


def _frame(columns: dict[str, list], key: str) -> pd.DataFrame:
    frame = pd.DataFrame(columns).sort_values(key, ignore_index=True)
    return frame.astype({name: np.int64 for name in (key, "age") if name in frame})


def _with_missing(frame: pd.DataFrame, key: str, rated: npt.NDArray[np.int64]) -> pd.DataFrame:
    """The rows, and an empty row for each number that occurs in ratings only."""
    unknown = np.setdiff1d(rated, frame[key])
    if not len(unknown):
        return frame
    words = {"title": [f"film {number}" for number in unknown], "genres": ""}
    words |= {"gender": "", "age": 0, "occupation": ""}
    rest = pd.DataFrame({key: unknown, **{k: v for k, v in words.items() if k in frame}})
    return pd.concat([frame, rest]).sort_values(key, ignore_index=True)
