"""The last layer of batch-constrained values: unlikely actions lose."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportOptionalOperand=false, reportIncompatibleMethodOverride=false

from dataclasses import dataclass

import numpy as np

from agents.networks.layer import Layer, Shape

_LOST = np.float32(-1e30)


@dataclass(frozen=True)
class Constrained(Layer):
    """Values of likely actions, and -1e30 for others: [.., A, 2] to [.., A].

    Of the two numbers of an action the first is its value, the second the logit of its probability.
    An action is likely if it has at least the share `threshold` of the probability of the likeliest
    (Fujimoto et al. 2019b, equation 17).
    """

    threshold: float

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2 or shape[1] != 2:
            raise ValueError(f"Constrained takes [actions, 2], not {list(shape)}.")
        return shape[:1]

    def numpy(self, w, x, state, noise):
        q, logits = x[..., 0], x[..., 1]  # [N, BLOCK, A] each
        share = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.where(share >= np.float32(self.threshold), q, _LOST), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        q, logits = tf.unstack(x, num=2, axis=-1)  # [B, A] each
        share = tf.exp(logits - tf.reduce_max(logits, axis=-1, keepdims=True))
        return tf.where(share >= self.threshold, q, _LOST), state

    def keras(self, w, x, state):
        import keras

        q, logits = x[..., 0], x[..., 1]  # [B, A] each
        share = keras.ops.exp(logits - keras.ops.max(logits, axis=-1, keepdims=True))
        return keras.ops.where(share >= self.threshold, q, float(_LOST)), state
