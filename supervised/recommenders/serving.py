"""Answers questions by trained factors: recommendations, similar films and people, ratings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core.job import InputError
from supervised.datasets.movielens import Movielens
from supervised.recommenders.factors import Table
from supervised.recommenders.rated import HIGHEST, LOWEST

_NAMED = 5  # films that an ambiguous title is answered with


@dataclass(frozen=True, kw_only=True)
class Recommender:
    """A trained table of ratings, with the names of films and all ratings so far.

    People and films are given by published numbers; for unknown people only films' biases count.

    Attributes:
        table: The trained weights.
        data: Films, people and all ratings.
    """

    table: Table
    data: Movielens

    def top(self, user: int, k: int) -> pd.DataFrame:
        """The k films with the highest predicted ratings that a person has not rated.

        Returns:
            A table of `movie`, `title`, `genres` and `rating`, best first; equal ones by number.
        """
        ratings = self.table.row(user)
        ratings = np.where(self.table.films.isin(self._rated(user)), -np.inf, ratings)
        best = np.argsort(-ratings, kind="stable")[: min(k, int(np.isfinite(ratings).sum()))]
        return self._films(best).assign(rating=ratings[best].clip(LOWEST, HIGHEST))

    def similar(self, film: str, k: int) -> pd.DataFrame:
        """The k films whose factors have the largest cosine with a film's factors.

        Args:
            film: The film's published number, or its title or a part of that.
            k: How many films.

        Returns:
            A table of `movie`, `title`, `genres` and `cosine`.

        Raises:
            InputError: There is no such film, there are several, or nobody rated it.
        """
        place = self._film(film)
        q = self.table.q / np.maximum(np.linalg.norm(self.table.q, axis=1, keepdims=True), 1e-12)
        cosines = q @ q[place]
        cosines[place] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: min(k, len(cosines) - 1)]
        return self._films(best).assign(cosine=cosines[best])

    def rate(self, user: int, film: str) -> pd.DataFrame:
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
            rating=min(max(found, LOWEST), HIGHEST),
            rated=rated.get(int(self.table.films[place]), np.nan),
        )

    def alike(self, one: int, other: int) -> pd.DataFrame:
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

    def _rows(self, user: int) -> npt.NDArray[np.int64]:
        """The rows of a person's ratings."""
        people = self.data.people["user"].to_numpy()
        place = int(np.searchsorted(people, user))
        if place == len(people) or people[place] != user:
            return np.array([], np.int64)
        return np.flatnonzero(self.data.users == place)

    def _rated(self, user: int) -> npt.NDArray[np.int64]:
        """Published numbers of the films that a person has rated; none for unknown people."""
        return self.data.films["movie"].to_numpy(np.int64)[self.data.movies[self._rows(user)]]

    def _films(self, places: npt.NDArray[np.int64]) -> pd.DataFrame:
        """A table of number, title and genres of the films in these places."""
        films = self.data.films.set_index("movie").loc[self.table.films[places].to_numpy()]
        return films.reset_index()[["movie", "title", "genres"]]

    def _film(self, given: str) -> int:
        """The place of a film that is given by number, title or a part of its title."""
        films = self.data.films
        if given.isdecimal():
            found = films.loc[films["movie"] == int(given)]
        else:
            found = films.loc[films["title"].str.casefold() == given.casefold()]
            if found.empty:
                found = films.loc[films["title"].str.contains(given, case=False, regex=False)]
        if found.empty:
            raise InputError(f"{given}: no film has this number, nor this in its title")
        if len(found) > 1:
            titles = "; ".join(found["title"].head(_NAMED))
            raise InputError(f"{given}: {len(found)} films have this in their title: {titles}")
        number = int(found["movie"].iloc[0])
        if number not in self.table.films:
            raise InputError(f"{found['title'].iloc[0]}: nobody rated it in the training")
        return int(self.table.films.get_loc(number))  # type: ignore[arg-type]
