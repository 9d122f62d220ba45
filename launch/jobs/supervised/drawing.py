"""Seeded inputs for a trained model, of the kind that its own first layers were made for."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

_ANY_LENGTH = 24  # of inputs that may have any
_UNKNOWN = "zzz unknown zzz"
_WORDS = 12  # of a text


def inputs(
    model: keras.Model, rng: np.random.Generator, rows: int
) -> Mapping[str, npt.NDArray[Any]]:
    """Draws rows for each input of a model, by its name.

    Numbers are around those of the training where the model scales them; words are those that it
    knows, and others; whole numbers are what embeddings have rows for.

    Args:
        model: The model.
        rng: Draws them.
        rows: How many.
    """
    every = list(_layers(model))
    return {
        each.name: _drawn(
            (rows, *(_ANY_LENGTH if size is None else size for size in each.shape[1:])),
            keras.backend.standardize_dtype(each.dtype),
            every,
            rng,
        )
        for each in model.inputs
    }


def with_gaps(
    drawn: Mapping[str, npt.NDArray[Any]], rng: np.random.Generator
) -> Mapping[str, npt.NDArray[Any]]:
    """The inputs with half of the numbers of a quarter of the rows missing."""
    found = {name: array.copy() for name, array in drawn.items()}
    for array in found.values():
        if np.issubdtype(array.dtype, np.floating):
            last = array[-(len(array) // 4) :]
            last[rng.random(last.shape) < 0.5] = np.nan
    return found


def _drawn(
    shape: tuple[int, ...], dtype: str, every: list[layers.Layer], rng: np.random.Generator
) -> npt.NDArray[Any]:
    if dtype == "string":
        return _texts(shape, every, rng)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if dtype == "uint8":
        return rng.integers(0, 256, shape, np.uint8)
    if np.issubdtype(np.dtype(dtype), np.integer):
        return rng.integers(0, _most(every), shape).astype(dtype)
    mean, std = _scale(shape, every)
    return (mean + std * rng.standard_normal(shape)).astype(dtype)


def _layers(model: Any) -> Iterator[layers.Layer]:
    """The layers of a model, and of models within it."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from _layers(layer)


def _texts(
    shape: tuple[int, ...], every: list[layers.Layer], rng: np.random.Generator
) -> npt.NDArray[np.object_]:
    """Words that the model knows and some that it does not; whole texts where a row is one."""
    known = {
        str(word)
        for layer in every
        if isinstance(layer, layers.StringLookup | layers.TextVectorization)
        for word in layer.get_vocabulary()
    }
    words = np.array([*sorted(known), _UNKNOWN, ""], object)
    rows, *rest = shape
    if rest:
        return rng.choice(words, shape)
    texts = [" ".join(rng.choice(words, rng.integers(1, _WORDS))) for _ in range(rows)]
    return np.array(texts, object)


def _most(every: list[layers.Layer]) -> int:
    """Above the largest whole number that any embedding has a row for."""
    sizes = [layer.input_dim for layer in every if isinstance(layer, layers.Embedding)]
    return min(sizes, default=2)


def _scale(shape: tuple[int, ...], every: list[layers.Layer]) -> tuple[Any, Any]:
    """Mean and standard deviation of numbers: those that the model scales by, where it does."""
    for layer in every:
        if isinstance(layer, layers.Normalization):
            mean, variance = (np.asarray(part) for part in (layer.mean, layer.variance))
            if mean.shape[-1:] == shape[-1:]:
                return mean, np.sqrt(variance)
    return 0.0, 1.0
