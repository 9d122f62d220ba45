"""Makes recurrent layers from their settings; all of their draws follow from the job's seed."""

from typing import Any

import keras
from keras import layers

from supervised.core.job import Context
from supervised.core.settings import Cell

_LAYERS: dict[Cell, Any] = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
_Embedding: Any = layers.Embedding  # its annotations leave out what it documents
ops: Any = keras.ops  # and these have results that may be None


def mean_over_steps(states: Any, numbers: Any) -> Any:
    """The mean [B, D] of states [B, T, D] over the steps with a word; 0 where there is none.

    Keras' own pooling divides by 0 there.

    Args:
        states: The states, symbolic.
        numbers: [B, T] numbers of words, symbolic; 0 is no word.
    """
    there = ops.cast(ops.not_equal(numbers, 0), states.dtype)[:, :, None]  # [B, T, 1]
    return ops.sum(states * there, axis=1) / ops.maximum(ops.sum(there, axis=1), 1.0)


def recurrent(
    cell: Cell, units: int, context: Context, name: str, *, l2: float = 0.0, **options: Any
) -> Any:
    """A recurrent layer from [B, T, D] to its last state [B, units]; `options` are Keras' own.

    Input weights are Glorot's, recurrent ones orthogonal; the LSTM's forget gates start open. `l2`
    is the weight in the loss of the sum of all squared weights and biases.
    """
    weights, states = context.seed(f"{name}/weights"), context.seed(f"{name}/states")
    penalty = keras.regularizers.L2(l2) if l2 else None
    return _LAYERS[cell](
        units,
        kernel_initializer=keras.initializers.GlorotUniform(seed=weights),
        recurrent_initializer=keras.initializers.Orthogonal(seed=states),
        kernel_regularizer=penalty,
        recurrent_regularizer=penalty,
        bias_regularizer=penalty,
        name=name,
        **options,
    )


def whole_dropout(rate: float, context: Context, name: str) -> list[Any]:
    """Dropout of the same numbers in all steps [B, T, D] of an example; no layer at rate 0."""
    if not rate:
        return []
    dropout: Any = layers.SpatialDropout1D
    return [dropout(rate, seed=context.seed(f"{name}/dropout"), name=f"{name}_dropout")]


def as_in_the_book(cell: Cell, units: int, context: Context, **options: Any) -> Any:
    """A recurrent layer with the book's equations: its GRU resets the state before the product."""
    if cell == "gru":
        options = {"reset_after": False, **options}
    return recurrent(cell, units, context, cell, **options)


def embedding(words: int, size: int, context: Context, name: str = "embedding") -> Any:
    """A layer from numbers of words [B, T] to [B, T, size]; later layers mask number 0."""
    seed = context.seed(f"{name}/weights")
    initializer = keras.initializers.RandomUniform(-0.05, 0.05, seed=seed)
    return _Embedding(words, size, mask_zero=True, embeddings_initializer=initializer, name=name)
