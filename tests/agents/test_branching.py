"""Branching DQN: values of actions of several parts, by hand."""

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.branching.actor import BranchingActor
from agents.branching.config import Branching
from agents.branching.objective import decoupled_q_learning
from agents.networks import Dense, Network, OneHot
from agents.schedules import EpsilonSchedule
from common.factored import Factored, branches, joined
from common.settings import InvalidSetting

TWO_AND_THREE = (2, 3)


def _floats(numbers):
    return tf.constant(numbers, tf.float32)


def test_numbers_stand_for_choices():
    space = Factored(TWO_AND_THREE)
    assert space.n == 6
    assert branches(space) == TWO_AND_THREE
    assert branches(Discrete(4)) == (4,)
    first, second = np.array([0, 0, 1, 1]), np.array([0, 2, 0, 1])
    numbers = joined([first, second], TWO_AND_THREE)
    assert numbers.dtype == np.int32
    assert numbers.tolist() == [0, 2, 3, 4]


def test_targets_by_hand():
    """Two rows; the parts have two and three choices, and the selector differs from what values."""
    td_error = decoupled_q_learning(
        _floats([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]),
        tf.constant([4, 2]),  # second and second, first and third
        _floats([10, 20]),
        _floats([0.5, 0.0]),
        _floats([[8, 0, 0, 0, 4], [9, 9, 9, 9, 9]]),
        _floats([[1, 0, 0, 0, 1], [0, 0, 0, 0, 0]]),
        TWO_AND_THREE,
    )
    # 10 + 0.5 (8 + 4) / 2 - (2 + 4) / 2, and 20 - (1 + 5) / 2.
    np.testing.assert_array_equal(td_error, [10, 17])


def test_the_best_action_is_the_best_of_all_combinations():
    """The mean of the parts' maxima is the maximum over the means of all 24 combinations."""
    sizes = (2, 3, 4)
    q = np.random.default_rng(0).normal(size=(7, sum(sizes))).astype(np.float32)
    parts = np.split(q, [2, 5], axis=-1)
    whole = [
        (parts[0][:, a] + parts[1][:, b] + parts[2][:, c]) / 3
        for a in range(2)
        for b in range(3)
        for c in range(4)
    ]
    zeros, ones = np.zeros(7, np.float32), np.ones(7, np.float32)
    for action, values in enumerate(whole):
        td_error = decoupled_q_learning(
            tf.constant(q), tf.fill(7, action), zeros, ones, tf.constant(q), tf.constant(q), sizes
        )
        np.testing.assert_allclose(td_error, np.max(whole, axis=0) - values, atol=1e-6)


def test_no_target_leaves_the_bounds():
    zeros = tf.zeros((1, 5))
    arguments = zeros, tf.constant([0]), _floats([7]), _floats([1]), zeros, zeros, TWO_AND_THREE
    assert decoupled_q_learning(*arguments, bounds=_floats([0, 4])).numpy() == [4]


def _actor(epsilon: float) -> BranchingActor:
    network = Network(OneHot(2), (Dense(5, "linear"),))
    return BranchingActor(
        network, TWO_AND_THREE, range(300), EpsilonSchedule(start=epsilon, end=epsilon)
    )


WEIGHTS = {
    "dense_0.kernel": np.float32([[0, 9, 5, 1, 2], [9, 0, 1, 2, 5]]),
    "dense_0.bias": np.zeros(5, np.float32),
}


def test_each_part_takes_its_best_choice():
    seen = np.array([0, 1] * 150)
    actor = _actor(0.0)
    (chance,) = actor.exploration(
        np.zeros(1, np.int64), np.random.default_rng(0).random((1, 2, 300))
    )
    for exploration in (None, chance):
        acted = actor.act(WEIGHTS, seen, actor.initial_state(), exploration)
        # Second and first, and first and third.
        np.testing.assert_array_equal(acted.actions, [3, 2] * 150)


def test_an_action_is_expected_to_be_worth_the_mean_of_its_parts():
    found = _actor(0.0).expected_returns(WEIGHTS, np.array([0, 1] * 150), {})
    assert found is not None
    assert found.tolist() == [(9 + 5) / 2, (9 + 5) / 2] * 150


def test_random_actions_are_all_combinations():
    actor = _actor(1.0)
    (chance,) = actor.exploration(
        np.zeros(1, np.int64), np.random.default_rng(0).random((1, 2, 300))
    )
    acted = actor.act(WEIGHTS, np.zeros(300, np.int64), actor.initial_state(), chance)
    assert acted.actions.dtype == np.int32
    assert np.bincount(acted.actions, minlength=6).min() > 30


def test_its_outputs_are_as_many_as_all_parts_have_choices():
    space = Box(-1, 1, (3,), np.float32)
    actions = Factored((7, 7, 7, 7))
    learner = Branching(hidden_sizes=(4,)).learner(
        space,
        actions,
        env_steps=10,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    assert actions.n == 2401
    assert learner.weights()["dense_1.bias"].shape == (28,)


def test_a_softmax_is_refused():
    with pytest.raises(InvalidSetting, match=r"--agent\.temperature must be 0"):
        Branching(temperature=0.5)
