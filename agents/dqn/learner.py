"""DQN's updates: many per compiled call, on batches sampled up front."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from agents import optimizers
from agents.agent import Learner
from agents.divergence import check
from agents.dqn.config import DQN
from agents.losses import double_q_learning, huber, legal, return_bounds
from agents.networks.layout import Layout
from agents.networks.network import Network
from agents.optimizers import clip, mix
from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.storage import Storage
from agents.rollout import Rollout
from agents.schedules import LearningRateSchedule
from agents.weights import Array, Weights, fitted

_COLUMNS = ("s_tm1", "a_tm1", "r_t", "discount_t", "s_t")
_MASK = "mask_t"  # a further column, where the environment masks actions


class _State(NamedTuple):
    """The tensors that updates change.

    Attributes:
        online: [P] weights of the online network, which learns.
        target: [P] weights of the target network.
        average: [P] moving average of `online`; [0] where the config wants none.
        optimizer: The optimizer's.
    """

    online: tf.Tensor
    target: tf.Tensor
    average: tf.Tensor
    optimizer: optimizers.OptimizerState


class DQNLearner(Learner):
    """Deep Q-learning with experience replay and a target network (Mnih et al. 2015).

    Deviations from the book's listing, each a bug there: one set of indices gives all columns of a
    minibatch (four separate draws mixed rows there); the stored action is the one taken; terminal
    states are marked, not recognised by an all-zero successor; truncation is not termination.
    """

    keeps_observations = True

    def __init__(
        self,
        config: DQN,
        *,
        network: Network,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ):
        """Makes weights, optimizer and replay.

        Args:
            config: The settings.
            network: Gives action values.
            env_steps: The run's budget, over which the learning rate's schedule goes.
            network_rng: Draws the initial weights.
            replay_rng: Draws the minibatches; owned by the replay from here on.
        """
        self._config, self._network = config, network
        weights = network.initial_weights(network_rng)
        self._layout = Layout(weights)
        self._state = self._start(weights)
        self._budget = self._due(env_steps)
        self._constant_rate = config.learning_rate_schedule == LearningRateSchedule()
        self._replay = Replay(
            NStep(config.n_step, config.discount),
            Storage(config.replay_capacity),
            Uniform(replay_rng),
        )
        self._compiled = tf.function(self._run, autograph=False, jit_compile=config.compile_xla)
        self._thread = ThreadPoolExecutor(1, "updates")
        self._rewards = (math.inf, -math.inf)  # the least and the greatest seen
        self._env_steps = 0
        self.updates = 0

    def _start(self, weights: Weights) -> _State:
        """The tensors before the first update of weights."""
        online = self._layout.join(weights)  # [P]
        average = online if self._config.average.decay else tf.zeros(0)
        return _State(online, online, average, optimizers.start(online))

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Stores a rollout and makes the updates it is due; returns their mean metrics.

        It returns none where no update is due.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        self._replay.add(rollout)
        self._note_rewards(rollout)
        self._env_steps += rollout.env_steps
        owed = self._due(self._env_steps) - self.updates
        calls = owed // self._config.updates_per_call if len(self._replay) else 0
        following = self._draw() if calls else None
        metrics, rates, bounds = [], np.zeros(1), self._bounds()
        for left in reversed(range(calls)):
            assert following is not None
            rows, columns = following
            rates, shares = self._scheduled()
            running = self._thread.submit(
                self._compiled, self._state, rates, shares, bounds, *columns
            )
            following = self._draw() if left else None  # meanwhile: compiled code lets us run
            self._state, mean, td_errors, made, loss, sound = running.result()
            self._replay.update(rows, td_errors.numpy())
            metrics.append(mean)
            self.updates += int(made)
            check(self.updates, float(loss), bool(sound))
        if not metrics:
            return {}
        means = np.mean([mean.numpy() for mean in metrics], axis=0)
        named = dict(zip(("loss", "td_error", "mean_q"), means.tolist(), strict=True))
        return {**named, "learning_rate": float(rates[-1])}

    def _draw(self) -> tuple[Array, list[tf.Tensor]]:
        """The rows [K, B] of a call's batches, and their columns [K, B, ...]."""
        sample = self._replay.sample(self._config.updates_per_call, self._config.batch_size)
        columns = sample.columns
        if self.preprocess is not None:
            columns |= {name: self.preprocess(columns[name]) for name in ("s_tm1", "s_t")}
        names = (*_COLUMNS, _MASK) if _MASK in columns else _COLUMNS
        return sample.rows, [tf.constant(columns[name]) for name in names]

    def _note_rewards(self, rollout: Rollout) -> None:
        rewards = rollout.r_t[~rollout.dropped_t].astype(np.float32)
        lowest, highest = self._rewards
        self._rewards = (
            float(rewards.min(initial=lowest)),
            float(rewards.max(initial=highest)),
        )

    def _scheduled(self) -> tuple[Array, Array]:
        """The learning rates [K] and the average's shares [K] of the next call's updates."""
        updates = self.updates + np.arange(self._config.updates_per_call)
        return self._config.rates_and_shares(updates, self._budget)

    def _bounds(self) -> Array:
        """The lower and the upper bound of targets: float32 [2]."""
        return np.array(return_bounds(*self._rewards, self._config.discount), np.float32)

    def _due(self, env_steps: int) -> int:
        """Number of updates that are due after so many environment steps."""
        steps = max(0, env_steps - self._config.learning_starts)
        return int(steps / self._config.env_steps_per_update)

    def _run(  # rates and shares: [K]; bounds: [2]; columns: [K, B, ...] each
        self, state: _State, rates, shares, bounds, *columns: tf.Tensor
    ):
        """Makes K updates; returns also their TD errors [K, B], for samplers with priorities."""
        config = self._config
        errors = tf.TensorArray(
            tf.float32, config.updates_per_call, element_shape=(config.batch_size,)
        )
        start = (tf.constant(0), tf.constant(0.0), tf.zeros(3), errors, state)

        def goes_on(k, loss, metrics, errors, state):
            return (k < config.updates_per_call) & tf.math.is_finite(loss)

        def update(k, loss, metrics, errors, state):
            batch = (column[k] for column in columns)
            # A constant stays one in the program: looking it up would cost 5 % of a small update.
            rate = config.learning_rate if self._constant_rate else rates[k]
            share = shares[k] if config.average.decay else None
            state, td_error, of_one = self._update(state, rate, share, bounds, *batch)
            return k + 1, of_one[0], metrics + of_one, errors.write(k, td_error), state

        made, loss, metrics, errors, state = tf.while_loop(goes_on, update, start)
        # Once per call: weights that an update spoils show in the very next loss.
        sound = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(state.online))
        return state, metrics / tf.cast(made, tf.float32), errors.stack(), made, loss, sound

    def _update(  # rate and share: []; bounds: [2]; the batch's columns: [B, ...] each
        self, state: _State, rate, share, bounds, s_tm1, a_tm1, r_t, discount_t, s_t, mask_t=None
    ):  # mask_t: [B, A]
        config = self._config
        q_t = self._q(state.online if config.target == "none" else state.target, s_t)  # [B, A]
        q_t_selector = self._q(state.online, s_t) if config.double else q_t  # [B, A]
        q_t_selector = legal(q_t_selector, mask_t)
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
        optimizer, online = optimizers.update(
            config.optimizer, state.optimizer, state.online, gradient, rate
        )
        target = self._follow(state.target, online, optimizer.step)
        metrics = tf.stack([loss, tf.reduce_mean(tf.abs(td_error)), tf.reduce_mean(q_tm1)])
        average = mix(state.average, online, share) if config.average.decay else state.average
        return _State(online, target, average, optimizer), td_error, metrics

    def _q(self, weights: tf.Tensor, observations: tf.Tensor) -> tf.Tensor:
        """Action values [B, A] under flat weights [P]."""
        q, _ = self._network.tensor(self._layout.split(weights), observations)
        return q

    def _follow(self, target: tf.Tensor, online: tf.Tensor, updates: tf.Tensor) -> tf.Tensor:
        """The target network [P] after an update, by the config's rule."""
        if self._config.target == "polyak":
            return mix(target, online, self._config.target_polyak)
        if self._config.target == "hard":
            copy = tf.equal(tf.math.floormod(updates, self._config.target_period), 0)
            return tf.where(copy, online, target)
        return target

    def weights(self) -> Weights:
        """The weights that act in training: the average or the online network's."""
        acts = self._config.average.acts
        return self._layout.arrays(self._state.average if acts else self._state.online)

    def evaluated_weights(self) -> Weights:
        """The average of the weights where there is one, else the online network's."""
        averages = self._config.average.decay > 0
        return self._layout.arrays(self._state.average if averages else self._state.online)

    def set_weights(self, weights: Weights) -> None:
        """Gives the online and the target network and the average the same weights."""
        self._state = self._start(fitted(weights, self.weights()))

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

    def close(self) -> None:
        """Ends the thread that updates run in."""
        self._thread.shutdown()
