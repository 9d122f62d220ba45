"""Controls without factors: the mean rating, biases, popularity, and linear models."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.recommenders.ranking import Scores

_DAMPING_FILM, _DAMPING_PERSON = 10.0, 15.0  # ratings of the mean that stand beside everybody's own
_ROUNDS = 10
_COMPONENTS = 50
_DAMPING = 10.0  # rows of the mean that stand beside an item's own
_ITERATIONS = 300
_STRENGTH = 1.0  # of the linear models' squared weights

Floats = npt.NDArray[np.float64]
Targets = npt.NDArray[np.floating]
Numbers = npt.NDArray[np.int64]
FeatureRows = Mapping[str, npt.NDArray]


@dataclass(frozen=True, kw_only=True)
class Biases:
    """μ + b_u + b_i by damped least squares.

    Attributes:
        mean: μ.
        people: [U + 1] biases of people by place; place 0 is unknown people and has bias 0.
        films: [I + 1] biases of films by place; place 0 is unknown films and has bias 0.
    """

    mean: float
    people: Floats
    films: Floats

    def ratings(self, examples: Examples) -> Floats:
        """Predicts ratings [N] of people and films in these places."""
        user, movie = _columns(examples)
        return self.mean + self.people[user] + self.films[movie]


def biases(train: Callable[[], Iterable[Examples]], people: int, films: int) -> Biases:
    """Fits biases of people and of films in turn, each given the others (Koren 2009, damped).

    Args:
        train: Called for every pass; gives places and ratings in any number of parts.
    """
    parts = [(len(part), float(part.y.sum(dtype=np.float64))) for part in train()]
    mean = sum(total for _, total in parts) / sum(count for count, _ in parts)
    b_u, b_i = np.zeros(people + 1), np.zeros(films + 1)
    for _ in range(_ROUNDS):
        b_i = _damped(train, 1, mean, b_u, films, _DAMPING_FILM)
        b_u = _damped(train, 0, mean, b_i, people, _DAMPING_PERSON)
    return Biases(mean=mean, people=b_u, films=b_i)


def _damped(
    train: Callable[[], Iterable[Examples]],
    whose: int,
    mean: float,
    others: Floats,
    count: int,
    damping: float,
) -> Floats:
    """Biases [count + 1] of people (0) or films (1), given those of the others."""
    sums, counts = np.zeros(count + 1), np.zeros(count + 1)
    for part in train():
        columns = _columns(part)
        mine, other = columns[whose], columns[1 - whose]
        sums += np.bincount(mine, part.y.astype(np.float64) - mean - others[other], count + 1)
        counts += np.bincount(mine, minlength=count + 1)
    sums[0] = 0.0
    return sums / (counts + damping)


def popularity(train: Examples, films: int, least: float) -> Floats:
    """For each film [I], how often it was rated with `least` stars or more."""
    _, movie = _columns(train)
    return np.bincount(movie[train.y >= least], minlength=films + 1)[1:].astype(np.float64)


def _columns(examples: Examples) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    x = examples.x
    assert not isinstance(x, np.ndarray)
    return x["user"], x["movie"]


def svd(seen: Examples, people: int, films: int, context: Context) -> Scores:
    """A recommender by scikit-learn's truncated SVD of the table of ratings, 0 where there is none.

    Known as PureSVD (Cremonesi, Koren and Turrin 2010): it ranks well and foretells no ratings.

    Args:
        seen: Ratings by places from 1, 0 if unknown.
        films: Number of films, 2 at least.
    """
    from scipy import sparse  # slow to import
    from sklearn.decomposition import TruncatedSVD

    user, movie = _columns(seen)
    known = (user > 0) & (movie > 0)
    cells = user[known] - 1, movie[known] - 1
    table: Any = sparse.csr_matrix((seen.y[known].astype(np.float64), cells), (people, films))
    count = min(_COMPONENTS, films - 1, people)
    fitted: Any = TruncatedSVD(count, random_state=context.seed("svd")).fit(table)
    return lambda places: fitted.transform(table[places]) @ fitted.components_


def item_means(items: Numbers, targets: Targets) -> Callable[[Numbers], Targets]:
    """Learns from items [N] and targets [N]; predicts targets of items.

    That is the damped mean target of an item's training rows; the mean of all if unknown.
    """
    mean = float(targets.mean())
    known, places = np.unique(items, return_inverse=True)
    means = (np.bincount(places, targets) + _DAMPING * mean) / (np.bincount(places) + _DAMPING)

    def foretold(items: Numbers) -> Targets:
        place = np.searchsorted(known, items).clip(max=len(known) - 1)
        return np.where(known[place] == items, means[place], mean)

    return foretold


def linear(
    rows: FeatureRows, targets: Targets, features: int, *, classes: bool
) -> Callable[[FeatureRows], Targets]:
    """Learns targets [N] from rows; predicts probabilities of class 1, or targets, of rows.

    It is logistic or ridge regression, scikit-learn's, on the features that the machines have.

    Args:
        rows: Rows of features, sparse or dense, as a `fields.Encoder` gives them.
        targets: [N] what is to be predicted.
        classes: Whether targets are the classes 0 and 1.
    """
    from sklearn.linear_model import LogisticRegression, Ridge  # slow to import

    kind: Any = LogisticRegression(C=1 / _STRENGTH, max_iter=_ITERATIONS)
    if not classes:
        kind = Ridge(_STRENGTH, solver="sparse_cg")
    model = kind.fit(_sparse(rows, features), targets)
    if classes:
        return lambda rows: model.predict_proba(_sparse(rows, features))[:, 1]
    return lambda rows: model.predict(_sparse(rows, features))


def _sparse(rows: FeatureRows, features: int) -> Any:
    """The rows as a sparse matrix [N, 1 + D], whose column 0 is 0."""
    from scipy.sparse import csr_matrix  # slow to import

    if "x" in rows:
        return csr_matrix(rows["x"])
    places, values = rows["places"], rows["values"]
    ends = np.arange(0, places.size + 1, places.shape[1])
    return csr_matrix((values.ravel(), places.ravel(), ends), (len(places), 1 + features))
