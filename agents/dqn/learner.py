"""DQN's updates: many per compiled call, on batches sampled up front."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.divergence import check
from agents.dqn.config import DQNConfig
from agents.losses import double_q_learning, huber, return_bounds
from agents.networks import Layout, encode, initial_weights, q_values
from agents.optimizers import AdamState, adam, adam_start, clip, mix
from agents.policies import Array, Weights
from agents.replay import ReplayBuffer
from agents.schedules import LearningRateSchedule
from agents.transitions import Rollout


class _State(NamedTuple):
    """What updates change.

    Attributes:
        online: [P] weights of the network that learns.
        target: [P] weights of the one that its targets come from.
        average: [P] moving average of `online`; [0] where the config wants none.
        adam: The optimizer's.
    """

    online: tf.Tensor
    target: tf.Tensor
    average: tf.Tensor
    adam: AdamState


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
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ):
        """Makes network, optimizer and replay.

        Args:
            config: The settings.
            observation_space: What the observations are.
            actions: Number of actions A.
            env_steps: The run's budget, over which the learning rate's schedule goes.
            network_rng: Draws the initial weights.
            replay_rng: Draws the minibatches; owned by the replay from here on.
        """
        self._config, self._space = config, observation_space
        weights = initial_weights(
            observation_space,
            actions,
            hidden_sizes=config.hidden_sizes,
            dueling=config.dueling,
            rng=network_rng,
        )
        self._layout = Layout(weights)
        online = self._layout.join(weights)  # [P]
        average = online if config.average.decay else tf.zeros(0)
        self._state = _State(online, online, average, adam_start(online))
        self._budget = self._due(env_steps)
        self._constant_rate = config.learning_rate_schedule == LearningRateSchedule()
        self._replay = ReplayBuffer(config.replay_capacity, replay_rng)
        self._compiled = tf.function(self._run, autograph=False, jit_compile=config.compile_xla)
        self._thread = ThreadPoolExecutor(1, "updates")
        self._rewards = (math.inf, -math.inf)  # the least and the greatest seen
        self._env_steps = 0
        self.updates = 0

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Stores a rollout and makes the updates it is due; returns their mean figures.

        The figures are empty in a round without updates.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        transitions = rollout.transitions(self._config.discount)
        self._replay.add(transitions)
        lowest, highest = self._rewards
        self._rewards = (
            float(transitions.r_t.min(initial=lowest)),
            float(transitions.r_t.max(initial=highest)),
        )
        self._env_steps += rollout.env_steps
        calls = (self._due(self._env_steps) - self.updates) // self._config.updates_per_call
        columns = self._draw() if calls else ()
        figures, rates, bounds = [], np.zeros(1), self._bounds()
        for left in reversed(range(calls)):
            rates, shares = self._scheduled()
            running = self._thread.submit(
                self._compiled, self._state, rates, shares, bounds, *columns
            )
            columns = self._draw() if left else ()  # meanwhile: compiled code lets us run
            self._state, mean, made, loss, sound = running.result()
            figures.append(mean)
            self.updates += int(made)
            check(self.updates, float(loss), bool(sound))
        if not figures:
            return {}
        means = np.mean([figure.numpy() for figure in figures], axis=0)
        named = dict(zip(("loss", "td_error", "mean_q"), means.tolist(), strict=True))
        return {**named, "learning_rate": float(rates[-1])}

    def _draw(self) -> tuple[tf.Tensor, ...]:
        """The columns [K, B, ...] of the batches of a call."""
        batch = self._replay.sample(self._config.updates_per_call, self._config.batch_size)
        columns = (batch.s_tm1, batch.a_tm1, batch.r_t, batch.discount_t, batch.s_t)
        return tuple(tf.constant(column) for column in columns)

    def _scheduled(self) -> tuple[Array, Array]:
        """The learning rates [K] and the average's shares [K] of the next call's updates."""
        config = self._config
        updates = self.updates + np.arange(config.updates_per_call)
        rates = config.learning_rate * config.learning_rate_schedule(updates, self._budget)
        return rates.astype(np.float32), config.average.shares(updates).astype(np.float32)

    def _bounds(self) -> Array:
        """Between what targets are kept: float32 [2]."""
        return np.array(return_bounds(*self._rewards, self._config.discount), np.float32)

    def _due(self, env_steps: int) -> int:
        """Updates that so many environment steps ask for."""
        steps = max(0, env_steps - self._config.learning_starts)
        return int(steps / self._config.env_steps_per_update)

    def _run(  # rates and shares: [K]; bounds: [2]; columns: [K, B, ...] each
        self, state: _State, rates, shares, bounds, *columns: tf.Tensor
    ):
        start = (tf.constant(0), tf.constant(0.0), tf.zeros(3), state)

        def goes_on(k, loss, figures, state):
            return (k < self._config.updates_per_call) & tf.math.is_finite(loss)

        def update(k, loss, figures, state):
            batch = (column[k] for column in columns)
            # A constant stays one in the program: looking it up would cost 5 % of a small update.
            rate = self._config.learning_rate if self._constant_rate else rates[k]
            share = shares[k] if self._config.average.decay else None
            state, of_one = self._update(state, rate, share, bounds, *batch)
            return k + 1, of_one[0], figures + of_one, state

        made, loss, figures, state = tf.while_loop(goes_on, update, start)
        # Once per call: weights that an update spoils show in the very next loss.
        sound = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(state.online))
        return state, figures / tf.cast(made, tf.float32), made, loss, sound

    def _update(  # rate and share: []; bounds: [2]; the batch's columns: [B, ...] each
        self, state: _State, rate, share, bounds, s_tm1, a_tm1, r_t, discount_t, s_t
    ):
        config = self._config
        q_t = self._q(state.online if config.target == "none" else state.target, s_t)  # [B, A]
        q_t_selector = self._q(state.online, s_t) if config.double else q_t  # [B, A]
        with tf.GradientTape() as tape:
            tape.watch(state.online)
            q_tm1 = self._q(state.online, s_tm1)  # [B, A]
            td_error = double_q_learning(
                q_tm1,
                a_tm1,
                r_t,
                discount_t,
                q_t,
                q_t_selector,
                bounds if config.bound_targets else None,
            )  # [B]
            if config.loss == "huber":
                losses = huber(td_error, config.huber_delta)  # [B]
            else:
                losses = 0.5 * tf.square(td_error)  # [B]
            loss = tf.reduce_mean(losses)
        gradient: Any = tape.gradient(loss, state.online)  # [P]
        gradient = clip(gradient, config.max_gradient_norm)
        optimizer, online = adam(state.adam, state.online, gradient, rate)
        target = self._follow(state.target, online, optimizer.step)
        figures = tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])
        average = mix(state.average, online, share) if config.average.decay else state.average
        return _State(online, target, average, optimizer), figures

    def _q(self, weights: tf.Tensor, observations: tf.Tensor) -> tf.Tensor:
        """Action values [B, A] under flat weights [P]."""
        x = encode(self._space, observations)
        return q_values(self._layout.split(weights), x, dueling=self._config.dueling)

    def _follow(self, target: tf.Tensor, online: tf.Tensor, updates: tf.Tensor) -> tf.Tensor:
        """The target network [P] after an update, by the config's rule."""
        if self._config.target == "polyak":
            return mix(target, online, self._config.target_polyak)
        if self._config.target == "hard":
            copy = tf.equal(tf.math.floormod(updates, self._config.target_period), 0)
            return tf.where(copy, online, target)
        return target

    def weights(self) -> Weights:
        """The weights that act, for `agents.policies.NetworkPolicy`."""
        acts = self._config.average.acts
        return self._layout.arrays(self._state.average if acts else self._state.online)

    def evaluated_weights(self) -> Weights:
        """The average of the weights where there is one, else the online network's."""
        averages = self._config.average.decay > 0
        return self._layout.arrays(self._state.average if averages else self._state.online)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {
            "network": [tensor.numpy() for tensor in tf.nest.flatten(self._state)],
            "replay": self._replay.get_state(),
            "rewards": np.array(self._rewards),
            "env_steps": self._env_steps,
            "updates": self.updates,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        tensors = [tf.constant(array) for array in state["network"]]
        self._state = tf.nest.pack_sequence_as(self._state, tensors)
        self._replay.set_state(state["replay"])
        lowest, highest = state["rewards"]
        self._rewards = float(lowest), float(highest)
        self._env_steps = int(state["env_steps"])
        self.updates = int(state["updates"])
