"""Optimizers as pure functions over one flat vector of weights, one source each."""

from typing import NamedTuple

import tensorflow as tf

_BETA_1, _BETA_2 = 0.9, 0.999
_EPSILON = 1e-7


class AdamState(NamedTuple):
    """The state of Adam.

    Attributes:
        step: [] int32 updates made.
        mean: [P] running mean of the gradient.
        square: [P] running mean of its square.
    """

    step: tf.Tensor
    mean: tf.Tensor
    square: tf.Tensor


def adam_start(weights: tf.Tensor) -> AdamState:
    """Adam before its first update of weights [P]."""
    zeros = tf.zeros_like(weights)
    return AdamState(tf.constant(0), zeros, zeros)


def adam(
    state: AdamState, weights: tf.Tensor, gradient: tf.Tensor, learning_rate: tf.Tensor | float
) -> tuple[AdamState, tf.Tensor]:
    """One update of weights [P] (Kingma and Ba 2015, in the order of operations of section 2).

    ε is 1e-7 and is added outside the bias correction, as in Keras.
    """
    step = state.step + 1
    t = tf.cast(step, tf.float32)
    mean = state.mean + (gradient - state.mean) * (1.0 - _BETA_1)
    square = state.square + (tf.square(gradient) - state.square) * (1.0 - _BETA_2)
    rate = learning_rate * tf.sqrt(1.0 - tf.pow(_BETA_2, t)) / (1.0 - tf.pow(_BETA_1, t))
    weights = weights - rate * mean / (tf.sqrt(square) + _EPSILON)
    return AdamState(step, mean, square), weights


def mix(average: tf.Tensor, weights: tf.Tensor, share: tf.Tensor | float) -> tf.Tensor:
    """An exponential moving average [P] that takes in a share of newer weights [P]."""
    return average + share * (weights - average)


def clip(gradient: tf.Tensor, max_norm: float) -> tf.Tensor:
    """A gradient [P] scaled down to a norm of at most `max_norm`; 0 leaves it alone."""
    if not max_norm:
        return gradient
    return gradient * (max_norm / tf.maximum(tf.norm(gradient), max_norm))
