"""Recommenders without factors: the mean, biases alone, and what is liked by most."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from supervised.training import Examples

_DAMPING_FILM, _DAMPING_PERSON = 10.0, 15.0  # ratings of the mean that stand beside everybody's own
_ROUNDS = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Biases:
    """μ + b_u + b_i by damped least squares.

    Attributes:
        mean: μ.
        people: [U + 1] biases by place; 0 of the unknown.
        films: [I + 1] biases by place.
    """

    mean: float
    people: Floats
    films: Floats

    def ratings(self, examples: Examples) -> Floats:
        """Ratings [N] of places."""
        user, movie = _columns(examples)
        return self.mean + self.people[user] + self.films[movie]


def biases(train: Examples, people: int, films: int) -> Biases:
    """Biases of people and films in turn, each given the other (Koren 2009, damped).

    Args:
        train: Places and ratings.
        people: That there are.
        films: That there are.
    """
    user, movie = _columns(train)
    ratings = train.y.astype(np.float64)
    mean = float(ratings.mean())
    b_u, b_i = np.zeros(people + 1), np.zeros(films + 1)
    for _ in range(_ROUNDS):
        left = ratings - mean - b_u[user]
        b_i = np.bincount(movie, left, films + 1) / (
            np.bincount(movie, minlength=films + 1) + _DAMPING_FILM
        )
        b_i[0] = 0.0
        left = ratings - mean - b_i[movie]
        b_u = np.bincount(user, left, people + 1) / (
            np.bincount(user, minlength=people + 1) + _DAMPING_PERSON
        )
        b_u[0] = 0.0
    return Biases(mean=mean, people=b_u, films=b_i)


def popularity(train: Examples, films: int, least: float) -> Floats:
    """How often each film [I] was rated with `least` stars or more."""
    _, movie = _columns(train)
    return np.bincount(movie[train.y >= least], minlength=films + 1)[1:].astype(np.float64)


def _columns(examples: Examples) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    x = examples.x
    assert not isinstance(x, np.ndarray)
    return x["user"], x["movie"]
