"""Keras networks from observations to action values, and their weights for NumPy policies."""

# Keras annotates initializers as str and its ops as returning None: wrong, and not ours to mend.
# pyright: reportArgumentType=false, reportOptionalOperand=false, reportReturnType=false

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from gymnasium.spaces import Box, Discrete

from agents.policies import Weights


def q_network(
    observation_space: Box | Discrete,
    actions: int,
    *,
    hidden_sizes: Sequence[int],
    dueling: bool,
    seed: int,
) -> keras.Model:
    """A multi-layer perceptron that takes raw observations.

    Discrete observations enter one-hot, boxes flattened, bytes scaled to [0, 1]: the twin of
    `agents.policies.encode`, inside the model so that the exported file needs nothing else.

    Args:
        observation_space: What the observations are.
        actions: Number of actions A.
        hidden_sizes: Units of each hidden ReLU layer, in order.
        dueling: Whether to end in value and advantage heads (Wang et al. 2016).
        seed: Seeds the initial weights.

    Returns:
        A model from [B, ...] observations to [B, A] action values.
    """
    seeds = keras.random.SeedGenerator(seed)
    inputs, x = _encoded(observation_space)
    for units in hidden_sizes:
        x = keras.layers.Dense(
            units, "relu", kernel_initializer=keras.initializers.HeUniform(seeds)
        )(x)

    def head(units: int, name: str) -> keras.KerasTensor:
        initializer = keras.initializers.GlorotUniform(seeds)
        return keras.layers.Dense(units, kernel_initializer=initializer, name=name)(x)

    if dueling:
        value, advantage = head(1, "value"), head(actions, "advantage")
        mean = keras.ops.mean(advantage, axis=-1, keepdims=True)
        outputs = value + advantage - mean
    else:
        outputs = head(actions, "q")
    return keras.Model(inputs, outputs)


def one_layer_network(
    observation_space: Box | Discrete, actions: int, *, init_scale: float, seed: int
) -> keras.Model:
    """The book's network (section on Q-learning, chapter 10): input times W, no bias.

    Args:
        observation_space: What the observations are.
        actions: Number of actions A.
        init_scale: W starts uniform in [0, init_scale).
        seed: Seeds W.
    """
    inputs, x = _encoded(observation_space)
    initializer = keras.initializers.RandomUniform(0.0, init_scale, seed)
    outputs = keras.layers.Dense(actions, use_bias=False, kernel_initializer=initializer)(x)
    return keras.Model(inputs, outputs)


def numpy_weights(model: keras.Model) -> Weights:
    """The model's (kernel, bias) pairs as NumPy arrays, for `agents.policies.NetworkPolicy`.

    A layer without a bias gets a zero one.
    """
    weights: list[np.ndarray] = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            kernel, *bias = layer.get_weights()
            weights += [kernel, bias[0] if bias else np.zeros(kernel.shape[1], np.float32)]
    return tuple(weights)


def network_of(
    observation_space: Box | Discrete, weights: Weights, *, dueling: bool
) -> keras.Model:
    """The Keras twin of `agents.policies.NetworkPolicy` under the given weights, for export."""
    kernels = weights[::2]
    heads = 2 if dueling else 1
    model = q_network(
        observation_space,
        kernels[-1].shape[1],
        hidden_sizes=[kernel.shape[1] for kernel in kernels[:-heads]],
        dueling=dueling,
        seed=0,
    )
    dense = (layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
    for layer, kernel, bias in zip(dense, kernels, weights[1::2], strict=True):
        layer.set_weights([kernel, bias])
    return model


def all_finite(tensors: Sequence[Any]) -> Any:
    """Whether every element of every tensor is finite, as a scalar bool tensor."""
    each = [keras.ops.all(keras.ops.isfinite(tensor)) for tensor in tensors]
    return keras.ops.all(keras.ops.stack(each))


def get_variables(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """The variables' values in order, for a checkpoint."""
    return [np.asarray(variable) for variable in variables]


def set_variables(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    """Puts back what `get_variables` gave."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


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
