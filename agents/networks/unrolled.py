"""A network over many steps in their order, in TensorFlow: what learners of sequences compute."""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from agents.networks.layer import Layer
from agents.networks.network import Network


def unrolled(
    network: Network,
    weights: Mapping[str, tf.Tensor],
    observations: tf.Tensor,
    state: tf.Tensor,
    played: tf.Tensor,
    noise: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """The outputs of a network at each of L steps.

    Layers without a state take all steps at once: only the others go step by step.

    Args:
        network: One with a state.
        weights: The arrays by name.
        observations: [L, B, ...] raw observations.
        state: [B, S] state before the first step.
        played: [L, B] bool, the steps that are none leave the state as it is.
        noise: [1, Z] standard normal draws, the same for all steps, or None for no noise.

    Returns:
        The outputs [L, B, ...], and the state [B, S] after the last step.
    """
    rows = tf.reshape(observations, (-1, *observations.shape[2:]))  # [L B, ...]
    x, states = network.inputs.tensor(rows), []
    for layer, _, names, where, draws in network.places:
        w, e = [weights[name] for name in names], None
        if noise is not None and draws is not None:
            e = noise[:, draws]
        if where is None:
            x, _ = layer.tensor(w, x, None, e)
        else:
            steps = _by_steps(x, played)  # [L, B, ...]
            y, after = _recurrent(layer, w, steps, state[:, where], played, e)
            x = tf.reshape(y, (-1, *y.shape[2:]))  # [L B, ...]
            states.append(after)
    return _by_steps(x, played), tf.concat(states, axis=-1)


def _by_steps(rows: tf.Tensor, played: tf.Tensor) -> tf.Tensor:
    """Rows [L B, ...] as [L, B, ...]."""
    return tf.reshape(rows, (*played.shape, *rows.shape[1:]))


def _recurrent(
    layer: Layer,
    w: Sequence[tf.Tensor],
    x: tf.Tensor,
    state: tf.Tensor,
    played: tf.Tensor,
    noise: tf.Tensor | None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """The outputs [L, B, ...] of a layer at inputs [L, B, ...], and its state after them.

    A loop: written out, 24 steps are compiled for ten times as long.
    """
    length = x.shape[0]
    outputs = tf.TensorArray(tf.float32, length)

    def step(t, h, outputs):
        y, after = layer.tensor(w, x[t], h, noise)
        return t + 1, tf.where(played[t][:, None], after, h), outputs.write(t, y)

    _, after, outputs = tf.while_loop(
        lambda t, *_: t < length, step, (0, state, outputs), maximum_iterations=length
    )
    return outputs.stack(), after
