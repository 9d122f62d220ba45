"""Temporal-difference errors and losses: pure TensorFlow functions, one source each."""

from typing import Literal, NamedTuple

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
    return tf.stop_gradient(target) - of(a_tm1, q_tm1)


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
    target = within(r_t + discount_t * of(best, q_t_value), bounds)
    return tf.stop_gradient(target) - of(a_tm1, q_tm1)


def within(target: tf.Tensor, bounds: tf.Tensor | None) -> tf.Tensor:
    """Targets of any shape, kept between the bounds [2] where there are any."""
    return target if bounds is None else tf.clip_by_value(target, bounds[0], bounds[1])


class Soft(NamedTuple):
    """What Munchausen targets are made of.

    Attributes:
        bonus_tm1: [B] added to the rewards.
        policy_t: [B, A] probabilities of the next actions.
        entropy_t: [B] added to the values of the successors.
    """

    bonus_tm1: tf.Tensor
    policy_t: tf.Tensor
    entropy_t: tf.Tensor


def munchausen(
    q_tm1: tf.Tensor,  # [B, A]
    a_tm1: tf.Tensor,  # [B]
    q_t: tf.Tensor,  # [B, A]
    scale: float,
    temperature: float,
    clip: float,
) -> Soft:
    """The parts of a Munchausen target (Vieillard et al. 2020, equation 2).

    The policy is π = softmax(q / τ). The reward gets α times τ ln π(a_tm1), which is kept in
    [clip, 0]; the next value is the policy's mean, and τ times its entropy.

    Args:
        q_tm1: The target network's values, at the state that was acted on.
        a_tm1: The actions taken.
        q_t: The target network's values at the successor, with illegal ones as `legal` has them.
        scale: α.
        temperature: τ.
        clip: The least value of τ ln π.
    """
    likely = temperature * tf.nn.log_softmax(q_tm1 / temperature)  # [B, A]
    bonus = scale * tf.clip_by_value(of(a_tm1, likely), clip, 0.0)
    policy = tf.nn.softmax(q_t / temperature)  # [B, A]
    surprise = -tf.math.xlogy(policy, policy)  # [B, A], 0 for an action that is never taken
    return Soft(bonus, policy, temperature * tf.reduce_sum(surprise, axis=-1))


def quantile_regression(
    z_tm1: tf.Tensor,  # [B, N]
    place_tm1: tf.Tensor,  # [B, N] or [1, N]
    target_t: tf.Tensor,  # [B, M]
    delta: float,
) -> tf.Tensor:
    """Quantile Huber losses [B] (Dabney et al. 2018, equation 10).

    The sum over quantiles of the mean over targets of |τ - 1(u < 0)| times Huber's loss of u, with
    u the target less the quantile. No gradient flows through the targets.

    Args:
        z_tm1: The quantiles of the returns of the actions taken.
        place_tm1: τ, the place of each quantile in (0, 1).
        target_t: Samples or quantiles of the returns aimed at.
        delta: κ, the error at which the loss turns linear.
    """
    still = tf.stop_gradient(z_tm1)  # [B, N]
    u = tf.stop_gradient(target_t)[:, :, None] - still[:, None, :]  # [B, M, N]
    place = place_tm1[:, None, :]
    bent = tf.clip_by_value(u, -delta, delta)  # [B, M, N]
    slope = bent * tf.where(u < 0.0, 1.0 - place, place)  # [B, M, N]
    each = tf.reduce_sum(tf.reduce_mean(slope * (u - 0.5 * bent), axis=1), axis=-1)  # [B]
    # The gradient by hand, out of the same pass over all pairs: a third of the time.
    gradient = -tf.reduce_mean(slope, axis=1)  # [B, N]
    return each + tf.reduce_sum(gradient * (z_tm1 - still), axis=-1)


def project(
    values: tf.Tensor,  # [B, M]
    chances: tf.Tensor,  # [B, M]
    low: float,
    high: float,
    atoms: int,
) -> tf.Tensor:
    """A distribution over any values as one over evenly spaced atoms, [B, atoms].

    Each value gives its probability to its two neighbours, to the nearer one the more (Bellemare
    et al. 2017, equation 7). Values are kept in [low, high].

    Args:
        values: What the probabilities are of.
        chances: Their probabilities.
        low: The first atom.
        high: The last atom.
        atoms: Number of atoms.
    """
    step = (high - low) / (atoms - 1)
    places = (tf.clip_by_value(values, low, high) - low) / step  # [B, M] in [0, atoms - 1]
    below = tf.floor(places)  # [B, M]
    numbers = tf.cast(below, tf.int32)  # [B, M]
    rows = tf.broadcast_to(tf.range(tf.shape(numbers)[0])[:, None], tf.shape(numbers))  # [B, M]
    # The atom above the last one gets nothing: the last one's share of it is 0.
    found = tf.zeros((numbers.shape[0], atoms + 1))
    for shift, share in ((0, 1.0 - (places - below)), (1, places - below)):
        where = tf.stack([rows, numbers + shift], axis=-1)  # [B, M, 2]
        found = tf.tensor_scatter_nd_add(found, where, share * chances)
    return found[:, :atoms]


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


def of_error(td_error: tf.Tensor, loss: Literal["huber", "squared"], delta: float) -> tf.Tensor:
    """The loss of TD errors, of any shape: Huber's with `delta`, or half the square."""
    return huber(td_error, delta) if loss == "huber" else 0.5 * tf.square(td_error)


def of(actions: tf.Tensor, q: tf.Tensor) -> tf.Tensor:
    """What q [B, A] or [B, A, N] has for the actions [B]; XLA compiles a gather for longer."""
    taken = tf.one_hot(actions, q.shape[1])  # [B, A]
    if len(q.shape) == 2:
        return tf.reduce_sum(q * taken, axis=-1)
    return tf.reduce_sum(q * taken[..., None], axis=1)
