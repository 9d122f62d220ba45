"""PQN's returns and updates, beside figures worked out by hand and plain loops in NumPy."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents import optimizers
from agents.network_actor import MEMORY
from agents.optimizer_config import OptimizerConfig
from agents.pqn.config import PQN
from agents.pqn.learner import PQNLearner
from agents.pqn.returns import lambda_returns, shares
from agents.rollout import Rollout
from agents.schedules import LearningRateSchedule, WeightAverage
from common.settings import InvalidSetting
from training.train import train

ACTIONS, INPUTS, STEPS, ENVS = 3, 2, 4, 3
SPACES = Box(-1, 1, (INPUTS,), np.float32), Discrete(ACTIONS)
PLAIN = PQN(
    hidden_sizes=(5,),
    discount=0.9,
    trace=0.5,
    learning_rate=0.01,
    learning_rate_schedule=LearningRateSchedule(),
    average=WeightAverage(),
    max_gradient_norm=0.5,
    epochs=2,
    minibatches=2,
    compile_xla=False,
)


def _rollout(seed: int, steps: int = STEPS, units: int = 0) -> Rollout:
    """Environment 0 terminates and 1 is truncated in step 1; 2 fails in step 2, if there is one."""
    rng = np.random.default_rng(seed)
    s_t = rng.uniform(-1, 1, (steps, ENVS, INPUTS)).astype(np.float32)
    s_tm1 = np.roll(s_t, 1, axis=0)
    s_tm1[0] = rng.uniform(-1, 1, (ENVS, INPUTS))
    none = np.zeros((steps, ENVS), np.bool_)
    terminated, truncated, dropped = none.copy(), none.copy(), none.copy()
    terminated[1:2, 0] = truncated[1:2, 1] = dropped[2:3, 2] = True
    memory = rng.uniform(-1, 1, (steps, ENVS, units)).astype(np.float32)
    return Rollout(
        s_tm1=s_tm1,
        a_tm1=rng.integers(0, ACTIONS, (steps, ENVS)).astype(np.int32),
        r_t=rng.normal(size=(steps, ENVS)),
        terminated_t=terminated,
        truncated_t=truncated,
        s_t=s_t,
        dropped_t=dropped,
        extras={MEMORY: memory} if units else {},
    )


def _learner(config: PQN, env_steps: int = 1_000, seed: int = 0) -> PQNLearner:
    network_rng, replay_rng = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    learner = config.learner(
        *SPACES, env_steps=env_steps, network_rng=network_rng, replay_rng=replay_rng
    )
    assert isinstance(learner, PQNLearner)
    return learner


def test_returns_by_hand():
    """γ = 0.5 and λ = 0.5; each column is an environment, and ends in a way of its own."""
    one = np.ones((3, 4))
    rollout = replace(
        _rollout(0),
        s_tm1=np.zeros((3, 4, 1)),
        a_tm1=np.zeros((3, 4), np.int32),
        s_t=np.zeros((3, 4, 1)),
        r_t=one,
        terminated_t=np.array([[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]], np.bool_),
        truncated_t=np.array([[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]], np.bool_),
        dropped_t=np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]], np.bool_),
    )
    shared = shares(rollout, 0.5)
    assert shared.tolist() == [[0.5, 0.5, 0.5, 0.0], [0.5, 0.0, 0.0, 0.0], [0.0] * 4]
    assert not rollout.truncated_t[0].any()
    assert not rollout.dropped_t[2].any()
    v_t = np.array([[2.0, 2.0, 2.0, 2.0], [4.0, 4.0, 4.0, 4.0], [6.0, 6.0, 6.0, 6.0]])
    columns = (one, rollout.discounts(0.5), v_t, shared)
    found = lambda_returns(*(tf.constant(column, tf.float32) for column in columns)).numpy()
    # The rollout's last step bootstraps: 1 + 6 / 2 = 4.
    assert found[2].tolist() == [4.0] * 4
    # Going on: 1 + (4 + 4) / 4 = 3. Terminated: 1. Truncated: 1 + 4 / 2 = 3, without what follows.
    assert found[1, :3].tolist() == [3.0, 1.0, 3.0]
    # 1 + (2 + 3) / 4, 1 + (2 + 1) / 4, 1 + (2 + 3) / 4, and before the failure 1 + 2 / 2.
    assert found[0].tolist() == [2.25, 1.75, 2.25, 2.0]


def test_returns_without_a_trace_look_one_step_ahead_and_with_a_whole_one_to_the_end():
    r_t, discount_t = tf.ones((3, 1)), tf.fill((3, 1), 0.5)
    v_t = tf.constant([[2.0], [4.0], [8.0]])
    ahead = lambda_returns(r_t, discount_t, v_t, tf.zeros((3, 1)))
    assert ahead.numpy().ravel().tolist() == [2.0, 3.0, 5.0]
    to_the_end = lambda_returns(r_t, discount_t, v_t, tf.constant([[1.0], [1.0], [0.0]]))
    assert to_the_end.numpy().ravel().tolist() == [2.75, 3.5, 5.0]


def _expected(config: PQN, rollout: Rollout, units: int) -> tuple[np.ndarray, list[float]]:
    """The flat weights after a rollout, and the mean metrics, by loops over single steps."""
    learner = _learner(config)
    network, layout = learner._network, learner._layout
    online = layout.join(network.initial_weights(np.random.default_rng(0)))
    state, rng = optimizers.start(online), np.random.default_rng(1)
    steps = rollout.a_tm1.shape[0]

    def play(weights, env):
        """q [T, A] before each step of an environment, and of its successors."""
        w = layout.split(weights)
        memory = tf.constant(rollout.extras[MEMORY][0, env : env + 1]) if units else None
        before, after = [], []
        for t in range(steps):
            q, memory = network.tensor(w, tf.constant(rollout.s_tm1[t, env : env + 1]), memory)
            before.append(q[0])
            after.append(
                network.tensor(w, tf.constant(rollout.s_t[t, env : env + 1]), memory)[0][0]
            )
            ends = (rollout.terminated_t, rollout.truncated_t, rollout.dropped_t)
            if units and any(end[t, env] for end in ends):
                memory = tf.zeros((1, units))
        return before, after

    targets = np.zeros((steps, ENVS))
    for env in range(ENVS):
        best = [float(tf.reduce_max(q)) for q in play(online, env)[1]]
        later: float | None = None
        for t in reversed(range(steps)):
            if rollout.dropped_t[t, env]:
                later = None
                continue
            ended = rollout.terminated_t[t, env] or rollout.truncated_t[t, env]
            follows = best[t] if later is None or ended else 0.5 * best[t] + 0.5 * later
            goes_on = 0.0 if rollout.terminated_t[t, env] else 0.9
            later = targets[t, env] = rollout.r_t[t, env] + goes_on * follows

    metrics = []
    for _ in range(config.epochs):
        order = rng.permutation(ENVS if units else steps * ENVS)
        for part in np.split(order, config.minibatches):
            rows = [(t, e) for t in range(steps) for e in part] if units else []
            rows = rows or [(i // ENVS, i % ENVS) for i in part]
            rows = [row for row in rows if not rollout.dropped_t[row]]
            with tf.GradientTape() as tape:
                tape.watch(online)
                played = {env: play(online, env)[0] for env in sorted({e for _, e in rows})}
                q = [played[e][t] for t, e in rows]
                errors = [
                    targets[t, e] - value[rollout.a_tm1[t, e]]
                    for (t, e), value in zip(rows, q, strict=True)
                ]
                loss = tf.reduce_mean([tf.square(error) / 2 for error in errors])
            gradient: Any = tape.gradient(loss, online)
            gradient = gradient * min(1.0, 0.5 / float(tf.norm(gradient)))
            state, online = optimizers.update(config.optimizer, state, online, gradient, 0.01)
            metrics.append([float(loss), float(np.mean(np.abs(errors))), float(tf.reduce_mean(q))])
    return online.numpy(), np.mean(metrics, axis=0).tolist()


@pytest.mark.parametrize("units", [0, 4])
def test_the_updates_of_a_rollout_are_those_of_plain_loops(units):
    config = replace(PLAIN, recurrent_units=units, minibatches=3 if units else 2)
    rollout = _rollout(3, units=units)
    flat, metrics = _expected(config, rollout, units)
    learner = _learner(config)
    found = learner.learn(rollout)
    assert learner.updates == config.epochs * config.minibatches
    np.testing.assert_allclose(
        [found["loss"], found["td_error"], found["mean_q"]], metrics, rtol=1e-4
    )
    np.testing.assert_allclose(learner.get_state()["network"][0], flat, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("units", [0, 4])
@pytest.mark.slow
def test_xla_changes_nothing_but_rounding(units):
    config = replace(PLAIN, recurrent_units=units, minibatches=3)
    plain, compiled = _learner(config), _learner(replace(config, compile_xla=True))
    for seed in range(2):
        first, second = (each.learn(_rollout(seed, units=units)) for each in (plain, compiled))
        assert first == pytest.approx(second, rel=1e-3)


def test_a_shorter_rollout_teaches_what_it_has_and_its_padding_nothing():
    config = replace(PLAIN, minibatches=1, epochs=1)
    alone, after = _learner(config), _learner(config)
    after._steps = STEPS  # as after a whole rollout
    short = _rollout(5, steps=2)
    assert alone.learn(short) == pytest.approx(after.learn(short), rel=1e-5)
    for name, array in alone.weights().items():
        np.testing.assert_allclose(after.weights()[name], array, rtol=1e-4, atol=1e-6)


def test_a_resumed_learner_pads_as_the_first_one_did():
    first = _learner(PLAIN)
    first.learn(_rollout(0))
    resumed = _learner(PLAIN, seed=7)
    resumed.set_state(first.get_state())
    assert first.learn(_rollout(1, steps=1)) == resumed.learn(_rollout(1, steps=1))
    assert first.get_state()["rng"] == resumed.get_state()["rng"]


def test_a_first_rollout_that_is_short_is_padded_until_minibatches_are_equal():
    learner = _learner(replace(PLAIN, minibatches=4))
    learner.learn(_rollout(0, steps=1))  # three rows: the fourth step makes twelve
    assert learner._steps == 4
    assert learner.updates == 8


def test_the_rate_falls_to_nothing_over_the_budget():
    config = replace(PLAIN, learning_rate_schedule=LearningRateSchedule(shape="linear"))
    learner = _learner(config, env_steps=2 * STEPS * ENVS)
    rates = [learner.learn(_rollout(n))["learning_rate"] for n in range(3)]
    # Four updates a rollout, eight in the budget: the shares 1, 7/8 ... 1/8 are left.
    assert rates == pytest.approx([0.01 * 5 / 8, 0.01 * 1 / 8, 0.0])


def test_actions_that_are_illegal_are_in_no_target():
    mask = np.ones((STEPS, ENVS, ACTIONS), np.bool_)
    free, masked = _learner(PLAIN), _learner(PLAIN)
    same = free.learn(_rollout(0))
    assert masked.learn(replace(_rollout(0), mask_t=mask)) == pytest.approx(same)
    mask[..., 1:] = False
    only_first = replace(_rollout(0), mask_t=mask)
    assert _learner(PLAIN).learn(only_first)["loss"] != pytest.approx(same["loss"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trace": 1.5}, r"--agent.trace must be in \[0, 1\], got 1.5"),
        ({"epochs": 0}, "--agent.epochs must be 1 or more, got 0"),
        ({"minibatches": 0}, "--agent.minibatches must be 1 or more, got 0"),
        ({"recurrent_units": -1}, "--agent.recurrent-units must be 0 or more, got -1"),
        ({"noisy": "head"}, "--agent.noisy head: PQN learns without noise"),
    ],
)
def test_impossible_settings_are_named(changes, said):
    with pytest.raises(InvalidSetting, match=said):
        PQN(**changes)


def test_minibatches_that_do_not_divide_a_rollout_are_said_before_it_starts():
    with pytest.raises(InvalidSetting, match="has to divide --num-envs times --rollout-length: 24"):
        train(PQN(minibatches=5), "CartPole-v1", env_steps=1_000, num_envs=6, rollout_length=4)
    with pytest.raises(
        InvalidSetting, match=r"has to divide --num-envs, as sequences .*: 6, got 4"
    ):
        train(
            PQN(minibatches=4, recurrent_units=8),
            "CartPole-v1",
            env_steps=1_000,
            num_envs=6,
            rollout_length=4,
        )
    PQN(minibatches=4).check_rollouts(6, 4)


def test_an_average_and_another_optimizer_are_taken():
    config = replace(
        PLAIN, average=WeightAverage(decay=0.9), optimizer=OptimizerConfig(), dueling=True
    )
    learner = _learner(config)
    learner.learn(_rollout(0))
    newest, averages = learner.weights(), learner.evaluated_weights()
    assert any((newest[name] != averages[name]).any() for name in newest)
