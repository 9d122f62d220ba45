"""Bootstrapped DQN's losses: each member learns from its own target."""

import tensorflow as tf

from agents.bootstrapped.actor import LEARNERS
from agents.bootstrapped.config import Bootstrapped
from agents.losses import double_q_learning, legal
from agents.replayed.objective import Losses, NetworkObjective, Tensors


def bootstrapped_q_learning(
    q_tm1: tf.Tensor,  # [B, A, K]
    a_tm1: tf.Tensor,  # [B]
    r_t: tf.Tensor,  # [B]
    discount_t: tf.Tensor,  # [B]
    q_t_value: tf.Tensor,  # [B, A, K]
    q_t_selector: tf.Tensor,  # [B, A, K]
    bounds: tf.Tensor | None = None,  # [2]
) -> tf.Tensor:
    """TD errors [B, K] of K members, each with a target of its own (Osband et al. 2016, eq. 5).

    Member k bootstraps from its own values: `q_t_selector` chooses the action and `q_t_value`
    values it. Targets are kept within `bounds`, where they are given.
    """
    rows, actions, members = q_tm1.shape
    assert q_t_value.shape == q_t_selector.shape == (rows, actions, members)
    assert a_tm1.shape == r_t.shape == discount_t.shape == (rows,)

    def apart(q: tf.Tensor) -> tf.Tensor:
        return tf.reshape(tf.transpose(q, (0, 2, 1)), (-1, actions))  # [B * K, A]

    a, r, discount = (tf.repeat(column, members) for column in (a_tm1, r_t, discount_t))  # [B * K]
    values = (apart(q_t_value), apart(q_t_selector))
    td_error = double_q_learning(apart(q_tm1), a, r, discount, *values, bounds)  # [B * K]
    return tf.reshape(td_error, (-1, members))


class Members(NetworkObjective[Bootstrapped]):
    """The mean over members of their losses, of the steps that each of them learns from."""

    columns = (*NetworkObjective.columns, LEARNERS)

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        config = self._config
        q_tm1, _ = self._network.tensor(online, batch["s_tm1"])  # [B, A, K]
        q_t, _ = self._network.tensor(target, batch["s_t"])  # [B, A, K]
        selector = self._network.tensor(online, batch["s_t"])[0] if config.double else q_t
        td_error = bootstrapped_q_learning(
            q_tm1,
            batch["a_tm1"],
            batch["r_t"],
            batch["discount_t"],
            q_t,
            _legal(selector, batch),
            self._bounds(batch),
        )  # [B, K]
        learns = tf.cast(batch[LEARNERS], tf.float32)  # [B, K]
        size = tf.abs(td_error)  # [B, K]
        return Losses(
            tf.reduce_mean(learns * self._of_error(td_error), axis=-1),
            tf.reduce_mean(size, axis=-1),
            q_tm1,
            priority=tf.reduce_mean(learns * size, axis=-1),
        )


def _legal(q: tf.Tensor, batch: Tensors) -> tf.Tensor:
    """Action values [B, A, K] under which no member's best action is illegal."""
    return legal(q, batch["mask_t"][:, :, None]) if "mask_t" in batch else q
