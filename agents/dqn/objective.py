"""The losses of DQN's batches: of means of returns, and of their distributions."""

from abc import abstractmethod
from dataclasses import replace

import tensorflow as tf

from agents.dqn.config import DQN
from agents.losses import (
    Soft,
    double_q_learning,
    legal,
    munchausen,
    of,
    project,
    quantile_regression,
    within,
)
from agents.networks.heads import Expectation
from agents.networks.implicit import Implicit
from agents.networks.network import Network
from agents.replayed.objective import Losses, NetworkObjective, Objective, Tensors

_PASSES = 4  # of a network in an update at most; each has noise of its own


def objective(config: DQN, network: Network) -> Objective:
    """The objective that settings ask for, of a network of the means [A] of returns."""
    kinds = {"none": Means, "c51": Categorical, "qr": Quantiles, "iqn": Quantiles}
    return kinds[config.distribution.kind](config, network)


class _QLearning(NetworkObjective[DQN]):
    """What the objectives share, with a network of the means [A] of returns."""

    passes = _PASSES

    def _soft(self, target: Tensors, q_t: tf.Tensor, batch: Tensors) -> Soft:
        """The parts of a Munchausen target, given the target network's values [B, A] of s_t."""
        config = self._config.munchausen
        before = self._pass(target, batch, "s_tm1", 2)  # [B, A]
        q_t = legal(q_t, batch.get("mask_t"))
        options = config.scale, config.temperature, config.clip
        return munchausen(before, batch["a_tm1"], q_t, *options)

    def _bounds(self, batch: Tensors) -> tf.Tensor | None:
        # Munchausen's bonus is no reward that was seen.
        return None if self._config.munchausen.scale else super()._bounds(batch)


class Means(_QLearning):
    """Q-learning of the means of returns (Mnih et al. 2015, and Double and Munchausen DQN).

    Deviations from the book's listing, each a bug there: one set of indices gives all columns of a
    minibatch (four separate draws mixed rows there); the stored action is the one taken; terminal
    states are marked, not recognised by an all-zero successor; truncation is not termination.
    """

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        a_tm1, r_t, discount_t = batch["a_tm1"], batch["r_t"], batch["discount_t"]  # [B] each
        q_t = self._pass(target, batch, "s_t", 0)  # [B, A]
        q_tm1 = self._pass(online, batch, "s_tm1", 1)  # [B, A]
        if self._config.munchausen.scale:
            soft = self._soft(target, q_t, batch)
            value_t = tf.reduce_sum(soft.policy_t * q_t, axis=-1) + soft.entropy_t  # [B]
            target_t = r_t + soft.bonus_tm1 + discount_t * value_t  # [B]
            td_error = tf.stop_gradient(target_t) - of(a_tm1, q_tm1)  # [B]
        else:
            double = self._config.double
            selector = self._pass(online, batch, "s_t", 2) if double else q_t
            td_error = double_q_learning(
                q_tm1,
                a_tm1,
                r_t,
                discount_t,
                q_t,
                legal(selector, batch.get("mask_t")),
                self._bounds(batch),
            )  # [B]
        return Losses(self._of_error(td_error), td_error, q_tm1, values=q_tm1)


class _Distributions(_QLearning):
    """Learning of distributions, whose network is that of the means without its last layer."""

    def __init__(self, config: DQN, network: Network):
        super().__init__(config, network)
        self._last = network.layers[-1]
        self._learned = replace(network, layers=network.layers[:-1])

    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        z_t = self._pass(target, batch, "s_t", 0, self._learned)  # [B, A, N]
        z_tm1 = self._pass(online, batch, "s_tm1", 1, self._learned)  # [B, A, N]
        return self._regression(z_tm1, z_t, online, target, batch)

    @abstractmethod
    def _regression(
        self, z_tm1: tf.Tensor, z_t: tf.Tensor, online: Tensors, target: Tensors, batch: Tensors
    ) -> Losses:
        """The losses, given the outputs [B, A, N] of both networks."""

    def _means(self, z: tf.Tensor) -> tf.Tensor:
        """Means [B, A] of distributions [B, A, N]."""
        return self._last.tensor((), z, None, None)[0]

    def _best(self, z_t: tf.Tensor, online: Tensors, batch: Tensors) -> tf.Tensor:
        """The best actions [B] in the successors, by the online network where it is double."""
        if self._config.double:
            z_t = self._pass(online, batch, "s_t", 2, self._learned)  # [B, A, N]
        q_t = legal(self._means(z_t), batch.get("mask_t"))  # [B, A]
        return tf.argmax(q_t, axis=-1, output_type=tf.int32)


class Categorical(_Distributions):
    """C51 (Bellemare et al. 2017): probabilities of evenly spaced returns."""

    def _regression(self, z_tm1, z_t, online, target, batch):
        assert isinstance(self._last, Expectation)
        config, bounds = self._config.distribution, self._bounds(batch)
        atoms = self._last.atoms(config.atoms)  # [N]
        chances_t = tf.nn.softmax(of(self._best(z_t, online, batch), z_t))  # [B, N]
        values_t = batch["r_t"][:, None] + batch["discount_t"][:, None] * atoms  # [B, N]
        values_t = within(values_t, bounds)
        wanted = project(values_t, chances_t, config.low, config.high, config.atoms)  # [B, N]
        wanted = tf.stop_gradient(wanted)
        logits = of(batch["a_tm1"], z_tm1)  # [B, N]
        each = -tf.reduce_sum(wanted * tf.nn.log_softmax(logits), axis=-1)  # [B]
        apart = each + tf.reduce_sum(tf.math.xlogy(wanted, wanted), axis=-1)  # [B]
        mean = tf.reduce_sum(tf.nn.softmax(logits) * atoms, axis=-1)  # [B]
        td_error = tf.reduce_sum(wanted * atoms, axis=-1) - mean  # [B]
        return Losses(each, td_error, mean, apart, self._means(z_tm1))


class Quantiles(_Distributions):
    """QR-DQN (Dabney et al. 2018) and IQN (Dabney et al. 2018b): quantiles of returns."""

    def _regression(self, z_tm1, z_t, online, target, batch):
        r_t, discount_t = batch["r_t"], batch["discount_t"]  # [B] each
        if self._config.munchausen.scale:
            soft = self._soft(target, self._means(z_t), batch)
            value_t = tf.reduce_sum(tf.expand_dims(soft.policy_t, -1) * z_t, axis=1)  # [B, N]
            r_t, value_t = r_t + soft.bonus_tm1, value_t + soft.entropy_t[:, None]
        else:
            value_t = of(self._best(z_t, online, batch), z_t)  # [B, N]
        target_t = r_t[:, None] + discount_t[:, None] * value_t  # [B, N]
        target_t = within(target_t, self._bounds(batch))
        taken = of(batch["a_tm1"], z_tm1)  # [B, N]
        places = self._places(batch)
        each = quantile_regression(taken, places, target_t, self._config.huber_delta)  # [B]
        td_error = tf.reduce_mean(target_t, axis=-1) - tf.reduce_mean(taken, axis=-1)  # [B]
        return Losses(each, tf.stop_gradient(td_error), taken, values=self._means(z_tm1))

    def _places(self, batch: Tensors) -> tf.Tensor:
        """The places [1, N] of the online network's quantiles."""
        for layer in self._learned.layers:
            if isinstance(layer, Implicit):
                return layer.places(batch["noise"][1])  # the noise of the pass before
        count = self._config.distribution.quantiles
        return (tf.range(count, dtype=tf.float32)[None] + 0.5) / count
