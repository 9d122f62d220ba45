"""Temporal-difference errors and losses: pure TensorFlow functions, one source each."""

import tensorflow as tf


def q_learning(
    q_tm1: tf.Tensor,  # [B, A]
    a_tm1: tf.Tensor,  # [B]
    r_t: tf.Tensor,  # [B]
    discount_t: tf.Tensor,  # [B]
    q_t: tf.Tensor,  # [B, A]
) -> tf.Tensor:
    """Q-learning TD errors [B] (Watkins 1989): r + γ max_a q_t(a) - q_tm1(a_tm1).

    No gradient flows through the target. With `q_t` from a target network these are the errors of
    Mnih et al. 2015.
    """
    target = r_t + discount_t * tf.reduce_max(q_t, axis=-1)
    return tf.stop_gradient(target) - _of(a_tm1, q_tm1)


def double_q_learning(
    q_tm1: tf.Tensor,  # [B, A]
    a_tm1: tf.Tensor,  # [B]
    r_t: tf.Tensor,  # [B]
    discount_t: tf.Tensor,  # [B]
    q_t_value: tf.Tensor,  # [B, A]
    q_t_selector: tf.Tensor,  # [B, A]
    bounds: tf.Tensor | None = None,  # [2]
) -> tf.Tensor:
    """Double Q-learning TD errors [B] (van Hasselt et al. 2016, equation 4).

    `q_t_selector` (the online network's values) chooses the action, `q_t_value` (the target
    network's) values it. With the same values for both it is `q_learning`. Targets are kept within
    `bounds`, where they are given (Andrychowicz et al. 2017, appendix A).
    """
    best = tf.argmax(q_t_selector, axis=-1, output_type=tf.int32)
    target = r_t + discount_t * _of(best, q_t_value)
    if bounds is not None:
        target = tf.clip_by_value(target, bounds[0], bounds[1])
    return tf.stop_gradient(target) - _of(a_tm1, q_tm1)


def legal(q: tf.Tensor, action_mask: tf.Tensor | None) -> tf.Tensor:  # [..., A] both
    """Action values under which no illegal action is the best, for the maximum in a target.

    Args:
        q: Action values.
        action_mask: The legal actions, at least one in each state; None where all are.
    """
    return q if action_mask is None else tf.where(action_mask, q, q.dtype.min)


def return_bounds(lowest: float, highest: float, discount: float) -> tuple[float, float]:
    """Bounds of the discounted sum of one or more rewards.

    An episode may end at any step. So the smallest sum of positive rewards is a single one, and so
    is the largest sum of negative ones.

    Args:
        lowest: The least reward of a step.
        highest: The greatest one.
        discount: γ; with 1 a sum has no bound on the side where rewards add up.
    """
    steps = 1.0 / (1.0 - discount) if discount < 1 else float("inf")
    low = lowest * steps if lowest < 0 else lowest
    high = highest * steps if highest > 0 else highest
    return low, high


def huber(td_error: tf.Tensor, delta: float) -> tf.Tensor:
    """Huber loss (1964): half the square within `delta`, linear outside, smooth at the seam."""
    size = tf.abs(td_error)
    inside = tf.minimum(size, delta)
    return 0.5 * tf.square(inside) + delta * (size - inside)


def _of(actions: tf.Tensor, q: tf.Tensor) -> tf.Tensor:
    """The values [B] of the actions [B] among q [B, A]; XLA compiles a gather for longer."""
    return tf.reduce_sum(q * tf.one_hot(actions, q.shape[-1]), axis=-1)
