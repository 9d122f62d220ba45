"""The one-layer Q-network's updates."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.losses import q_learning
from agents.networks import get_variables, numpy_weights, one_layer_network, set_variables
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
        """Makes T updates from a rollout of T steps; returns the round's mean figures."""
        steps, streams = rollout.a_tm1.shape
        flat = rollout.transitions(self._config.discount)
        columns = (flat.s_tm1, flat.a_tm1, flat.r_t, flat.discount_t, flat.s_t)
        columns = [tf.constant(c.reshape(steps, streams, *c.shape[1:])) for c in columns]
        loss, td_error, mean_q = self._compiled(*columns)
        self.updates += steps
        return {"loss": float(loss), "td_error": float(td_error), "mean_q": float(mean_q)}

    def _run(self, s_tm1, a_tm1, r_t, discount_t, s_t):  # [T, B, ...] each
        figures = tf.zeros(3)
        steps = tf.shape(a_tm1)[0]
        for t in tf.range(steps):
            q_t = self._network(s_t[t])  # [B, A]
            with tf.GradientTape() as tape:
                q_tm1 = self._network(s_tm1[t])  # [B, A]
                td_error = q_learning(q_tm1, a_tm1[t], r_t[t], discount_t[t], q_t)  # [B]
                loss = tf.reduce_mean(tf.square(td_error))
            variables = self._network.trainable_variables
            self._optimizer.apply(tape.gradient(loss, variables), variables)
            figures += tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])
        return tf.unstack(figures / tf.cast(steps, tf.float32))

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
