"""The one-layer Q-network's updates."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.divergence import check
from agents.losses import q_learning
from agents.networks import encode
from agents.policies import Weights, input_size
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
        network_rng: np.random.Generator,
    ):
        """Makes the network: input times W, without a bias.

        Args:
            config: The settings.
            observation_space: What the observations are.
            actions: Number of actions A.
            network_rng: Draws the initial weights.
        """
        self._config, self._space = config, observation_space
        shape = (input_size(observation_space), actions)
        kernel = network_rng.uniform(0.0, config.init_scale, shape)
        self._kernel = tf.constant(kernel.astype(np.float32))  # [D, A]
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
        self._kernel, figures, made, loss, sound = self._compiled(
            self._kernel, *(tf.constant(column) for column in columns)
        )
        self.updates += int(made)
        check(self.updates, float(loss), bool(sound))
        return dict(zip(("loss", "td_error", "mean_q"), figures.numpy().tolist(), strict=True))

    def _run(self, kernel, s_tm1, a_tm1, r_t, discount_t, s_t, kept_t):  # [T, B, ...] each
        figures, loss, t = tf.zeros(3), tf.constant(0.0), tf.constant(0)
        while t < tf.shape(a_tm1)[0] and tf.math.is_finite(loss):
            q_t = encode(self._space, s_t[t]) @ kernel  # [B, A]
            with tf.GradientTape() as tape:
                tape.watch(kernel)
                q_tm1 = encode(self._space, s_tm1[t]) @ kernel  # [B, A]
                td_error = q_learning(q_tm1, a_tm1[t], r_t[t], discount_t[t], q_t)  # [B]
                td_error *= kept_t[t]  # a dropped step has nothing to teach
                loss = tf.reduce_mean(tf.square(td_error))
            kernel -= self._config.learning_rate * tape.gradient(loss, kernel)
            figures += tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])
            t += 1
        # Once per call: weights that an update spoils show in the very next loss.
        sound = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(kernel))
        return kernel, figures / tf.cast(t, tf.float32), t, loss, sound

    def weights(self) -> Weights:
        """The network's weights, for `agents.policies.NetworkPolicy`."""
        kernel = np.array(self._kernel)
        return kernel, np.zeros(kernel.shape[1], np.float32)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {"kernel": np.array(self._kernel), "updates": self.updates}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._kernel = tf.constant(state["kernel"])
        self.updates = int(state["updates"])
