"""The one-layer Q-network's updates."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.divergence import check
from agents.losses import q_learning
from agents.networks import (
    all_finite,
    get_variables,
    numpy_weights,
    one_layer_network,
    set_variables,
)
from agents.policies import Weights
from agents.q_network.config import QNetworkConfig
from agents.transitions import Rollout


class QNetworkLearner:
    """Learns online: each time step of all streams is one gradient step, in time order.

    Deviations from the book's listing, each a bug there: terminal states do not bootstrap; ε is a
    schedule over environment steps instead of changing only where an episode happens to terminate,
    and stays high in the catalog's experiment; success is measured on the greedy policy, not over
    training episodes; everything is seeded.
    """

    def __init__(
        self,
        config: QNetworkConfig,
        *,
        observation_space: Box | Discrete,
        actions: int,
        network_seed: int,
    ):
        """Builds the network.

        Args:
            config: The settings.
            observation_space: What the observations are.
            actions: Number of actions A.
            network_seed: Seeds the initial weights.
        """
        self._config = config
        self._network = one_layer_network(
            observation_space, actions, init_scale=config.init_scale, seed=network_seed
        )
        self._optimizer = keras.optimizers.SGD(config.learning_rate)
        self._optimizer.build(self._network.trainable_variables)
        self._compiled = tf.function(self._run, jit_compile=True)
        self.updates = 0

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Makes T updates from a rollout of T steps; returns the round's mean figures.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        columns = (
            rollout.s_tm1,
            rollout.a_tm1,
            rollout.r_t.astype(np.float32),
            np.where(rollout.terminated_t, 0.0, self._config.discount).astype(np.float32),
            rollout.s_t,
            (~rollout.dropped_t).astype(np.float32),
        )
        figures, made, loss, sound = self._compiled(*(tf.constant(column) for column in columns))
        self.updates += int(made)
        check(self.updates, float(loss), bool(sound))
        return dict(zip(("loss", "td_error", "mean_q"), figures.numpy().tolist(), strict=True))

    def _run(self, s_tm1, a_tm1, r_t, discount_t, s_t, kept_t):  # [T, B, ...] each
        figures, loss, t = tf.zeros(3), tf.constant(0.0), tf.constant(0)
        while t < tf.shape(a_tm1)[0] and tf.math.is_finite(loss):
            q_t = self._network(s_t[t])  # [B, A]
            with tf.GradientTape() as tape:
                q_tm1 = self._network(s_tm1[t])  # [B, A]
                td_error = q_learning(q_tm1, a_tm1[t], r_t[t], discount_t[t], q_t)  # [B]
                td_error *= kept_t[t]  # a dropped step has nothing to teach
                loss = tf.reduce_mean(tf.square(td_error))
            variables = self._network.trainable_variables
            self._optimizer.apply(tape.gradient(loss, variables), variables)
            figures += tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])
            t += 1
        # Once per call: weights that an update spoils show in the very next loss.
        sound = all_finite([loss, *self._network.trainable_variables])
        return figures / tf.cast(t, tf.float32), t, loss, sound

    def weights(self) -> Weights:
        """The network's weights, for `agents.policies.NetworkPolicy`."""
        return numpy_weights(self._network)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {
            "network": get_variables(self._network.variables),
            "optimizer": get_variables(self._optimizer.variables),
            "updates": self.updates,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        set_variables(self._network.variables, state["network"])
        set_variables(self._optimizer.variables, state["optimizer"])
        self.updates = int(state["updates"])
