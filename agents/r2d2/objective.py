"""The losses of R2D2's batches of sequences."""

import tensorflow as tf

from agents.losses import legal
from agents.network_actor import MEMORY
from agents.networks.unrolled import unrolled
from agents.r2d2.config import R2D2
from agents.r2d2.targets import sequence_td_errors
from agents.replayed.objective import Losses, NetworkObjective, Tensors

_GREATEST = 0.9  # η of Kapturowski et al. 2019: share of the greatest error in a priority


class SequenceObjective(NetworkObjective[R2D2]):
    """Double Q-learning along sequences, from the recurrent state that was stored at their start.

    Both networks first bring that state up to date over the burn-in, which no gradient reaches.
    """

    columns = (*NetworkObjective.columns, "played", MEMORY)

    passes = 2  # one for each network, in all steps

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        config, burn_in = self._config, self._config.sequence.burn_in
        q = self._values(online, batch, 0)  # [T + 1, B, A]
        selector = q[1:]  # [T, B, A]
        if "mask_t" in batch:
            selector = legal(selector, _by_time(batch["mask_t"])[burn_in:])
        steps = {
            name: _by_time(batch[name])[burn_in:]  # [T, B] each
            for name in ("a_tm1", "r_t", "discount_t", "played")
        }
        td_errors = sequence_td_errors(
            q[:-1],
            q_t_value=self._values(target, batch, 1)[1:],
            q_t_selector=selector,
            n=config.n_step,
            rescale=config.rescale,
            bounds=self._bounds(batch),
            **steps,
        )  # [T, B]
        each = self._of_error(td_errors)  # [T, B]
        played = tf.cast(steps["played"], tf.float32)  # [T, B]
        count = tf.reduce_sum(played, axis=0)  # [B], of which none is 0
        sizes = tf.abs(td_errors)  # [T, B]
        mean = tf.reduce_sum(sizes, axis=0) / count  # [B]
        greatest = tf.reduce_max(sizes, axis=0)  # [B]
        q_tm1 = tf.reduce_sum(played * tf.reduce_mean(q[:-1], axis=-1)) / tf.reduce_sum(count)
        return Losses(
            tf.reduce_mean(each, axis=0),  # every step counts the same: padding adds nothing
            mean,
            q_tm1,
            _GREATEST * greatest + (1.0 - _GREATEST) * mean,
        )

    def _values(self, weights: Tensors, batch: Tensors, number: int) -> tf.Tensor:
        """Action values [T + 1, B, A] at the T steps learned from and after the last of them."""
        burn_in = self._config.sequence.burn_in
        noise = batch["noise"][number] if "noise" in batch else None
        observations = tf.concat([_by_time(batch["s_tm1"]), batch["s_t"][None]], axis=0)
        played, state = _by_time(batch["played"])[:burn_in], batch[MEMORY]  # [.., B], [B, S]
        if burn_in:
            first = observations[:burn_in]
            _, state = unrolled(self._network, weights, first, state, played, noise)
            state = tf.stop_gradient(state)
        rest = observations[burn_in:]
        # Padding comes after the steps here, where the state does not matter any more.
        all_of_them = tf.ones(rest.shape[:2], tf.bool)
        return unrolled(self._network, weights, rest, state, all_of_them, noise)[0]


def _by_time(column: tf.Tensor) -> tf.Tensor:
    """A column [B, L, ...] as [L, B, ...]."""
    return tf.transpose(column, (1, 0, *range(2, len(column.shape))))
