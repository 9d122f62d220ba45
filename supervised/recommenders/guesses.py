"""Controls of factorization machines: the popularity of an item, and a linear model."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

_DAMPING = 10.0  # rows of the mean that stand beside an item's own
_ITERATIONS = 300
_STRENGTH = 1.0  # of the linear models' squared weights

Floats = npt.NDArray[np.floating]
Numbers = npt.NDArray[np.int64]
Rows = Mapping[str, npt.NDArray]


def popularity(items: Numbers, targets: Floats) -> Callable[[Numbers], Floats]:
    """Learns from items [N] and targets [N]; predicts targets of items.

    That is the damped mean target of an item's training rows; the mean of all if unknown.
    """
    mean = float(targets.mean())
    known, places = np.unique(items, return_inverse=True)
    means = (np.bincount(places, targets) + _DAMPING * mean) / (np.bincount(places) + _DAMPING)

    def foretold(items: Numbers) -> Floats:
        place = np.searchsorted(known, items).clip(max=len(known) - 1)
        return np.where(known[place] == items, means[place], mean)

    return foretold


def linear(
    rows: Rows, targets: Floats, features: int, *, classes: bool
) -> Callable[[Rows], Floats]:
    """Learns targets [N] from rows; predicts probabilities of class 1, or targets, of rows.

    It is logistic or ridge regression, scikit-learn's, on the features that the machines have.

    Args:
        rows: Rows of features, sparse or dense, as a `fields.Encoder` gives them.
        targets: [N] what is to be predicted.
        features: Number of features.
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


def _sparse(rows: Rows, features: int) -> Any:
    """The rows as a sparse matrix [N, 1 + D], whose column 0 is 0."""
    if "x" in rows:
        return sparse.csr_matrix(rows["x"])
    places, values = rows["places"], rows["values"]
    ends = np.arange(0, places.size + 1, places.shape[1])
    return sparse.csr_matrix((values.ravel(), places.ravel(), ends), (len(places), 1 + features))
