"""What keeps learning close to recorded actions: pure TensorFlow functions."""

import tensorflow as tf

from agents.losses import of


def conservative(q_tm1: tf.Tensor, a_tm1: tf.Tensor) -> tf.Tensor:  # [B, A], [B]
    """How far values exceed those of the recorded actions, [B], 0 or more.

    log Σ_a exp q_tm1(a) - q_tm1(a_tm1), the penalty of CQL(H) for discrete actions (Kumar et al.
    2020, equation 4).
    """
    q_tm1.shape.assert_has_rank(2)
    a_tm1.shape.assert_has_rank(1)
    return tf.reduce_logsumexp(q_tm1, axis=-1) - of(a_tm1, q_tm1)


def imitation(logits_tm1: tf.Tensor, a_tm1: tf.Tensor) -> tf.Tensor:  # [B, A], [B]
    """The cross-entropy [B] of recorded actions: minus the logarithm of their probability."""
    logits_tm1.shape.assert_has_rank(2)
    a_tm1.shape.assert_has_rank(1)
    return -of(a_tm1, tf.nn.log_softmax(logits_tm1))
