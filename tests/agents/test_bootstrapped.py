"""Bootstrapped DQN: its targets by hand, who acts, and who learns."""

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.bootstrapped.actor import LEARNERS, BootstrappedActor
from agents.bootstrapped.config import Bootstrapped
from agents.bootstrapped.objective import Members, bootstrapped_q_learning
from agents.networks import PRIOR, Ensemble, Forward, Network, OneHot
from agents.optimizer_config import OptimizerConfig
from agents.rollout import Rollout
from agents.schedules import EpsilonSchedule
from common.settings import InvalidSetting

NO_EPSILON = EpsilonSchedule(start=0.0, end=0.0)
MEMBERS = 3


def _floats(numbers):
    return tf.constant(numbers, tf.float32)


def test_each_member_has_a_target_of_its_own():
    """Two rows, two actions and two members; the selector differs from what values."""
    td_error = bootstrapped_q_learning(
        _floats([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
        tf.constant([1, 0]),
        _floats([10, 20]),
        _floats([0.5, 0.0]),
        _floats([[[2, 4], [6, 8]], [[1, 1], [1, 1]]]),
        _floats([[[1, 0], [0, 1]], [[0, 0], [0, 0]]]),
    )
    # Member 0 picks action 0, worth 2, member 1 action 1, worth 8; the second row is terminal.
    np.testing.assert_array_equal(td_error, [[10 + 1 - 3, 10 + 4 - 4], [20 - 5, 20 - 6]])


def test_no_target_leaves_the_bounds():
    ones = tf.ones((1, 2, 2))
    bounds = _floats([0, 4])
    td_error = bootstrapped_q_learning(
        ones, tf.constant([0]), _floats([3]), _floats([1]), 2 * ones, ones, bounds
    )
    np.testing.assert_array_equal(td_error, [[3, 3]])


def _objective(**changes) -> tuple[Members, dict]:
    """Members without hidden layers over two states, and weights under which all values are 0."""
    config = Bootstrapped(members=2, hidden_sizes=(), prior_scale=0, double=False, **changes)
    objective = Members(config, Network(OneHot(2), (Ensemble(2, (), 2),)))
    weights = objective.initial_weights(np.random.default_rng(0))
    return objective, {name: tf.zeros(array.shape) for name, array in weights.items()}


def test_members_learn_only_from_their_own_steps():
    objective, zeros = _objective()
    batch = {
        "s_tm1": tf.constant([0, 1]),
        "a_tm1": tf.constant([0, 1]),
        "r_t": _floats([2, 4]),
        "discount_t": _floats([0, 0]),
        "s_t": tf.constant([0, 0]),
        LEARNERS: tf.constant([[True, False], [True, True]]),
        "bounds": _floats([0, 9]),
    }
    with tf.GradientTape() as tape:
        tape.watch(zeros)
        found = objective.losses(zeros, zeros, batch)
        loss = tf.reduce_sum(found.each)
    # Half the squares, over the two members: (2 + 0) / 2, and (8 + 8) / 2.
    np.testing.assert_array_equal(found.each, [1, 8])
    np.testing.assert_array_equal(found.td_error, [2, 4])
    gradient = tape.gradient(loss, zeros)
    kernel = np.asarray(gradient["ensemble_0.kernel_0"])  # [K, states, actions]
    np.testing.assert_array_equal(kernel, [[[-1, 0], [0, -2]], [[0, 0], [0, -2]]])


def test_illegal_actions_are_in_no_target():
    objective, zeros = _objective()
    zeros["ensemble_0.bias_0"] = _floats([[5, 3], [4, 6]])  # [K, actions]
    batch = {
        "s_tm1": tf.constant([0]),
        "a_tm1": tf.constant([0]),
        "r_t": _floats([1]),
        "discount_t": _floats([1]),
        "s_t": tf.constant([0]),
        "mask_t": tf.constant([[False, True]]),
        LEARNERS: tf.constant([[True, True]]),
        "bounds": _floats([0, 99]),
    }
    found = objective.losses(zeros, zeros, batch)
    # 1 + 3 - 5, and 1 + 6 - 4.
    np.testing.assert_array_equal(found.each, [(1 + 9) / 4])


def _actor(env_indices, share=0.5):
    """Member k values action k at 1, and the others at 0, whatever is seen."""
    network = Network(OneHot(1), (Ensemble(MEMBERS, (), MEMBERS),))
    weights = {
        "ensemble_0.kernel_0": np.zeros((MEMBERS, 1, MEMBERS), np.float32),
        "ensemble_0.bias_0": np.eye(MEMBERS, dtype=np.float32),
    }
    return BootstrappedActor(network, env_indices, NO_EPSILON, share=share), weights


def _turns(actor, count, seed=0):
    draws = np.random.default_rng(seed).random(
        (count, actor.draws, len(actor.initial_state()["member"]))
    )
    return actor.exploration(np.arange(count), draws)


def test_a_member_acts_until_its_episode_ends():
    actor, weights = _actor(range(200))
    first, second = _turns(actor, 2)
    seen = np.zeros(200, np.int64)
    begun = actor.act(weights, seen, actor.initial_state(), first)
    assert np.bincount(begun.actions).min() > 40  # each of the three was drawn
    gone_on = actor.act(weights, seen, begun.state, second)
    np.testing.assert_array_equal(gone_on.actions, begun.actions)
    anew = actor.act(weights, seen, actor.initial_state(), second)
    assert (anew.actions != begun.actions).any()


def test_what_happens_in_an_environment_does_not_depend_on_the_others():
    (all_of_them, weights), (one, _) = _actor(range(20)), _actor([17])
    draws = np.random.default_rng(0).random((1, all_of_them.draws, 20))
    (turn,) = all_of_them.exploration(np.arange(1), draws)
    (alone,) = one.exploration(np.arange(1), draws[:, :, 17:18])
    whole = all_of_them.act(weights, np.zeros(20, np.int64), all_of_them.initial_state(), turn)
    part = one.act(weights, np.zeros(1, np.int64), one.initial_state(), alone)
    assert part.actions[0] == whole.actions[17]
    np.testing.assert_array_equal(part.extras[LEARNERS][0], whole.extras[LEARNERS][17])


def test_members_learn_from_their_share_of_the_steps():
    actor, weights = _actor(range(2_000), share=0.3)
    (turn,) = _turns(actor, 1)
    seen = np.zeros(2_000, np.int64)
    learners = actor.act(weights, seen, actor.initial_state(), turn).extras[LEARNERS]
    assert learners.shape == (2_000, MEMBERS)
    np.testing.assert_allclose(learners.mean(axis=0), 0.3, atol=0.04)
    assert abs(np.corrcoef(learners.T)[0, 1]) < 0.08  # one learns whatever another does
    everybody, _ = _actor(range(5), share=1.0)
    assert everybody.draws == 3
    assert _turns(everybody, 1)[0].learners.all()


def test_without_exploration_the_mean_of_the_members_acts():
    actor, weights = _actor(range(4))
    weights["ensemble_0.bias_0"] = np.float32([[5, 0, 2], [0, 4, 2], [0, 1, 2]])
    acted = actor.act(weights, np.zeros(4, np.int64), actor.initial_state())
    # Sums 5, 5 and 6: the mean prefers an action that no member but one does.
    np.testing.assert_array_equal(acted.actions, 2)
    assert not acted.extras
    expected = actor.expected_returns(weights, np.zeros(4, np.int64), actor.initial_state())
    np.testing.assert_allclose(expected, 6 / 3)


def test_its_keras_model_gives_the_mean_of_the_members():
    config = Bootstrapped(members=2, hidden_sizes=(), prior_scale=0)
    kernel = np.float32([[[1, 2], [3, 4]], [[5, 6], [7, 9]]])
    weights = {"ensemble_0.kernel_0": kernel, "ensemble_0.bias_0": np.zeros((2, 2), np.float32)}
    model = config.keras_model(Discrete(2), Discrete(2), weights)
    np.testing.assert_array_equal(model(np.array([0, 1])), [[3, 4], [5, 6.5]])


def test_priors_do_not_learn():
    config = Bootstrapped(
        hidden_sizes=(4,), learning_starts=8, batch_size=4, updates_per_call=4, compile_xla=False
    )
    space = Box(-1, 1, (3,), np.float32)
    rng = np.random.default_rng
    learner = config.learner(
        space, Discrete(2), env_steps=100, network_rng=rng(0), replay_rng=rng(0)
    )
    before = learner.weights()
    shape = (8, 4)
    learner.learn(
        Rollout(
            s_tm1=rng(1).normal(size=(*shape, 3)).astype(np.float32),
            a_tm1=np.zeros(shape, np.int32),
            r_t=np.ones(shape),
            terminated_t=np.ones(shape, np.bool_),
            truncated_t=np.zeros(shape, np.bool_),
            s_t=np.zeros((*shape, 3), np.float32),
            dropped_t=np.zeros(shape, np.bool_),
            extras={LEARNERS: np.ones((*shape, config.members), np.bool_)},
        )
    )
    assert learner.updates == 12
    after = learner.weights()
    for name, array in before.items():
        assert np.array_equal(after[name], array) == (PRIOR in name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": 0},
        {"hidden_sizes": (3, 0)},
        {"prior_scale": -1.0},
        {"prior_scale": 1.0, "network": "conv"},
        {"share": 0.0},
    ],
)
def test_impossible_settings_are_named(wrong):
    flag = "--agent." + next(iter(wrong)).replace("_", "-")
    with pytest.raises(InvalidSetting, match=flag):
        Bootstrapped(**wrong)


def test_priors_cannot_decay():
    decaying = OptimizerConfig(weight_decay=0.1)
    with pytest.raises(InvalidSetting, match=r"--agent.optimizer.weight-decay must be 0: .* fixed"):
        Bootstrapped(optimizer=decaying)
    assert Bootstrapped(optimizer=decaying, prior_scale=0).prior_scale == 0


def test_the_mean_of_ten_members_is_the_same_however_environments_are_split():
    config = Bootstrapped(members=10, hidden_sizes=(8,))
    space, actions = Box(-1, 1, (5,), np.float32), Discrete(3)
    rng = np.random.default_rng(0)
    weights = config._network(space, actions).initial_weights(rng)
    seen = rng.normal(size=(64, 5)).astype(np.float32)

    def means(numbers):
        network = config._network(space, actions)
        values, _ = Forward(network, numbers)(weights, seen[numbers.start : numbers.stop])
        return values.mean(axis=-1)

    parts = [means(range(first, first + 16)) for first in range(0, 64, 16)]
    np.testing.assert_array_equal(np.concatenate(parts), means(range(64)))
