"""PQN's updates: a rollout's returns, epochs and minibatches in one compiled call."""

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from agents.divergence import check
from agents.gradient_learner import GradientLearner, Moved
from agents.losses import legal, of
from agents.network_actor import MEMORY
from agents.networks.network import Network
from agents.pqn.config import PQN
from agents.pqn.returns import lambda_returns, shares
from agents.rollout import Rollout
from agents.weights import Array, Weights

Columns = dict[str, tf.Tensor]


class PQNLearner(GradientLearner):
    """Learns from each rollout once, by its λ-returns under the weights before its updates.

    What an update draws its rows from are sequences [L, N]: single steps, L = 1 and N = T * B, or
    with a recurrent network the rollout of each environment, L = T and N = B.
    """

    def __init__(
        self,
        config: PQN,
        *,
        network: Network,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ):
        """Makes weights and optimizer.

        Args:
            config: The settings.
            network: Gives action values.
            env_steps: The run's budget, over which the learning rate's schedule goes.
            network_rng: Draws the initial weights.
            replay_rng: Shuffles the minibatches; the learner owns it from here on.
        """
        self._config, self._network, self._env_steps = config, network, env_steps
        self._rng = replay_rng
        super().__init__(
            network.initial_weights(network_rng),
            optimizer=config.optimizer,
            average=config.average,
            max_gradient_norm=config.max_gradient_norm,
        )
        self._steps = 0  # of the longest rollout so far: shorter ones are padded to it
        self._compiled = tf.function(self._run, autograph=False, jit_compile=config.compile_xla)

    def _start(self, weights: Weights) -> Moved:
        return self._unmoved(weights)

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Makes the updates of a rollout; returns their mean metrics.

        Raises:
            Diverged: A loss or a weight is not finite; no update was made after that.
        """
        num_envs = rollout.a_tm1.shape[1]
        self._steps = max(self._steps, self._whole(len(rollout.a_tm1), num_envs))
        columns = self._columns(_padded(rollout, self._steps))
        rows = num_envs if self._network.state_size else self._steps * num_envs
        orders = self._orders(rows)  # [K, N / minibatches]
        total = math.ceil(self._env_steps / (self._steps * num_envs)) * len(orders)
        updates = self.updates + np.arange(len(orders))
        rates, averaged = self._config.rates_and_shares(updates, total)  # [K] both
        self._state, metrics, made, loss, sound = self._compiled(
            self._state, *(tf.constant(array) for array in (rates, averaged, orders)), columns
        )
        self.updates += int(made)
        check(self.updates, float(loss), bool(sound))
        named = dict(zip(("loss", "td_error", "mean_q"), metrics.numpy().tolist(), strict=True))
        return {**named, "learning_rate": float(rates[-1])}

    def _whole(self, steps: int, num_envs: int) -> int:
        """The least number of steps, no less than these, that gives minibatches of equal size."""
        if self._network.state_size:
            return steps
        unit = self._config.minibatches // math.gcd(self._config.minibatches, num_envs)
        return math.ceil(steps / unit) * unit

    def _orders(self, rows: int) -> npt.NDArray[np.int32]:
        """The rows of each update, [K, N / minibatches]: all of them, shuffled in each epoch."""
        epochs = [self._rng.permutation(rows) for _ in range(self._config.epochs)]
        count = self._config.epochs * self._config.minibatches
        return np.concatenate(epochs).astype(np.int32).reshape(count, -1)

    def _columns(self, rollout: Rollout) -> Columns:
        """What updates read of a rollout: [T, B, ...] each, and of its memory the first [B, S]."""
        found = {
            "s_tm1": rollout.s_tm1,
            "a_tm1": rollout.a_tm1,
            "r_t": rollout.r_t.astype(np.float32),
            "discount_t": rollout.discounts(self._config.discount).astype(np.float32),
            "s_t": rollout.s_t,
            "lambda_t": shares(rollout, self._config.trace),
            "kept_t": (~rollout.dropped_t).astype(np.float32),
        }
        if rollout.mask_t is not None:
            found["mask_t"] = rollout.mask_t
        if self._network.state_size:
            ended = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t
            # The memory at the start is as the actor had it, anew where an episode began.
            found["goes_on_tm1"] = np.ones_like(found["kept_t"])
            found["goes_on_tm1"][1:] = ~ended[:-1]
            found[MEMORY] = rollout.extras[MEMORY][0]
        return {name: tf.constant(array) for name, array in found.items()}

    def _run(self, state: Moved, rates, averaged, orders, columns: Columns):
        """Makes K updates; rates and averaged are [K], orders [K, N / minibatches]."""
        sequences = self._sequences(state.online, columns)
        start = (tf.constant(0), tf.constant(0.0), tf.zeros(3), state)

        def goes_on(k, loss, metrics, state):
            return (k < orders.shape[0]) & tf.math.is_finite(loss)

        def update(k, loss, metrics, state):
            batch = {
                name: tf.gather(column, orders[k], axis=0 if name == MEMORY else 1)
                for name, column in sequences.items()
            }
            state, of_one = self._update(state, rates[k], averaged[k], batch)
            return k + 1, of_one[0], metrics + of_one, state

        made, loss, metrics, state = tf.while_loop(goes_on, update, start)
        # Once per call: weights that an update spoils show in the very next loss.
        sound = tf.math.is_finite(loss) & tf.reduce_all(tf.math.is_finite(state.online))
        return state, metrics / tf.cast(made, tf.float32), made, loss, sound

    def _sequences(self, online: tf.Tensor, columns: Columns) -> Columns:
        """What updates draw from, [L, N, ...] each, with the targets of all steps."""
        names = ["s_tm1", "a_tm1", "kept_t"]
        found = {name: columns[name] for name in names}
        found["target_t"] = lambda_returns(
            columns["r_t"],
            columns["discount_t"],
            tf.reduce_max(legal(self._q_t(online, columns), columns.get("mask_t")), axis=-1),
            columns["lambda_t"],
        )  # [T, B]
        if self._network.state_size:
            return {**found, **{name: columns[name] for name in ("goes_on_tm1", MEMORY)}}
        return {name: _flat(column)[None] for name, column in found.items()}  # [1, T * B, ...]

    def _q_t(self, online: tf.Tensor, columns: Columns) -> tf.Tensor:
        """Action values [T, B, A] of the successors, also of those where an episode ended."""
        memory = None
        if self._network.state_size:
            _, memory = self._unroll(online, columns)  # [T, B, S]
            memory = _flat(memory)
        q, _ = self._network.tensor(self._layout.split(online), _flat(columns["s_t"]), memory)
        return tf.reshape(q, (*columns["a_tm1"].shape, -1))

    def _q_tm1(self, online: tf.Tensor, batch: Columns) -> tf.Tensor:
        """Action values [L * N, A] of a batch of sequences."""
        if self._network.state_size:
            return _flat(self._unroll(online, batch)[0])
        q, _ = self._network.tensor(self._layout.split(online), _flat(batch["s_tm1"]))
        return q

    def _unroll(self, online: tf.Tensor, batch: Columns) -> tuple[tf.Tensor, tf.Tensor]:
        """Action values [L, N, A] of sequences, and the memory [L, N, S] after each step."""
        weights, memory = self._layout.split(online), batch[MEMORY]  # [N, S]

        def step(before, now):
            s_tm1, goes_on = now
            q, after = self._network.tensor(weights, s_tm1, before[1] * goes_on[:, None])
            return q, after

        nothing = tf.zeros((memory.shape[0], *self._network.output_shape))  # [N, A]
        return tf.scan(step, (batch["s_tm1"], batch["goes_on_tm1"]), (nothing, memory))

    def _update(self, state: Moved, rate, share, batch: Columns):  # rate and share: []
        """One update on sequences; returns also its loss, TD error and mean value [3]."""
        target, actions, kept = (
            _flat(batch[n]) for n in ("target_t", "a_tm1", "kept_t")
        )  # [L * N]
        count = tf.maximum(tf.reduce_sum(kept), 1.0)
        with tf.GradientTape() as tape:
            tape.watch(state.online)
            q_tm1 = self._q_tm1(state.online, batch)  # [L * N, A]
            td_error = (target - of(actions, q_tm1)) * kept  # [L * N]
            loss = tf.reduce_sum(0.5 * tf.square(td_error)) / count
        gradient: Any = tape.gradient(loss, state.online)  # [P]
        mean_q = tf.reduce_sum(tf.reduce_mean(q_tm1, axis=-1) * kept) / count
        metrics = tf.stack([loss, tf.reduce_sum(tf.abs(td_error)) / count, mean_q])
        return self._moved(state, gradient, rate, share), metrics

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        return {
            "network": self._arrays(),
            "rng": self._rng.bit_generator.state,
            "steps": self._steps,
            "updates": self.updates,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._put_back(state["network"])
        self._rng.bit_generator.state = state["rng"]
        self._steps = int(state["steps"])
        self.updates = int(state["updates"])


def _flat(steps: tf.Tensor) -> tf.Tensor:
    """Steps [T, B, ...] as rows [T * B, ...]."""
    return tf.reshape(steps, (-1, *steps.shape[2:]))


def _padded(rollout: Rollout, steps: int) -> Rollout:
    """A rollout with dropped steps at its end: a program is compiled for one length."""
    missing = steps - len(rollout.a_tm1)
    if not missing:
        return rollout

    def padded(array: Array) -> Array:
        return np.pad(array, ((0, missing), *((0, 0),) * (array.ndim - 1)), mode="edge")

    names = [f.name for f in fields(rollout) if getattr(rollout, f.name) is not None]
    arrays = {name: padded(getattr(rollout, name)) for name in names if name != "extras"}
    arrays["dropped_t"][-missing:] = True
    return replace(rollout, **arrays)
