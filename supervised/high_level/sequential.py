"""Keras' Sequential demonstration of chapter 8: 100 inputs, 64 units, 10 classes.

The book trains it on no particular data and prints no result. Here the classes are those of noisy
linear scores, so that the best possible accuracy is known. Its old names (`nb_epoch`, `output_dim`,
`predict_classes`) are gone from Keras; five epochs are too few to get anywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, networks, scores, simple, training
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.datasets.source import DataError, DataKind
from supervised.high_level.configs import SequentialConfig

_INPUTS, _CLASSES = 100, 10
NAMES = tuple(f"class_{number}" for number in range(_CLASSES))


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Rows, and for each the class with the highest of ten noisy scores.

    Attributes:
        x: [N, 100] float32, normally distributed.
        y: [N] int32 classes.
        best: [N] the class with the highest score without noise: the best possible prediction.
    """

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.int32]
    best: npt.NDArray[np.int64]
    name: str = "noisy linear scores"
    kind: DataKind = "synthetic"


def run(config: SequentialConfig, context: Context) -> Result:
    """Trains on generated rows and scores other generated rows once."""
    parts = _parts(config, context)
    train, validation, test = (Examples(x=part.x, y=part.y) for part in parts)
    model = networks.perceptron(_INPUTS, _CLASSES, config.network, context)
    classifiers.train(model, train, validation, config, "noisy scores", context)
    on_validation = classifiers.validation_metrics(model, validation, NAMES)
    finished = classifiers.with_probabilities(model)
    context.model(finished)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    metrics, probabilities = classifiers.test_metrics(finished, test, NAMES)
    classifiers.show(test.y, probabilities, NAMES, "noisy scores, test rows", context)
    beside = scores.classification(test.y, simple.logistic(parts[0].x, train.y, parts[2].x), NAMES)
    return Result(
        metrics={**metrics, **scores.named("logistic", beside)},
        validation=on_validation,
        baseline=scores.majority(train.y, test.y),
        optimum=float(np.mean(parts[2].best == test.y)),
        controls={"logistic": simple.LOGISTIC},
        test_rows=len(test),
    )


def evaluate(config: SequentialConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test rows."""
    test = _parts(config, context)[2]
    return classifiers.test_metrics(model, Examples(x=test.x, y=test.y), NAMES)[0]


def predict(
    config: SequentialConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts the classes of a user's rows: CSV files of 100 numbers a row, without a header.

    Raises:
        InputError: A file has other columns.
        DataError: It cannot be read.
    """
    tables = []
    for name in inputs:
        try:
            rows = np.loadtxt(name, np.float32, delimiter=",", ndmin=2)
        except OSError as error:
            raise DataError(f"{name}: cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise InputError(f"{name}: expected rows of numbers ({error})") from None
        if rows.shape[1] != _INPUTS:
            raise InputError(f"{name}: has {rows.shape[1]} numbers a row, expected {_INPUTS}")
        probabilities = training.predict(model, rows)
        found = {"file": name, "row": np.arange(1, len(rows) + 1)}
        tables.append(
            pd.DataFrame(found).assign(
                answer=np.array(NAMES)[probabilities.argmax(axis=1)],
                probability=probabilities.max(axis=1),
            )
        )
    return pd.concat(tables, ignore_index=True)


def _parts(config: SequentialConfig, context: Context) -> list[Scored]:
    """Training, validation and test rows, whose scores come from the same weights."""
    rng: Any = context.rng("rows")
    weights = rng.normal(size=(_INPUTS, _CLASSES)) / np.sqrt(_INPUTS)

    def drawn(count: int) -> Scored:
        x = rng.normal(size=(count, _INPUTS)).astype(np.float32)
        clean = x @ weights
        noisy = clean + config.noise * rng.normal(size=clean.shape)
        return Scored(x=x, y=noisy.argmax(axis=1).astype(np.int32), best=clean.argmax(axis=1))

    half = config.rows // 2
    return [
        context.load(lambda _, count=count: drawn(count)) for count in (config.rows, half, half)
    ]
