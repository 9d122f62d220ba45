"""Updates on minibatches from a replay: many in a compiled call, on batches drawn before it."""

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from agents import optimizers
from agents.divergence import check
from agents.gradient_learner import GradientLearner
from agents.losses import return_bounds
from agents.optimizers import mix
from agents.replay.observed import Bools
from agents.replay.replay import Replay
from agents.replay.storage import Held
from agents.replayed.config import ReplayedConfig
from agents.replayed.objective import Objective
from agents.rollout import Rollout
from agents.schedules import LearningRateSchedule
from agents.weights import Array, Weights

_MASK = "mask_t"  # a further column, where the environment masks actions
_WEIGHT = "weight"  # what a row's loss counts for, where priorities drew it


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


class ReplayLearner(GradientLearner):
    """Gradient descent on an objective, with experience replay and a target network."""

    keeps_observations = True

    def __init__(
        self,
        config: ReplayedConfig,
        objective: Objective,
        replay: Replay,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
    ):
        """Makes weights and optimizer.

        Args:
            config: The settings.
            objective: The losses of a batch.
            replay: Keeps and draws what was played; owned by the learner from here on.
            env_steps: The run's budget, over which the learning rate's schedule goes.
            network_rng: Draws the initial weights, and then what the objective draws.
        """
        self._config, self._objective, self._replay = config, objective, replay
        super().__init__(
            objective.initial_weights(network_rng),
            optimizer=config.optimizer,
            average=config.average,
            max_gradient_norm=config.max_gradient_norm,
        )
        self._budget = config.updates_due(env_steps)
        self._rng = network_rng
        self._constant_rate = config.learning_rate_schedule == LearningRateSchedule()
        self._compiled = tf.function(self._run, autograph=False, jit_compile=config.compile_xla)
        self._thread = ThreadPoolExecutor(1, "updates")
        self._rewards = (math.inf, -math.inf)  # the least and the greatest seen
        self._env_steps = 0

    def _start(self, weights: Weights) -> _State:
        online, average, optimizer = self._unmoved(weights)
        return _State(online, online, average, optimizer)

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Stores a rollout and makes the updates it is due; returns their mean metrics.

        It returns none where no update is due.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        self._replay.add(rollout)
        self._note_rewards(rollout)
        self._env_steps += rollout.env_steps
        owed = self._config.updates_due(self._env_steps) - self.updates
        return self._make(owed // self._config.updates_per_call if len(self._replay) else 0)

    def _make(self, calls: int) -> dict[str, float]:
        """Makes the updates of so many compiled calls; returns their mean metrics."""
        following = self._draw() if calls else None
        metrics, rates, bounds = [], np.zeros(1), self._bounds()
        for left in reversed(range(calls)):
            assert following is not None
            rows, columns = following
            rates, shares = self._scheduled()
            running = self._thread.submit(
                self._compiled, self._state, rates, shares, bounds, columns
            )
            following = self._draw() if left else None  # meanwhile: compiled code lets us run
            self._state, mean, priorities, made, loss, sound = running.result()
            self._replay.update(rows, priorities.numpy())
            metrics.append(mean)
            self.updates += int(made)
            check(self.updates, float(loss), bool(sound))
        if not metrics:
            return {}
        means = np.mean([mean.numpy() for mean in metrics], axis=0)
        named = dict(zip(("loss", "td_error", "mean_q"), means.tolist(), strict=True))
        return {**named, "learning_rate": float(rates[-1])}

    def _draw(self) -> tuple[Array, dict[str, tf.Tensor]]:
        """The rows [K, B] of a call's batches, and their columns [K, B, ...]."""
        shape = self._config.updates_per_call, self._config.batch_size
        sample = self._replay.sample(*shape)
        found = {name: sample.columns[name] for name in self._objective.columns}
        if self.preprocess is not None:
            found |= {name: self.preprocess(found[name]) for name in self._objective.observations}
        if _MASK in sample.columns:
            found[_MASK] = sample.columns[_MASK]
        if sample.weights is not None:
            found[_WEIGHT] = sample.weights
        found |= self._objective.draws(self._rng, shape)
        return sample.rows, {name: tf.constant(column) for name, column in found.items()}

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

    def _run(self, state: _State, rates, shares, bounds, columns: dict[str, tf.Tensor]):
        """Makes K updates; returns also what priorities [K, B] follow, for samplers with them.

        Args:
            state: The tensors before them.
            rates: [K] learning rates.
            shares: [K] shares of the average.
            bounds: [2] bounds of targets.
            columns: [K, B, ...] each.
        """
        config = self._config
        priorities = tf.TensorArray(
            tf.float32, config.updates_per_call, element_shape=(config.batch_size,)
        )
        start = (tf.constant(0), tf.constant(0.0), tf.zeros(3), priorities, state)

        def goes_on(k, loss, metrics, priorities, state):
            return (k < config.updates_per_call) & tf.math.is_finite(loss)

        def update(k, loss, metrics, priorities, state):
            batch = {name: column[k] for name, column in columns.items()}
            # A constant stays one in the program: looking it up would cost 5 % of a small update.
            rate = config.learning_rate if self._constant_rate else rates[k]
            share = shares[k] if config.average.decay else None
            state, priority, of_one = self._update(state, rate, share, {**batch, "bounds": bounds})
            return k + 1, of_one[0], metrics + of_one, priorities.write(k, priority), state

        made, loss, metrics, priorities, state = tf.while_loop(goes_on, update, start)
        # Once per call: weights that an update spoils show in the very next loss.
        sound = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(state.online))
        return state, metrics / tf.cast(made, tf.float32), priorities.stack(), made, loss, sound

    def _update(self, state: _State, rate, share, batch: dict[str, tf.Tensor]):
        """One update, with rate and share [] and the batch's columns [B, ...]."""
        config = self._config
        follows = state.online if config.target == "none" else state.target
        target = self._layout.split(follows)
        with tf.GradientTape() as tape:
            tape.watch(state.online)
            found = self._objective.losses(self._layout.split(state.online), target, batch)
            each = found.each * batch[_WEIGHT] if _WEIGHT in batch else found.each  # [B]
            loss = tf.reduce_mean(each)
        gradient: Any = tape.gradient(loss, state.online)  # [P]
        online, average, optimizer = self._moved(state, gradient, rate, share)
        target = self._follow(state.target, online, optimizer.step)
        size = tf.abs(found.td_error)  # [B]
        metrics = tf.stack([loss, tf.reduce_mean(size), tf.reduce_mean(found.q_tm1)])
        priority = found.td_error if found.priority is None else found.priority  # [B]
        return _State(online, target, average, optimizer), priority, metrics

    def _follow(self, target: tf.Tensor, online: tf.Tensor, updates: tf.Tensor) -> tf.Tensor:
        """The target network [P] after an update, by the config's rule."""
        if self._config.target == "polyak":
            return mix(target, online, self._config.target_polyak)
        if self._config.target == "hard":
            copy = tf.equal(tf.math.floormod(updates, self._config.target_period), 0)
            return tf.where(copy, online, target)
        return target

    @property
    def held(self) -> Held:
        return self._replay.held

    def begin_again(self, begins: Bools, first: int) -> None:
        self._replay.begin_again(begins, first)

    def observe_again(self, rollout: Rollout) -> None:
        self._replay.observe_again(rollout)

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return self._with_replay(self._replay.get_state())

    def get_state_without_observations(self) -> dict[str, Any]:
        return self._with_replay(self._replay.get_state_without_observations())

    def _with_replay(self, replay: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "network": self._arrays(),
            "replay": replay,
            "rewards": np.array(self._rewards),
            "env_steps": self._env_steps,
            "updates": self.updates,
            "rng": self._rng.bit_generator.state,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._put_back(state["network"])
        self._replay.set_state(state["replay"])
        lowest, highest = state["rewards"]
        self._rewards = float(lowest), float(highest)
        self._env_steps = int(state["env_steps"])
        self.updates = int(state["updates"])
        self._rng.bit_generator.state = state["rng"]

    def close(self) -> None:
        """Ends the thread that updates run in."""
        self._thread.shutdown()
