"""Encodes rows of fields as rows of features by a vocabulary; saved as a Keras model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from supervised.core import training

ops: Any = keras.ops  # its annotations have results that may be None
_Lookup: Any = layers.IntegerLookup

Fields = Mapping[str, npt.NDArray[np.int64]]
Vocabulary = Mapping[str, npt.NDArray[np.int64]]


def commonest(fields: Fields, most: int) -> dict[str, npt.NDArray[np.int64]]:
    """The vocabulary: the commonest values of each field; equally common ones by number.

    A field without values gets one that no row has, because a lookup needs one.

    Args:
        fields: By name, [N, m] numbers of 0 or more, or -1 for no value.
        most: Most values of a field.
    """
    found = {}
    for name, values in fields.items():
        known, counts = np.unique(values[values >= 0], return_counts=True)
        found[name] = known[np.argsort(-counts, kind="stable")][:most]
        if not len(known):
            found[name] = np.array([np.iinfo(np.int64).max])
    return found


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """Turns fields into features by a vocabulary.

    Attributes:
        model: Model from fields {name: [B, m]} to {"places": [B, M], "values": [B, M]}, where place
            0 is no feature; if dense, to {"x": [B, 1 + D]}, where column 0 is no feature.
        features: D, the number of features.
        width: M, the most features of a row.
        dense: Whether rows have a column for each feature.
    """

    model: keras.Model
    features: int
    width: int
    dense: bool

    def __call__(self, fields: Fields) -> dict[str, npt.NDArray[Any]]:
        """The features of all rows, in memory."""
        found: Any = training.predict(self.model, fields)
        return found


def encoder(vocabulary: Vocabulary, widths: Mapping[str, int], *, dense: bool) -> Encoder:
    """Makes an encoder.

    A value counts 1, or a part of it where a row has several of a field; 0 where it is unknown.

    Args:
        vocabulary: The values of each field that become features.
        widths: m of each field, the most values that a row has of it.
    """
    inputs = {name: keras.Input((widths[name],), dtype="int64", name=name) for name in vocabulary}
    places, values, features = [], [], 0
    for name, known in vocabulary.items():
        lookup = _Lookup(vocabulary=[int(value) for value in known], name=f"{name}_places")
        found = lookup(inputs[name])
        there = ops.cast(found > 0, "float32")
        places.append(ops.where(found > 0, found + features, 0))
        values.append(there / ops.maximum(ops.sum(there, axis=1, keepdims=True), 1.0))
        features += len(known)
    rows = {
        "places": ops.cast(ops.concatenate(places, axis=1), "int32"),
        "values": ops.concatenate(values, axis=1),
    }
    if dense:
        spread = layers.CategoryEncoding(1 + features, output_mode="count", name="spread")
        rows = {"x": spread(rows["places"], count_weights=rows["values"])}
    width = sum(widths[name] for name in vocabulary)
    return Encoder(model=keras.Model(inputs, rows), features=features, width=width, dense=dense)
