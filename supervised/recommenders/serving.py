"""Answers questions by trained factors: recommendations, similar films and people, ratings.

Needs no Keras, which takes seconds to start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core.job import InputError
from supervised.datasets.movielens import Movielens
from supervised.recommenders.configs import FactorsConfig
from supervised.recommenders.film_names import FilmNames
from supervised.recommenders.table import Floats, Penalties, Table, of_newcomer

if TYPE_CHECKING:
    from supervised.recommenders.rated import Parts  # imports Keras


@dataclass(frozen=True, kw_only=True)
class Recommender:
    """A trained table of ratings, with the names of films and all ratings so far.

    People and films are given by published numbers or names.

    Attributes:
        table: The trained weights.
        data: Films, people and all ratings.
        low: The lowest possible rating.
        high: The highest possible rating.
        liked: The least rating of who likes a film; popular films are those with most of these.
        penalties: What a newcomer's factors are held small by.
        item: What films are called in tables.
    """

    table: Table
    data: Movielens
    low: float
    high: float
    liked: float
    penalties: Penalties
    item: str = "movie"

    @classmethod
    def of(
        cls,
        table: Table,
        parts: "Parts",
        config: FactorsConfig,
        item: str = "movie",
        unit: float = 1.0,
    ) -> "Recommender":
        """A recommender of a run's trained table and ratings.

        Args:
            unit: What ratings were divided by in training.
        """
        l2 = config.l2 * unit  # squared factors have the unit, squared errors its square
        return cls(
            table=table,
            data=parts.data,
            low=parts.low,
            high=parts.high,
            liked=parts.liked,
            penalties=Penalties(l2=l2, bias_l2=config.bias_l2, negatives=config.drawn),
            item=item,
        )

    def top(self, user: Any, k: int) -> pd.DataFrame:
        """The k films that a person has not rated with the highest predicted ratings.

        A person whose ratings are all later than the training is a newcomer with these. Of one
        without any rating nothing can be predicted: they get the most popular.

        Returns:
            A table of the film, `title`, `genres`, `rating` and `by`, which is `factors` or
            `popularity`; best first, equal ones by number.
        """
        rated = self._rated(user)
        if not self.knows(user):
            return self._best(self.popular, self.table.row(user), rated, k, "popularity")
        if user in self.table.people:
            ratings = self.table.row(user)
        else:
            places = self._learned(user)
            mine = self.data.ratings[self._rows(user)][places >= 0].astype(np.float64)
            ratings = of_newcomer(self.table, places[places >= 0], mine, self.penalties)
        return self._best(ratings, ratings, rated, k, "factors")

    def top_of_many(self, users: Sequence[Any], k: int) -> pd.DataFrame:
        """Lists of many people, one below the other, with `user` and `rank`, from 1."""
        tables = []
        for user in users:
            found = self.top(user, k)
            found.insert(0, "rank", np.arange(1, len(found) + 1))
            found.insert(0, "user", user)
            tables.append(found)
        return pd.concat(tables, ignore_index=True)

    def top_of_newcomer(self, given: Mapping[str, float | None], k: int) -> pd.DataFrame:
        """The k films for somebody who is described by a few ratings; None likes a film.

        Raises:
            InputError: There is no such film, there are several, nobody rated it, or a rating is
                none.
        """
        ratings: dict[int, float] = {}
        for name, rating in given.items():
            if rating is not None and not self.low <= rating <= self.high:
                raise InputError(
                    f"{name}={rating:g}: ratings go from {self.low:g} to {self.high:g} here"
                )
            ratings[self._film(name)] = self.high if rating is None else rating
        places = np.array(list(ratings), np.int64)
        found = of_newcomer(self.table, places, np.array(list(ratings.values())), self.penalties)
        return self._best(found, found, self.table.films[places], k, "factors")

    def similar(self, film: str, k: int) -> pd.DataFrame:
        """The k films whose factors have the largest cosine with a film's factors.

        Args:
            film: The film's published number, or its title or a part of that.

        Returns:
            A table of the film, `title`, `genres` and `cosine`.

        Raises:
            InputError: There is no such film, there are several, or nobody rated it.
        """
        place = self._film(film)
        q = self.table.q / np.maximum(np.linalg.norm(self.table.q, axis=1, keepdims=True), 1e-12)
        cosines = q @ q[place]
        cosines[place] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: min(k, len(cosines) - 1)]
        return self._films(best).assign(cosine=cosines[best])

    def rate(self, user: Any, film: str) -> pd.DataFrame:
        """The predicted rating of a film by a person, and their real one if there is one.

        Raises:
            InputError: There is no such film, there are several, or nobody rated it.
        """
        place = self._film(film)
        found = float(self.table.row(user)[place])
        mine = self.data.ratings[self._rows(user)]
        rated = dict(zip(self._rated(user).tolist(), mine.tolist(), strict=True))
        return self._films(np.array([place])).assign(
            user=user,
            user_known=user in self.table.people,
            rating=min(max(found, self.low), self.high),
            rated=rated.get(self.table.films[place], np.nan),
        )

    def alike(self, one: Any, other: Any) -> pd.DataFrame:
        """How similar two people are.

        Returns:
            `cosine` of their factors, `pearson` of their ratings of films that both have rated, and
            `common`, how many those are.

        Raises:
            InputError: One of them has no training ratings.
        """
        for user in (one, other):
            if user not in self.table.people:
                raise InputError(f"user {user} has no ratings that the model learned from")
        a, b = (self.table.p[int(self.table.people.get_loc(u))] for u in (one, other))  # type: ignore[arg-type]
        scale = max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12)
        series = [
            pd.Series(self.data.ratings[self._rows(user)], index=self._rated(user))
            for user in (one, other)
        ]
        both = pd.concat(series, axis=1, join="inner").astype(float)
        spread = len(both) > 1 and bool((both.std() > 0).all())
        pearson = float(both.corr().iloc[0, 1]) if spread else np.nan  # type: ignore[arg-type]
        return pd.DataFrame(
            [{"user": one, "other": other, "cosine": float(a @ b) / scale, "pearson": pearson}]
        ).assign(common=len(both))

    def ratings_so_far(self) -> pd.DataFrame:
        """All ratings: `user`, `item`, `rating`."""
        data = self.data
        people, films = data.people["user"].to_numpy(), data.films["movie"].to_numpy()
        columns = {"user": people[data.users], "item": films[data.movies]}
        return pd.DataFrame({**columns, "rating": data.ratings})

    def knows(self, person: Any) -> bool:
        """Whether a person has ratings of films that the model learned from."""
        return person in self.table.people or bool((self._learned(person) >= 0).any())

    def has_item(self, given: str) -> bool:
        """Whether some film has this number or name, or this in its title."""
        return self._names.called(given) is not None

    def person(self, given: str) -> Any:
        """A person whom a user names: a number where people have numbers, else the name itself."""
        numbers = self.table.people.dtype.kind in "iu"
        return int(given) if numbers and given.isdecimal() and len(given) < 19 else given

    @cached_property
    def popular(self) -> npt.NDArray[np.float64]:
        """How many people like each film [I]; equal ones are in the order of their biases."""
        liking = self.data.movies[self.data.ratings >= self.liked]
        counts = np.bincount(liking, minlength=len(self.data.films)).astype(np.float64)
        means = self.table.b_i - self.table.b_i.min()
        return counts[self._places] + means / (means.max() + 1.0)

    @cached_property
    def _places(self) -> npt.NDArray[np.int64]:
        """The places in the data of the films [I] of the table."""
        return np.asarray(
            pd.Index(self.data.films["movie"]).get_indexer(self.table.films), np.int64
        )

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64] | None:
        """Where the rows of each person begin; None where these do not follow each other."""
        users = self.data.users
        if np.any(np.diff(users) < 0):
            return None
        return np.searchsorted(users, np.arange(len(self.data.people) + 1))

    @cached_property
    def _people(self) -> pd.Index:
        return pd.Index(self.data.people["user"])

    def _best(self, ranked: Any, ratings: Floats, rated: Any, k: int, by: str) -> pd.DataFrame:
        ranked = np.where(self.table.films.isin(rated), -np.inf, ranked)
        best = np.argsort(-ranked, kind="stable")[: min(k, int(np.isfinite(ranked).sum()))]
        return self._films(best).assign(rating=ratings[best].clip(self.low, self.high), by=by)

    def _rows(self, user: Any) -> npt.NDArray[np.int64]:
        """The rows of a person's ratings."""
        if user not in self._people:
            return np.array([], np.int64)
        place = int(self._people.get_loc(user))  # type: ignore[arg-type]
        if self._starts is None:
            return np.flatnonzero(self.data.users == place)
        return np.arange(self._starts[place], self._starts[place + 1])

    def _rated(self, user: Any) -> npt.NDArray[Any]:
        """The films that a person has rated, by number or name; none for unknown people."""
        return self.data.films["movie"].to_numpy()[self.data.movies[self._rows(user)]]

    def _learned(self, user: Any) -> npt.NDArray[np.intp]:
        """The places in the table of the films that a person has rated; -1 for unknown films."""
        return self.table.films.get_indexer(pd.Index(self._rated(user)))

    def _films(self, places: npt.NDArray[np.int64]) -> pd.DataFrame:
        """A table of number or name, title and genres of the films in these places."""
        films = self.data.films.iloc[self._places[places]].reset_index(drop=True)
        films = films[["movie", *(n for n in ("title", "genres") if self._has[n])]]
        return films.rename(columns={"movie": self.item})

    @cached_property
    def _has(self) -> dict[str, bool]:
        return {name: bool((self.data.films[name] != "").any()) for name in ("title", "genres")}

    @cached_property
    def _names(self) -> FilmNames:
        return FilmNames(self.data.films, self.item)

    def _film(self, given: str) -> int:
        """The place of a film that is given by number, name, title or a part of its title."""
        found = self._names.one(given)
        if found["movie"] not in self.table.films:
            raise InputError(f"{found['title'] or given}: nobody rated it in the training")
        return int(self.table.films.get_loc(found["movie"]))  # type: ignore[arg-type]
