"""TD errors along sequences: pure TensorFlow functions."""

import tensorflow as tf

from agents.losses import within

EPSILON = 1e-3
"""The linear share of the rescaling, as in Kapturowski et al. 2019."""


def rescaled(x: tf.Tensor) -> tf.Tensor:
    """h(x) = sign(x) (sqrt(|x| + 1) - 1) + εx of any shape (Pohlen et al. 2018, section 3.2)."""
    return tf.sign(x) * (tf.sqrt(tf.abs(x) + 1.0) - 1.0) + EPSILON * x


def unscaled(x: tf.Tensor) -> tf.Tensor:
    """What `rescaled` turns into x, of any shape (Pohlen et al. 2018, proposition A.2)."""
    size = tf.abs(x) + 1.0 + EPSILON
    root = tf.sqrt(1.0 + 4.0 * EPSILON * size)
    # For (root - 1) / 2ε, which would take all but three digits away.
    return tf.sign(x) * (tf.square(2.0 * size / (root + 1.0)) - 1.0)


def sequence_td_errors(
    q_tm1: tf.Tensor,  # [T, B, A]
    a_tm1: tf.Tensor,  # [T, B]
    r_t: tf.Tensor,  # [T, B]
    discount_t: tf.Tensor,  # [T, B]
    q_t_value: tf.Tensor,  # [T, B, A]
    q_t_selector: tf.Tensor,  # [T, B, A]
    played: tf.Tensor,  # [T, B]
    *,
    n: int,
    rescale: bool,
    bounds: tf.Tensor | None = None,  # [2]
) -> tf.Tensor:
    """Double Q-learning TD errors [T, B] over n steps (Kapturowski et al. 2019, section 2.3).

    The target of a step is h(r + γ r' + ... + γ^n h⁻¹(q)), with the target network's value q of the
    action that is best by the online network's. It is of fewer steps where the sequence ends, and
    no value follows a termination. No gradient flows through the targets.

    Args:
        q_tm1: The online network's values at the observations that were acted on.
        a_tm1: The actions taken.
        r_t: The rewards.
        discount_t: γ, or 0 where the step terminated.
        q_t_value: The target network's values at the steps' successors.
        q_t_selector: The online network's values there, illegal ones as `legal` has them.
        played: Which steps are none of padding, first ones in their column; others have error 0.
        n: Steps of a target, at least 1.
        rescale: Whether values are those of returns under h; without, h is left out.
        bounds: Between which the returns aimed at are kept, before h; None for no bounds.
    """
    for each in (q_t_value, q_t_selector):
        each.shape.assert_is_compatible_with(q_tm1.shape)
    for each in (a_tm1, r_t, discount_t, played):
        each.shape.assert_is_compatible_with(q_tm1.shape[:-1])
    actions = q_tm1.shape[-1]
    best = tf.one_hot(tf.argmax(q_t_selector, axis=-1), actions)  # [T, B, A]
    v_t = tf.reduce_sum(q_t_value * best, axis=-1)  # [T, B]
    if rescale:
        v_t = unscaled(v_t)
    goes_on = tf.concat([played[1:], tf.zeros_like(played[:1])], axis=0)  # [T, B]
    target = r_t + discount_t * v_t  # [T, B]
    for _ in range(n - 1):
        later = tf.concat([target[1:], v_t[-1:]], axis=0)  # [T, B]
        target = r_t + discount_t * tf.where(goes_on, later, v_t)
    target = within(target, bounds)
    if rescale:
        target = rescaled(target)
    taken = tf.reduce_sum(q_tm1 * tf.one_hot(a_tm1, actions), axis=-1)  # [T, B]
    return tf.where(played, tf.stop_gradient(target) - taken, 0.0)
