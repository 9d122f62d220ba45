"""A user's own ratings, read from any table or any release of MovieLens, and numbered."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows
from supervised.core.job import InputError
from supervised.datasets import film_files
from supervised.datasets.movielens import Movielens
from supervised.datasets.ratings import note_of
from supervised.datasets.source import DataError
from supervised.own import columns, parts, rating_columns
from supervised.own.configs import RatingsConfig
from supervised.own.files import OwnData

_PAIR = ("user", "item")
_LIKED = 0.75  # of the scale: 4 of 1 to 5 stars, 8 of 1 to 10


@dataclass(frozen=True, kw_only=True)
class Listed(OwnData):
    """The ratings of a file, a row each.

    Attributes:
        frame: `user`, `item`, `rating`, and `time` in seconds where there are times.
        titles: Titles by item; empty where there are none.
        genres: Genres by item; empty where there are none.
        words: What the file is, for a reader.
        item: What items are called.
        header: Whether its first line names its columns.
    """

    frame: pd.DataFrame
    titles: pd.Series
    genres: pd.Series
    words: str
    item: str
    header: bool


@dataclass(frozen=True, kw_only=True)
class OwnRatings(OwnData, Movielens):
    """A user's ratings; people and items have their own numbers or names.

    Attributes:
        words: What was told from the file, in lines.
        item: What items are called.
        header: Whether the file's first line names its columns.
        timed: Whether `times` says when ratings were given.
    """

    words: tuple[str, ...]
    item: str
    header: bool
    timed: bool

    def frame(self, chosen: npt.NDArray[np.int64]) -> pd.DataFrame:
        """`user`, `item` and `rating` of some rows."""
        return pd.DataFrame(
            {
                "user": self.people["user"].to_numpy()[self.users[chosen]],
                "item": self.films["movie"].to_numpy()[self.movies[chosen]],
                "rating": self.ratings[chosen],
            }
        )


def check(config: RatingsConfig) -> None:
    """Looks at the files and their columns.

    Raises:
        InputError, DataError: One is missing, or lacks what the settings name.
    """
    for path in (_named(config), config.test):
        if path is not None and not film_files.is_release(path):
            rating_columns.told(config, rating_columns.opened(path, config.header))
    if config.titles is not None:
        rating_columns.titles(config.titles, "item")


def read(config: RatingsConfig) -> OwnRatings:
    """Reads the ratings that the settings name, and numbers people and items.

    Raises:
        InputError: They name none.
        DataError: The file cannot be read, or there is nothing in it to learn from.
    """
    path = _named(config)
    listed = listing(path, config)
    user, people = pd.factorize(listed.frame["user"], sort=True)
    item, items = pd.factorize(listed.frame["item"], sort=True)
    size = f"{len(user):,} ratings of {len(items):,} items by {len(people):,} people"
    if min(len(people), len(items)) < 2:
        raise DataError(f"{path}: has {size}: expected two people and two items at least")
    ratings = listed.frame["rating"].to_numpy(np.float32)
    if not config.implicit and ratings.min() == ratings.max():
        raise DataError(
            f"{path}: all ratings are {ratings[0]:g}: there is nothing to foretell; if they say "
            "what people chose: --implicit"
        )
    has_times = "time" in listed.frame
    times = listed.frame["time"].to_numpy() if has_times else np.zeros(len(user))
    names = pd.Series(items).astype(str)
    films = {
        name: names.map(known).fillna("").to_numpy(object) if len(known) else ""
        for name, known in (("title", listed.titles), ("genres", listed.genres))
    }
    scale = "" if config.implicit else f", {ratings.min():g} to {ratings.max():g}"
    titled = int((pd.Series(films["title"]) != "").sum()) if len(listed.titles) else 0
    words = (listed.words, f"{size}{scale}", *([f"{titled:,} items have titles"] * bool(titled)))
    return OwnRatings(
        name=path.name,
        note=listed.note,
        users=user.astype(np.int32),
        movies=item.astype(np.int32),
        ratings=ratings,
        times=np.floor(times).astype(np.int64),
        people=pd.DataFrame({"user": np.asarray(people)}),
        films=pd.DataFrame({"movie": np.asarray(items), **films}),
        sha256=listed.sha256,
        words=words,
        item=listed.item,
        header=listed.header,
        timed=bool(np.ptp(times) > 0),
    )


def listing(path: Path, config: RatingsConfig, *, rated: bool = True) -> Listed:
    """Reads a file of ratings, or of people and items only.

    Lines without a person, an item or a rating are left out; of a pair that comes twice the latest
    rating counts.

    Args:
        config: The settings, which may name its columns.
        rated: Whether it must have ratings; without it every line is kept.

    Raises:
        DataError: It cannot be read, or has no such lines.
    """
    if film_files.is_release(path):
        return _release(path, config)
    file = rating_columns.opened(path, config.header)
    found = rating_columns.told(config, file, rated=rated)
    frame = file.frame((found["user"], found["item"]))
    total = len(frame)
    lacking = frame[[found["user"], found["item"]]].isna().to_numpy().any(axis=1)
    wrong = {"lines without a person or an item": lacking}
    values = np.ones(total)
    if "rating" in found and rated:
        values = columns.to_numbers(columns.of(frame, found["rating"]))
        wrong["lines whose rating is no number"] = ~lacking & np.isnan(values)
        if config.implicit:
            wrong["lines with a count of 0 or less"] = ~lacking & (values <= 0)
            values = np.ones(total)
    kept = ~np.any([*wrong.values()], axis=0)
    if not kept.any():
        most = max(wrong, key=lambda what: int(wrong[what].sum()))
        raise DataError(f"{path}: all of its {total:,} lines are {most}: which column is which?")
    rest = frame.iloc[np.flatnonzero(kept)]
    pairs = {what: rating_columns.identifiers(columns.of(rest, found[what])) for what in _PAIR}
    listed = pd.DataFrame({**pairs, "rating": values[kept]})
    words = ", ".join(f"{what} {found[what]}" for what in found)
    if "time" in found and rated:
        try:
            listed["time"] = parts.times_of(columns.of(rest, found["time"]))
        except DataError:
            if config.time:
                raise
            words += " (not a time in all lines: not used)"
    notes = {what: int(mask.sum()) for what, mask in wrong.items() if mask.any()}
    if rated:
        listed, again = _without_repeats(listed)
        notes |= {"lines that a later one of the same pair replaces": again} if again else {}
    return Listed(
        name=str(path),
        sha256=file.sha256,
        frame=listed,
        titles=_titles(config, rest, found["item"], file.names),
        genres=pd.Series(dtype=object),
        words=f"{path.name}: {file.words}; {words}",
        note=note_of(notes),
        item="item",
        header=file.header,
    )


def hashes(frame: pd.DataFrame) -> rows.Hashes:
    """Hashes of the pairs [N] of people and items; the ratings make no difference."""
    if frame.empty:
        return np.empty(0, np.uint64)
    pair = (frame[name].astype(str).to_numpy(object) for name in _PAIR)
    return rows.of_table(np.empty((len(frame), 0)), *pair)


def liked(config: RatingsConfig, ratings: npt.NDArray[Any]) -> float:
    """The least rating of who likes an item: the settings', or told from all ratings.

    Raises:
        InputError: The settings' is above all ratings.
    """
    if config.implicit:
        return 1.0
    low, high = float(ratings.min()), float(ratings.max())
    if config.liked is not None:
        if config.liked > high:
            raise InputError(f"--liked {config.liked:g}: ratings go from {low:g} to {high:g} here")
        return config.liked
    every = np.unique(ratings)
    return float(every[every >= low + _LIKED * (high - low) - 1e-6][0])


def _named(config: RatingsConfig) -> Path:
    if config.csv is None:
        raise InputError("--csv is missing: the ratings, such as --csv ratings.csv")
    if config.csv.is_dir():
        raise DataError(f"{config.csv}: is a folder; expected a file of ratings")
    if not config.csv.is_file():
        raise DataError(f"{config.csv}: no such file; expected a file of ratings")
    return config.csv


def _release(path: Path, config: RatingsConfig) -> Listed:
    """The ratings of MovieLens, with the films beside them."""
    found, films, _ = film_files.read(path)
    frame = pd.DataFrame(
        {"user": found.users, "item": found.movies, "rating": found.values, "time": found.times}
    )
    if config.implicit:
        frame["rating"] = 1.0
    by_item: Any = films.set_index(films["movie"].astype(str))
    return Listed(
        name=str(path),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        frame=frame,
        titles=by_item["title"],
        genres=by_item["genres"],
        words=f"{path.name}: ratings in a layout of MovieLens, {len(films):,} films beside them",
        note=found.note,
        item="movie",
        header=path.name.lower().removesuffix(".gz").endswith(".csv"),
    )


def _titles(config: RatingsConfig, frame: pd.DataFrame, item: str, names: Any) -> pd.Series:
    """Titles by item: those of --titles, or of a column of the ratings."""
    if config.titles is not None:
        return rating_columns.titles(config.titles, item)
    name = rating_columns.title_column([each for each in names if each != item])
    if name is None:
        return pd.Series(dtype=object)
    items = columns.to_words(columns.of(frame, item))
    return rating_columns.once(columns.to_words(columns.of(frame, name)), items)


def _without_repeats(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The latest rating of each pair, in the order of the file, and how many others there are."""
    ordered = frame.sort_values("time", kind="stable") if "time" in frame else frame
    last = ~ordered.duplicated(list(_PAIR), keep="last").to_numpy()
    kept = ordered.iloc[np.flatnonzero(last)].sort_index()
    return kept.reset_index(drop=True), len(frame) - len(kept)
