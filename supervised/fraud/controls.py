"""Controls that a trained autoencoder must beat on encoded rows [N, D]; the book has none."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest

from supervised.core import training
from supervised.core.job import Context

Rows = npt.NDArray[np.float32]
Rank = Callable[[Rows], npt.NDArray[Any]]
"""A function from encoded rows [N, D] to scores [N], which are higher for suspicious rows."""

NAMES = {
    "squares": "the mean of z²",
    "untrained": "the same network untrained",
    "forest": "an isolation forest",
}


def fitted(untrained: keras.Model, train: Rows, context: Context) -> Mapping[str, Rank]:
    """Fits the controls; returns them by the keys of `comparison.NAMES`.

    Args:
        untrained: The autoencoder with its initial weights.
        train: The rows that the trained autoencoder learnt from.
    """
    forest = IsolationForest(random_state=context.seed("forest")).fit(train)
    return {
        "squares": lambda rows: np.square(rows).mean(axis=1),
        "untrained": lambda rows: errors(untrained, rows),
        "forest": lambda rows: -forest.score_samples(rows),
    }


def errors(autoencoder: keras.Model, rows: Rows) -> npt.NDArray[np.float32]:
    """The mean squared error of each row's reconstruction."""
    return np.square(rows - training.predict(autoencoder, rows)).mean(axis=1)
