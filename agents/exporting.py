"""Policies as Keras models, which users load without anything of ours."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportArgumentType=false, reportOptionalOperand=false, reportReturnType=false

import keras
import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.policies import Weights


def to_keras(observation_space: Box | Discrete, weights: Weights, *, dueling: bool) -> keras.Model:
    """The Keras twin of `agents.policies.NetworkPolicy` under the given weights.

    It takes raw observations [B, ...]: discrete ones enter one-hot, boxes flattened, bytes scaled
    to [0, 1], all inside the model; and gives action values [B, A].
    """
    kernels = weights[::2]
    heads = 2 if dueling else 1
    inputs, x = _encoded(observation_space)
    for kernel in kernels[:-heads]:
        x = keras.layers.Dense(kernel.shape[1], "relu")(x)
    outputs = [keras.layers.Dense(kernel.shape[1])(x) for kernel in kernels[-heads:]]
    if dueling:
        value, advantage = outputs
        mean = keras.ops.mean(advantage, axis=-1, keepdims=True)
        model = keras.Model(inputs, value + advantage - mean)
    else:
        model = keras.Model(inputs, outputs[0])
    for layer, kernel, bias in zip(_dense(model), kernels, weights[1::2], strict=True):
        layer.set_weights([kernel, bias])
    return model


def from_keras(model: keras.Model) -> Weights:
    """The (kernel, bias) pairs of a model that `to_keras` made."""
    return tuple(array for layer in _dense(model) for array in layer.get_weights())


def _dense(model: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def _encoded(space: Box | Discrete) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    if isinstance(space, Discrete):
        inputs = keras.Input((), dtype="int32", name="observation")
        return inputs, keras.ops.one_hot(inputs, int(space.n))
    assert space.dtype is not None
    inputs = keras.Input(space.shape, dtype=space.dtype.name, name="observation")
    x = keras.ops.cast(inputs, "float32")
    if space.dtype == np.uint8:
        x = keras.layers.Rescaling(1 / 255)(x)
    return inputs, keras.layers.Flatten()(x)
