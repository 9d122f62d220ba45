"""The one-layer Q-network's updates."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from agents.agent import Learner
from agents.divergence import check
from agents.linear_q.config import LinearQ
from agents.losses import legal, q_learning
from agents.networks.inputs import Inputs
from agents.optimizers import mix
from agents.rollout import Rollout
from agents.weights import Array, UnfitWeights, Weights, fitted


class LinearQLearner(Learner):
    """Learns online: each time step of all environments is one gradient step, in time order.

    Deviations from the book's listing, each a bug there: terminal states do not bootstrap; ε is a
    schedule over environment steps instead of changing only where an episode happens to terminate,
    and stays high in the catalog's experiment; success is measured on the greedy policy, not over
    training episodes; everything is seeded.
    """

    def __init__(
        self,
        config: LinearQ,
        *,
        inputs: Inputs,
        actions: int,
        env_steps: int,
        network_rng: np.random.Generator,
    ):
        """Makes the network: input times W, without a bias.

        Args:
            config: The settings.
            inputs: How an observation becomes a vector.
            actions: Number of actions A.
            env_steps: The run's budget, over which the learning rate's schedule goes.
            network_rng: Draws the initial weights.
        """
        self._config, self._inputs = config, inputs
        shape = (*inputs.shape, actions)
        kernel = network_rng.uniform(0.0, config.init_scale, shape)
        self._start(kernel.astype(np.float32))
        self._budget = env_steps
        self._compiled = tf.function(self._run, jit_compile=True)
        self.updates = 0

    def _start(self, kernel: Array) -> None:
        self._kernel = tf.constant(kernel)  # [D, A]
        none = tf.zeros((0, kernel.shape[1]))
        self._average = self._kernel if self._config.average.decay else none

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Makes T updates from a rollout of T steps; returns their mean metrics.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        config, num_envs = self._config, rollout.a_tm1.shape[1]
        updates = self.updates + np.arange(len(rollout.a_tm1))
        rates, shares = config.rates_and_shares(updates, self._budget / num_envs)  # [T]
        columns = (
            rates,
            shares,
            rollout.s_tm1,
            rollout.a_tm1,
            rollout.r_t.astype(np.float32),
            rollout.discounts(config.discount).astype(np.float32),
            rollout.s_t,
            (~rollout.dropped_t).astype(np.float32),
            *(() if rollout.mask_t is None else (rollout.mask_t,)),
        )
        (self._kernel, self._average), metrics, made, loss, sound = self._compiled(
            self._kernel, self._average, *(tf.constant(column) for column in columns)
        )
        self.updates += int(made)
        check(self.updates, float(loss), bool(sound))
        named = dict(zip(("loss", "td_error", "mean_q"), metrics.numpy().tolist(), strict=True))
        return {**named, "learning_rate": float(rates[-1])}

    def _run(self, kernel, average, *columns):  # kernel and average: [D, A]
        # Rates and shares: [T]; the others: [T, B, ...] each, a mask only where there is one.
        rates, shares, s_tm1, a_tm1, r_t, discount_t, s_t, kept_t, *masks = columns
        metrics, loss, t = tf.zeros(3), tf.constant(0.0), tf.constant(0)
        while t < tf.shape(a_tm1)[0] and tf.math.is_finite(loss):
            q_t = self._inputs.tensor(s_t[t]) @ kernel  # [B, A]
            q_t = legal(q_t, masks[0][t] if masks else None)
            with tf.GradientTape() as tape:
                tape.watch(kernel)
                q_tm1 = self._inputs.tensor(s_tm1[t]) @ kernel  # [B, A]
                td_error = q_learning(q_tm1, a_tm1[t], r_t[t], discount_t[t], q_t)  # [B]
                td_error *= kept_t[t]  # a dropped step has nothing to teach
                loss = tf.reduce_mean(tf.square(td_error))
            kernel -= rates[t] * tape.gradient(loss, kernel)
            if self._config.average.decay:
                average = mix(average, kernel, shares[t])
            metrics += tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])
            t += 1
        # Once per call: weights that an update spoils show in the very next loss.
        sound = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(kernel))
        return (kernel, average), metrics / tf.cast(t, tf.float32), t, loss, sound

    def weights(self) -> Weights:
        """The weights that act in training: the average or the newest."""
        return self._with_bias(self._average if self._config.average.acts else self._kernel)

    def evaluated_weights(self) -> Weights:
        """The average of the weights where there is one, else the newest."""
        return self._with_bias(self._average if self._config.average.decay else self._kernel)

    def _with_bias(self, kernel: tf.Tensor) -> Weights:
        """The weights of a dense layer: the bias is 0."""
        array = np.array(kernel)  # [D, A]
        return {"dense_0.kernel": array, "dense_0.bias": np.zeros(array.shape[1], np.float32)}

    def set_weights(self, weights: Weights) -> None:
        """Starts from a dense layer without a bias, which this network has not.

        Raises:
            UnfitWeights: The layer is of another shape, or has a bias.
        """
        found = fitted(weights, self.weights())
        if found["dense_0.bias"].any():
            raise UnfitWeights("the weights have a bias, and the one-layer Q-network has none")
        self._start(found["dense_0.kernel"])

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {
            "kernel": np.array(self._kernel),
            "average": np.array(self._average),
            "updates": self.updates,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._kernel = tf.constant(state["kernel"])
        self._average = tf.constant(state["average"])
        self.updates = int(state["updates"])
