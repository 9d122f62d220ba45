"""Controls of factorization machines: the popularity of an item, and a linear model."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

_DAMPING = 10.0  # rows of the mean that stand beside an item's own
_ITERATIONS = 300
_STRENGTH = 1.0  # of the linear models' squared weights

Floats = npt.NDArray[np.floating]
Numbers = npt.NDArray[np.int64]


class Popularity:
    """Predicts the damped mean target of an item's training rows; the mean of all if unknown."""

    def __init__(self, items: Numbers, targets: Floats):
        """Learns from items [N] and targets [N]."""
        self._mean = float(targets.mean())
        self._known, places = np.unique(items, return_inverse=True)
        sums, counts = np.bincount(places, targets), np.bincount(places)
        self._means = (sums + _DAMPING * self._mean) / (counts + _DAMPING)

    def __call__(self, items: Numbers) -> Floats:
        """Predicts targets [N] of items [N]."""
        place = np.searchsorted(self._known, items).clip(max=len(self._known) - 1)
        return np.where(self._known[place] == items, self._means[place], self._mean)


class Linear:
    """Logistic or ridge regression, scikit-learn's, on the features that the machines have."""

    def __init__(
        self, rows: Mapping[str, npt.NDArray], targets: Floats, features: int, *, classes: bool
    ):
        """Learns from encoded rows, sparse or dense, and targets [N].

        Args:
            rows: Rows of features, as a `fields.Encoder` gives them.
            targets: [N] what is to be predicted.
            features: Number of features.
            classes: Whether targets are the classes 0 and 1.
        """
        from sklearn.linear_model import LogisticRegression, Ridge  # slow to import

        self._features, self._classes = features, classes
        kind: Any = LogisticRegression(C=1 / _STRENGTH, max_iter=_ITERATIONS)
        if not classes:
            kind = Ridge(_STRENGTH, solver="sparse_cg")
        self._model = kind.fit(_sparse(rows, self._features), targets)

    def __call__(self, rows: Mapping[str, npt.NDArray]) -> Floats:
        """Predicts probabilities of class 1, or targets, [N]."""
        if self._classes:
            return self._model.predict_proba(_sparse(rows, self._features))[:, 1]
        return self._model.predict(_sparse(rows, self._features))


def _sparse(rows: Mapping[str, npt.NDArray], features: int) -> Any:
    """The rows as a sparse matrix [N, 1 + D], whose column 0 is 0."""
    if "x" in rows:
        return sparse.csr_matrix(rows["x"])
    places, values = rows["places"], rows["values"]
    ends = np.arange(0, places.size + 1, places.shape[1])
    return sparse.csr_matrix((values.ravel(), places.ravel(), ends), (len(places), 1 + features))
