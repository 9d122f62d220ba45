"""Encodes tables for Keras: raw columns go in, scaled numbers and one-hot words come out.

The encoder is fitted on training rows and becomes the first part of the saved model, which then
takes the columns as they stand in a user's file. It is made of Keras' own layers and operations:
loading it needs nothing of this project.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from keras import layers, ops

from supervised.core.job import InputError
from supervised.datasets import tables
from supervised.datasets.source import DataError
from supervised.datasets.tables import Column

Scaling = Literal["standard", "minmax"]
"""`standard` gives mean 0 and variance 1; `minmax` maps the range of the training rows to [0, 1]
and clips what lies outside."""


def columns(frame: pd.DataFrame) -> dict[str, Any]:
    """A table's columns as tensors [N, 1], float32 for numbers and strings for the rest.

    The table has the encoder's columns and no others; their order is free.
    """
    return {str(name): _tensor(column) for name, column in frame.items()}


def encoder(
    frame: pd.DataFrame,
    numeric: Sequence[str],
    categorical: Sequence[str],
    scaling: Scaling = "standard",
) -> keras.Model:
    """A model from raw columns (see `columns`) to a float32 matrix [N, D].

    Numbers come first, in the order given, then a 0/1 column for each word of each categorical
    column that `frame` has, in alphabetical order; a word it lacks gives zeros. A missing number
    becomes the median; a constant column is only shifted. Every scale is that of the training rows,
    where the book (ch. 3) scales by all rows, and a number stays one column, where the book makes
    a column of each of the 1,544 values that `duration` has.

    Args:
        frame: The training rows, and no others.
    """
    inputs = {name: keras.Input((1,), name=name, dtype="float32") for name in numeric}
    inputs |= {name: keras.Input((1,), name=name, dtype="string") for name in categorical}
    parts = []
    if numeric:
        joined = layers.Concatenate(name="numbers")([inputs[name] for name in numeric])
        parts.append(scaled(joined, frame[list(numeric)].to_numpy(np.float32), scaling))
    for name in categorical:
        known = sorted(frame[name].astype(str).unique())
        parts.append(one_hot(inputs[name], known, f"{name}_words"))
    return keras.Model(inputs, layers.Concatenate(name="encoded")(parts), name="encoder")


def encode(encoder: keras.Model, frame: pd.DataFrame) -> npt.NDArray[np.float32]:
    """The encoded matrix [N, D] of a table."""
    return np.asarray(encoder(columns(frame)))


def export(encoder: keras.Model, core: Any) -> keras.Model:
    """The model to save: the encoder, followed by a model of the encoded matrix."""
    return keras.Model(encoder.input, core(encoder.output))


def read(
    inputs: Sequence[str],
    read_rows: Callable[[Path], pd.DataFrame],
    columns: Mapping[str, Column] | None = None,
    said: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a user's CSV files, and of texts that are one row.

    Args:
        inputs: Paths, and with `columns` texts: a word for each column, apart by commas.
        read_rows: Reads one file, such as `bank.read_rows`.
        columns: The columns of a text, and what is in them; None where all inputs are files.
        said: What a text should have, in words.

    Returns:
        All rows, and a table with the `file`, or with `columns` the `input`, and the `row` (from 1)
        of each, for the predictions.

    Raises:
        DataError: A file is not such a table.
        InputError: A text is no such row.
    """
    found = []
    for text in inputs:
        if columns is None or text.endswith((".csv", ".gz")):
            found.append(read_rows(Path(text)))
            continue
        try:
            found.append(tables.row(text, columns))
        except (ValueError, DataError):
            raise InputError(f"{text!r}: expected a CSV file, or {said}") from None
    name = "file" if columns is None else "input"
    places = [
        pd.DataFrame({name: text, "row": np.arange(1, len(table) + 1)})
        for text, table in zip(inputs, found, strict=True)
    ]
    return pd.concat(found, ignore_index=True), pd.concat(places, ignore_index=True)


def _tensor(column: pd.Series) -> tf.Tensor:
    if pd.api.types.is_numeric_dtype(column):
        return tf.constant(column.to_numpy(np.float32)[:, None])  # [N, 1]
    return tf.constant(column.astype(str).to_numpy(object)[:, None])  # [N, 1]


def one_hot(words: Any, known: Sequence[str], name: str) -> Any:
    """A 0/1 column for each known word of a column of words [N, 1]; others give zeros.

    Args:
        words: The column, symbolic.
    """
    lookup = layers.StringLookup(vocabulary=list(known), output_mode="one_hot", name=name)
    columns: Any = ops.cast(lookup(words), "float32")
    return columns[:, 1:]  # the first column counts unknown words


def scaled(numbers: Any, train: npt.NDArray[np.float32], scaling: Scaling) -> Any:
    """Numbers [N, D] without gaps, scaled by the training rows.

    Args:
        numbers: The numbers, symbolic.
        train: Those of the training rows, NaN where one is missing.
    """
    median = np.array([_median(column) for column in train.T])  # [D]
    known = np.where(np.isnan(train), median, train.astype(np.float64))  # [N, D]
    filled = ops.where(ops.isnan(numbers), median.astype(np.float32), numbers)
    low, high = known.min(axis=0), known.max(axis=0)
    constant = high == low  # exactly: a mean is rounded, and with it a standard deviation
    start, width = (
        (known.mean(axis=0), known.std(axis=0)) if scaling == "standard" else (low, high - low)
    )
    variance = np.where(constant, 1.0, width) ** 2
    found = layers.Normalization(mean=start, variance=variance, name="scaled")(filled)
    return found if scaling == "standard" else ops.clip(found, 0.0, 1.0)


def _median(column: npt.NDArray[np.float32]) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if known.size else 0.0
