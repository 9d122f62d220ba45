"""A trained matrix factorization as arrays, which need no Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float32]


def plain(values: Any) -> npt.NDArray[Any]:
    """Numbers as they are, and words as an array that NumPy writes without pickling."""
    found = np.asarray(values)
    return found if found.dtype.kind in "iuf" else found.astype(str)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A trained model's weights as arrays, which predict ratings of the whole table by rows.

    Attributes:
        people: [U] published numbers or names of people with training ratings.
        films: [I] published numbers or names of films with training ratings.
        mean: μ.
        p: [U, F] factors of people.
        q: [I, F] factors of films.
        b_u: [U] biases.
        b_i: [I] biases.
    """

    people: pd.Index
    films: pd.Index
    mean: float
    p: Floats
    q: Floats
    b_u: Floats
    b_i: Floats

    @classmethod
    def of(cls, model: Any) -> "Table":
        """The weights of a saved model, a Keras model that `factors.export` made."""
        p, q, b_u, b_i = (
            model.get_layer(name).get_weights()[0][1:] for name in ("p", "q", "b_u", "b_i")
        )
        lookups = (model.get_layer(f"{name}_places") for name in ("user", "movie"))
        people, films = (pd.Index(lookup.get_vocabulary()[1:]) for lookup in lookups)
        mean: Any = model.get_layer("mean")
        return cls(
            people=people,
            films=films,
            mean=float(mean.offset),
            p=p,
            q=q,
            b_u=b_u[:, 0],
            b_i=b_i[:, 0],
        )

    def places(self, users: Any, films: Any) -> dict[str, npt.NDArray[np.int32]]:
        """Places from 1 of people [N] and films [N] given by number or name; 0 for unknown ones."""
        return {
            "user": (self.people.get_indexer(users) + 1).astype(np.int32),
            "movie": (self.films.get_indexer(films) + 1).astype(np.int32),
        }

    def pairs(self, x: Mapping[str, npt.NDArray[Any]]) -> Floats:
        """Ratings [N] of people by films in these places, where 0 is unknown and adds nothing."""
        user, movie = x["user"], x["movie"]
        known_u, known_i = (user > 0).astype(np.float32), (movie > 0).astype(np.float32)
        offsets = self.mean + self.b_u[user - 1] * known_u + self.b_i[movie - 1] * known_i
        products = np.einsum("nf,nf->n", self.p[user - 1], self.q[movie - 1])
        return (offsets + products * known_u * known_i).astype(np.float32)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "Table":
        """The table that `arrays` gave."""
        weights = {name: arrays[name] for name in ("p", "q", "b_u", "b_i")}
        return cls(
            people=pd.Index(arrays["people"]),
            films=pd.Index(arrays["films"]),
            mean=float(arrays["mean"]),
            **weights,
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it as arrays, for `from_arrays`."""
        names = {name: plain(getattr(self, name)) for name in ("people", "films")}
        weights = {name: getattr(self, name) for name in ("p", "q", "b_u", "b_i")}
        return {"mean": np.array(self.mean), **names, **weights}

    def row(self, user: Any) -> Floats:
        """Ratings [I] of all films by a person, given by number or name; an unknown one adds 0."""
        ratings = self.mean + self.b_i
        if user in self.people:
            place = int(self.people.get_loc(user))  # type: ignore[arg-type]
            ratings = ratings + self.b_u[place] + self.q @ self.p[place]
        return ratings

    def rows(self, places: npt.NDArray[Any]) -> npt.NDArray[np.floating]:
        """Ratings [N, I] of all films by the people in these places."""
        offsets = np.float32(self.mean) + self.b_u[places, None] + self.b_i
        return offsets + self.p[places] @ self.q.T


@dataclass(frozen=True, kw_only=True)
class Penalties:
    """What a person's factors are held small by.

    Attributes:
        l2: Weight of squared factors, per rating.
        bias_l2: Weight of squared biases, per rating.
        negatives: Films that were drawn as not chosen for each one that was; 0 where the model
            has learned from ratings.
    """

    l2: float
    bias_l2: float
    negatives: int = 0


def of_newcomer(
    table: Table, places: npt.NDArray[np.int64], ratings: npt.NDArray[np.float64], by: Penalties
) -> Floats:
    """Ratings [I] of all films by somebody whom the training did not know, from a few ratings.

    Films' factors stay. The loss of the training over the person's own ratings is a ridge
    regression (Zhou et al. 2008: its λ grows with the number of ratings, as the loss is a mean over
    these).

    Args:
        places: [N] places of films, from 0, all different.
        ratings: [N] the person's ratings of them.
        by: The penalties of the training.
    """
    count, films = len(places), len(table.films)
    weights, targets = np.zeros(films), np.zeros(films)
    if by.negatives:  # all films have an even share of those that would have been drawn
        weights += by.negatives * count / films
    weights[places] += 1.0
    targets[places] = ratings / (weights[places] if by.negatives else 1.0)
    used = np.flatnonzero(weights)
    x = np.column_stack([table.q[used], np.ones(len(used))]).astype(np.float64)  # [n, F + 1]
    rest = targets[used] - table.mean - table.b_i[used]
    total = weights[used].sum()
    penalty = total * np.append(np.full(table.q.shape[1], by.l2), by.bias_l2)
    weighted = x * weights[used, None]
    squares = weighted.T @ x + np.diag(penalty + 1e-9)
    found = np.linalg.solve(squares, weighted.T @ rest)
    return (table.mean + table.b_i + table.q @ found[:-1] + found[-1]).astype(np.float32)
