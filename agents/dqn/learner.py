"""DQN's updates: many per compiled call, on batches sampled up front."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.divergence import check
from agents.dqn.config import DQNConfig
from agents.losses import double_q_learning, huber
from agents.networks import (
    all_finite,
    get_variables,
    numpy_weights,
    q_network,
    set_variables,
)
from agents.policies import Weights
from agents.replay import ReplayBuffer
from agents.transitions import Rollout


class DQNLearner:
    """Deep Q-learning with experience replay and a target network (Mnih et al. 2015).

    Deviations from the book's listing, each a bug there: one set of indices gives all columns of a
    minibatch (four separate draws mixed rows there); the stored action is the one taken; terminal
    states are marked, not recognised by an all-zero successor; truncation is not termination.
    """

    def __init__(
        self,
        config: DQNConfig,
        *,
        observation_space: Box | Discrete,
        actions: int,
        network_seed: int,
        replay_rng: np.random.Generator,
    ):
        """Builds networks, optimizer and replay.

        Args:
            config: The settings.
            observation_space: What the observations are.
            actions: Number of actions A.
            network_seed: Seeds the initial weights.
            replay_rng: Draws the minibatches; owned by the replay from here on.
        """
        self._config = config
        self._online, self._target = (
            q_network(
                observation_space,
                actions,
                hidden_sizes=config.hidden_sizes,
                dueling=config.dueling,
                seed=network_seed,
            )
            for _ in range(2)
        )
        self._optimizer = keras.optimizers.Adam(
            config.learning_rate, global_clipnorm=config.max_gradient_norm or None
        )
        self._optimizer.build(self._online.trainable_variables)
        self._replay = ReplayBuffer(config.replay_capacity, replay_rng)
        self._compiled = tf.function(self._run, jit_compile=config.compile_xla)
        self._env_steps = 0
        self.updates = 0

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Stores a rollout and makes the updates it is due; returns their mean figures.

        The figures are empty in a round without updates.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        self._replay.add(rollout.transitions(self._config.discount))
        self._env_steps += rollout.env_steps
        figures = []
        while self._due() >= self._config.updates_per_call:
            batch = self._replay.sample(self._config.updates_per_call, self._config.batch_size)
            columns = (batch.s_tm1, batch.a_tm1, batch.r_t, batch.discount_t, batch.s_t)
            mean, made, loss, sound = self._compiled(*(tf.constant(column) for column in columns))
            figures.append(mean)
            self.updates += int(made)
            check(self.updates, float(loss), bool(sound))
        if not figures:
            return {}
        means = np.mean([figure.numpy() for figure in figures], axis=0)
        return dict(zip(("loss", "td_error", "mean_q"), means.tolist(), strict=True))

    def _due(self) -> int:
        steps = max(0, self._env_steps - self._config.learning_starts)
        return int(steps / self._config.env_steps_per_update) - self.updates

    def _run(self, s_tm1, a_tm1, r_t, discount_t, s_t):  # [K, B, ...] each
        figures, loss, k = tf.zeros(3), tf.constant(0.0), tf.constant(0)
        while k < self._config.updates_per_call and tf.math.is_finite(loss):
            of_one = self._update(s_tm1[k], a_tm1[k], r_t[k], discount_t[k], s_t[k])
            figures += of_one
            loss = of_one[0]
            k += 1
        # Once per call: weights that an update spoils show in the very next loss.
        sound = all_finite([loss, *self._online.trainable_variables])
        return figures / tf.cast(k, tf.float32), k, loss, sound

    def _update(self, s_tm1, a_tm1, r_t, discount_t, s_t) -> tf.Tensor:  # [B, ...] each
        config, variables = self._config, self._online.trainable_variables
        q_t = (self._online if config.target == "none" else self._target)(s_t)  # [B, A]
        q_t_selector = self._online(s_t) if config.double else q_t  # [B, A]
        with tf.GradientTape() as tape:
            q_tm1 = self._online(s_tm1)  # [B, A]
            td_error = double_q_learning(q_tm1, a_tm1, r_t, discount_t, q_t, q_t_selector)
            if config.loss == "huber":
                losses = huber(td_error, config.huber_delta)  # [B]
            else:
                losses = 0.5 * tf.square(td_error)  # [B]
            loss = tf.reduce_mean(losses)
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        self._follow()
        return tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])

    def _follow(self) -> None:
        """Moves the target network, by the config's rule."""
        pairs = zip(self._target.variables, self._online.variables, strict=True)
        if self._config.target == "polyak":
            for target, online in pairs:
                target.assign_add(self._config.target_polyak * (online - target))
        elif self._config.target == "hard":
            updates = tf.cast(self._optimizer.iterations, tf.int64)
            copy = tf.equal(tf.math.floormod(updates, self._config.target_period), 0)
            for target, online in pairs:
                target.assign(tf.where(copy, online, target))

    def weights(self) -> Weights:
        """The online network's weights, for `agents.policies.NetworkPolicy`."""
        return numpy_weights(self._online)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {
            "online": get_variables(self._online.variables),
            "target": get_variables(self._target.variables),
            "optimizer": get_variables(self._optimizer.variables),
            "replay": self._replay.get_state(),
            "env_steps": self._env_steps,
            "updates": self.updates,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        set_variables(self._online.variables, state["online"])
        set_variables(self._target.variables, state["target"])
        set_variables(self._optimizer.variables, state["optimizer"])
        self._replay.set_state(state["replay"])
        self._env_steps = int(state["env_steps"])
        self.updates = int(state["updates"])
