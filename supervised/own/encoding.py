"""A user's columns as the numbers that a perceptron takes, in the first layers of the saved model.

The model has two inputs, however many columns there are: `numbers` and `words`.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from keras import layers

from supervised.core import tabular, training
from supervised.core.job import Context
from supervised.own.columns import Columns

_AT_ONCE = 20_000  # rows whose words are tensors at the same time


def encoder(columns: Columns, train: npt.NDArray[np.float32]) -> keras.Model:
    """A model from `numbers` [N, D] and `words` [N, W] to a float32 matrix.

    Numbers come first, scaled to mean 0 and variance 1, missing ones at the median; then a 0/1
    column for each word that is told apart.

    Args:
        train: [N, D] the numbers of the training rows.
    """
    inputs: dict[str, Any] = {}
    parts: list[Any] = []
    if train.shape[1]:
        inputs["numbers"] = keras.Input((train.shape[1],), name="numbers", dtype="float32")
        parts.append(tabular.scaled(inputs["numbers"], train, "standard"))
    if columns.words:
        inputs["words"] = keras.Input((len(columns.words),), name="words", dtype="string")
        for number, known in enumerate(columns.words.values()):
            column: Any = inputs["words"]
            column = column[:, number : number + 1]
            parts.append(tabular.one_hot(column, known, f"words_{number + 1}"))
    encoded = layers.Concatenate(name="encoded")(parts) if len(parts) > 1 else parts[0]
    return keras.Model(inputs, encoded, name="encoder")


def sources(columns: Columns) -> list[str]:
    """The column that each number of an encoded row comes from."""
    words = [name for name, known in columns.words.items() for _ in known]
    return [*columns.sources(), *words]


def applied(
    model: keras.Model,
    numbers: npt.NDArray[np.float32],
    words: npt.NDArray[Any],
    context: Context,
    what: str,
) -> npt.NDArray[np.float32]:
    """The outputs of a model of `numbers` and `words`, some thousand rows after the others.

    Args:
        numbers: [N, D].
        words: [N, W].
        context: Is told how many of many rows are done.
        what: What is done, for a reader.
    """
    count, found = len(numbers), []
    for start in range(0, count, _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        x: dict[str, Any] = {"numbers": numbers[rows]} if numbers.shape[1] else {}
        if words.shape[1]:
            x["words"] = tf.constant(words[rows])
        found.append(training.predict(model, x))
        if count > _AT_ONCE:
            context.activity(f"{what}: {len(numbers[: rows.stop]):,} of {count:,} rows")
    return np.concatenate(found)


def coded(
    columns: Columns, numbers: npt.NDArray[np.float32], words: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float32], list[bool]]:
    """The columns as trees take them: words as places among the known ones, NaN for others.

    Returns:
        [N, D + W], and of each column whether it is one of words.
    """
    places = [
        np.where(codes < 0, np.nan, codes)
        for number, known in enumerate(columns.words.values())
        for codes in [pd.Categorical(words[:, number], categories=list(known)).codes]
    ]
    whole = np.column_stack([numbers, *places]).astype(np.float32)
    return whole, [False] * numbers.shape[1] + [True] * len(places)
