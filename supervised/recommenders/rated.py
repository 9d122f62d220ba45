"""Splits the ratings of a run into training, validation and test; draws what was not chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.datasets import movielens, splits
from supervised.datasets.movielens import Movielens
from supervised.recommenders import ranking
from supervised.recommenders.configs import FactorizationConfig, Set

LIKED = 4.0  # stars

_TEST = 0.25  # of the ratings, at random; the book's

Rows = npt.NDArray[np.int64]


def load(which: Set, context: Context) -> Movielens:
    """Loads the set of ratings of that name.

    Raises:
        DataError: It is missing or wrong.
    """
    return context.load({"ml-1m": movielens.load_1m, "ml-100k": movielens.load_100k}[which])


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The rows of each part, and the people and films that the training part has.

    Attributes:
        data: All ratings.
        train: [N] rows for training.
        validation: [V] rows for validation.
        test: [M] rows of the test.
        liked: The least rating of a test film that is to be found in a list.
        bounds: The lowest and the highest possible rating; None for those of the training.
    """

    data: Movielens
    train: Rows
    validation: Rows
    test: Rows
    liked: float
    bounds: tuple[float, float] | None = None

    @cached_property
    def people(self) -> Rows:
        """Places [U] in `data.people` of the people in `train`, ascending."""
        return np.unique(self.data.users[self.train]).astype(np.int64)

    @cached_property
    def films(self) -> Rows:
        """Places [I] in `data.films` of the films in `train`, ascending."""
        return np.unique(self.data.movies[self.train]).astype(np.int64)

    @cached_property
    def low(self) -> float:
        """The lowest possible rating."""
        return self.bounds[0] if self.bounds else float(self.data.ratings[self.train].min())

    @cached_property
    def high(self) -> float:
        """The highest possible rating."""
        return self.bounds[1] if self.bounds else float(self.data.ratings[self.train].max())

    @property
    def names(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Published numbers or names of `people` and of `films`."""
        people, films = self.data.people["user"], self.data.films["movie"]
        return people.to_numpy()[self.people], films.to_numpy()[self.films]

    @property
    def validating(self) -> Examples:
        """Examples for validation."""
        return self.examples(self.validation)

    @property
    def seen(self) -> Examples:
        """Examples for training and validation."""
        return self.examples(np.concatenate([self.train, self.validation]))

    def examples(self, rows: Rows) -> Examples:
        """Examples of some rows: places of person and film, 0 if unknown, and ratings."""
        user = _places(self.people, self.data.users[rows])
        movie = _places(self.films, self.data.movies[rows])
        return Examples(x={"user": user, "movie": movie}, y=self.data.ratings[rows])


def parts(data: Movielens, config: FactorizationConfig, context: Context) -> Parts:
    """The parts of a run; runs with equal settings have equal tests, whatever their seed."""
    if config.split == "last":
        last = ranking.last_of_each(data.users, data.times)
        rest, test = np.flatnonzero(~last), np.flatnonzero(last)
    else:
        rest, test = splits.split(len(data), (1 - _TEST, _TEST), np.random.default_rng(0))
    fraction = config.validation_fraction
    chosen, aside = splits.split(len(rest), (1 - fraction, fraction), context.rng("validation"))
    liked = LIKED if config.split == "random" else 0.0
    train, validation = rest[chosen], rest[aside]
    return Parts(data=data, train=train, validation=validation, test=test, liked=liked)


def beside_drawn(
    chosen: Examples, taken: Examples, films: int, count: int, rng: np.random.Generator
) -> Examples:
    """Examples of 1 for what people chose, and of 0 for items drawn evenly for the same people.

    Args:
        chosen: Places, from 1, of people and items; those with an unknown one are left out.
        taken: Pairs that are not drawn as not chosen.
        films: Number of items.
        count: Items drawn for each chosen one; those that the person took are left out.
    """
    assert isinstance(chosen.x, Mapping)
    assert isinstance(taken.x, Mapping)
    known = (chosen.x["user"] > 0) & (chosen.x["movie"] > 0)
    user, movie = (chosen.x[name][known].astype(np.int64) for name in ("user", "movie"))
    person = np.repeat(user, count)
    drawn = rng.integers(1, films + 1, len(person))
    pairs = taken.x["user"].astype(np.int64) * (films + 1) + taken.x["movie"]
    free = ~np.isin(person * (films + 1) + drawn, pairs)
    people, items = np.append(user, person[free]), np.append(movie, drawn[free])
    answers = np.append(np.ones(len(user)), np.zeros(int(free.sum())))
    x = {"user": people.astype(np.int32), "movie": items.astype(np.int32)}
    return Examples(x=x, y=answers.astype(np.float32))


def _places(known: Rows, found: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Places from 1 among the known numbers; 0 for all other numbers."""
    place = np.searchsorted(known, found).clip(max=len(known) - 1)
    return np.where(known[place] == found, place + 1, 0).astype(np.int32)
