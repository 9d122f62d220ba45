"""Optimizers as pure functions over one flat vector of weights, one source each."""

from typing import NamedTuple

import tensorflow as tf

from agents.optimizer_config import OptimizerConfig

Rate = tf.Tensor | float


class OptimizerState(NamedTuple):
    """The state of an optimizer.

    Attributes:
        step: [] int32 updates made.
        mean: [P] running mean of the gradient.
        square: [P] running mean of its square.
    """

    step: tf.Tensor
    mean: tf.Tensor
    square: tf.Tensor


def start(weights: tf.Tensor) -> OptimizerState:
    """An optimizer before its first update of weights [P]."""
    zeros = tf.zeros_like(weights)
    return OptimizerState(tf.constant(0), zeros, zeros)


def update(
    config: OptimizerConfig,
    state: OptimizerState,
    weights: tf.Tensor,
    gradient: tf.Tensor,
    learning_rate: Rate,
) -> tuple[OptimizerState, tf.Tensor]:
    """One update of weights [P] by a gradient [P]; returns the new state and weights.

    Weight decay is apart from the gradient (Loshchilov and Hutter 2019): it takes off the share
    `learning_rate` times `weight_decay` of the weights before the update.
    """
    rule = {"adam": adam, "radam": radam, "rmsprop": rmsprop}[config.kind]
    state, change = rule(config, state, gradient, learning_rate)
    if config.weight_decay:
        weights = weights - learning_rate * config.weight_decay * weights
    return state, weights - change


def adam(
    config: OptimizerConfig, state: OptimizerState, gradient: tf.Tensor, learning_rate: Rate
) -> tuple[OptimizerState, tf.Tensor]:
    """What Adam takes off (Kingma and Ba 2015, in the order of operations of section 2).

    ε is added outside the bias correction, as in Keras.
    """
    state, t = _averaged(config, state, gradient)
    rate = learning_rate * tf.sqrt(1.0 - tf.pow(config.beta_2, t))
    rate = rate / (1.0 - tf.pow(config.beta_1, t))
    return state, rate * state.mean / (tf.sqrt(state.square) + config.epsilon)


def radam(
    config: OptimizerConfig, state: OptimizerState, gradient: tf.Tensor, learning_rate: Rate
) -> tuple[OptimizerState, tf.Tensor]:
    """What rectified Adam takes off (Liu et al. 2020, algorithm 2).

    While the variance of the adaptive rate is too large, it moves by the mean gradient alone; as in
    PyTorch that ends where their ρ is above 5.
    """
    state, t = _averaged(config, state, gradient)
    decayed = tf.pow(config.beta_2, t)
    longest = 2.0 / (1.0 - config.beta_2) - 1.0
    length = longest - 2.0 * t * decayed / (1.0 - decayed)  # ρ at t, and ρ at infinity above
    rise = (length - 4.0) * (length - 2.0) * longest
    rectified = tf.sqrt(
        tf.maximum(rise, 0.0) / ((longest - 4.0) * (longest - 2.0) * tf.maximum(length, 1.0))
    )
    adapted = rectified * tf.sqrt(1.0 - decayed) / (tf.sqrt(state.square) + config.epsilon)
    step = tf.where(length > 5.0, adapted, tf.ones_like(adapted))
    return state, learning_rate / (1.0 - tf.pow(config.beta_1, t)) * state.mean * step


def rmsprop(
    config: OptimizerConfig, state: OptimizerState, gradient: tf.Tensor, learning_rate: Rate
) -> tuple[OptimizerState, tf.Tensor]:
    """What RMSprop takes off (Tieleman and Hinton 2012), centred or not (Graves 2013, section 4).

    ε is added under the root. Neither form has momentum.
    """
    share = 1.0 - config.beta_2
    mean = state.mean + (gradient - state.mean) * share
    square = state.square + (tf.square(gradient) - state.square) * share
    # Rounding puts the square of the mean above the mean square where gradients hardly vary.
    variance = tf.maximum(square - tf.square(mean), 0.0) if config.centered else square
    change = learning_rate * gradient * tf.math.rsqrt(variance + config.epsilon)
    return OptimizerState(state.step + 1, mean, square), change


def _averaged(
    config: OptimizerConfig, state: OptimizerState, gradient: tf.Tensor
) -> tuple[OptimizerState, tf.Tensor]:
    """The state with a gradient taken in, and the number of the update as a float."""
    step = state.step + 1
    mean = state.mean + (gradient - state.mean) * (1.0 - config.beta_1)
    square = state.square + (tf.square(gradient) - state.square) * (1.0 - config.beta_2)
    return OptimizerState(step, mean, square), tf.cast(step, tf.float32)


def mix(average: tf.Tensor, weights: tf.Tensor, share: tf.Tensor | float) -> tf.Tensor:
    """An exponential moving average [P] that takes in a share of newer weights [P]."""
    return average + share * (weights - average)


def clip(gradient: tf.Tensor, max_norm: float) -> tf.Tensor:
    """A gradient [P] scaled down to a norm of at most `max_norm`; 0 leaves it alone."""
    if not max_norm:
        return gradient
    return gradient * (max_norm / tf.maximum(tf.norm(gradient), max_norm))
