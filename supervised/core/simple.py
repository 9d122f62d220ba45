"""Simple predictors that take no settings: controls that a network has to beat."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

_COMPONENTS = 50  # of pixels, before distances
_NEIGHBOURS = 3
_ITERATIONS = 1_000

NEIGHBOURS = f"{_NEIGHBOURS} nearest neighbours on {_COMPONENTS} principal components"
LOGISTIC = "logistic regression"

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


def neighbours_accuracy(images: Array, labels: Array, new: Array, answers: Array) -> float:
    """The share of new images whose class, of `answers` [M], `neighbours` finds."""
    return float(np.mean(neighbours(images, labels, new) == answers))


def neighbours(images: Array, labels: Array, new: Array) -> Array:
    """The commonest class among the nearest training images.

    Args:
        images: [N, ...] bytes, training images.
        labels: [N] their classes.
        new: [M, ...] bytes, images of the same size.

    Returns:
        [M] classes.
    """
    known, unknown = flat(images), flat(new)
    components = min(_COMPONENTS, *known.shape)
    analysis = PCA(components, svd_solver="covariance_eigh").fit(known)
    classifier = KNeighborsClassifier(min(_NEIGHBOURS, len(known)), algorithm="brute")
    classifier.fit(analysis.transform(known), labels)
    return classifier.predict(analysis.transform(unknown))


def logistic(x: Array, labels: Array, new: Array) -> Array:
    """Probabilities [M, C] of new rows [M, D] by logistic regression on rows [N, D]."""
    return LogisticRegression(max_iter=_ITERATIONS).fit(x, labels).predict_proba(new)


def principal(images: Array, new: Array, components: int) -> Floats:
    """New images [M, ...] as so many principal components of images [N, ...] give them back.

    Args:
        images: [N, ...] bytes.
        new: [M, ...] bytes, images of the same size.
        components: Numbers that an image is told by.

    Returns:
        [M, ...] pixels, white is 1.
    """
    analysis = PCA(components, svd_solver="covariance_eigh").fit(flat(images))
    back = analysis.inverse_transform(analysis.transform(flat(new)))
    return back.reshape(new.shape)


def flat(images: Array) -> Floats:
    """Images [N, ...] of bytes as rows of pixels from 0 to 1."""
    return np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
