import numpy as np
import pytest

from agents.exploration import EpsilonGreedyActor, chances, epsilon_greedy, greedy, softmax
from agents.q_table.config import look_up
from agents.random.config import RandomActor
from agents.schedules import EpsilonSchedule
from common.choices import drawn


def test_greedy_takes_the_first_best():
    assert greedy(np.array([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]])).tolist() == [1, 0]


def test_epsilon_greedy_by_hand():
    q = np.array([[1.0, 3.0, 3.0, 0.0]] * 4)
    draws = np.array([[0.5, 0.49], [0.5, 0.5], [0.2, 0.74], [0.2, 0.76]])
    # Not exploring: the tied actions 1 and 2 in halves. Exploring: all four in quarters.
    (chance,) = chances(np.array([[0.3]]), draws.T[None], 4)
    assert epsilon_greedy(q, chance).tolist() == [1, 2, 2, 3]


def test_epsilon_greedy_without_ties_takes_the_best():
    q = np.array([[1.0, 3.0, 2.0], [5.0, 3.0, 4.0]])
    (chance,) = chances(np.zeros((1, 1)), np.full((1, 2, 2), 0.9), 3)
    assert epsilon_greedy(q, chance).tolist() == [1, 0]


def test_epsilon_greedy_explores_as_often_as_epsilon_says():
    draws = np.random.default_rng(0).random((2, 40_000))
    q = np.tile([0.0, 1.0, 0.0, 0.0], (40_000, 1))
    (chance,) = chances(np.array([[0.2]]), draws[None], 4)
    share = np.bincount(epsilon_greedy(q, chance), minlength=4) / 40_000
    np.testing.assert_allclose(share, [0.05, 0.85, 0.05, 0.05], atol=0.006)


def test_the_actor_explores_by_its_schedule_and_acts_greedily_without():
    """ε falls from 1 to 0 over 4 steps: the draw 0.6 explores at first and not later."""
    schedule = EpsilonSchedule(start=1.0, end=0.0, decay_steps=4)
    actor = EpsilonGreedyActor(look_up, 2, schedule, [0])
    weights = {"q": np.array([[5.0, 1.0], [1.0, 5.0]])}
    steps = actor.exploration(np.array([0, 1, 2]), np.full((3, 2, 2), 0.6))
    taken = [actor.act(weights, np.array([0, 1]), {}, step).actions.tolist() for step in steps]
    assert taken == [[1, 1], [1, 1], [0, 1]]
    assert actor.act(weights, np.array([0, 1]), {}).actions.tolist() == [0, 1]


def test_what_is_expected_is_the_value_of_the_best_legal_action():
    actor = EpsilonGreedyActor(look_up, 2, EpsilonSchedule(), [0, 1])
    weights, states = {"q": np.array([[5.0, 1.0], [1.0, 7.0]])}, np.array([0, 1])
    found = actor.expected_returns(weights, states, {})
    assert found is not None
    assert found.tolist() == [5.0, 7.0]
    legal = np.array([[False, True], [True, True]])
    found = actor.expected_returns(weights, states, {}, legal)
    assert found is not None
    assert found.tolist() == [1.0, 7.0]
    assert RandomActor(2).expected_returns({}, states, {}) is None


MASK = np.array([[True, False, False, True]] * 4)


def test_only_legal_actions_are_taken_by_hand():
    q = np.array([[1.0, 3.0, 3.0, 1.0]] * 4)
    assert greedy(q, MASK).tolist() == [0, 0, 0, 0]
    draws = np.array([[0.5, 0.49], [0.5, 0.5], [0.2, 0.49], [0.2, 0.51]])
    # Not exploring: the legal actions 0 and 3 are tied, in halves. Exploring: the same halves.
    (chance,) = chances(np.array([[0.3]]), draws.T[None], 4)
    assert epsilon_greedy(q, chance, MASK).tolist() == [0, 3, 0, 3]
    actor = RandomActor(4)
    assert actor.act({}, q, {}, draws[:, 1], action_mask=MASK).actions.tolist() == [0, 3, 0, 3]


def test_where_all_actions_are_legal_a_mask_changes_nothing():
    rng = np.random.default_rng(0)
    q = rng.integers(0, 3, (5_000, 7)).astype(np.float32)  # with ties
    (chance,) = chances(np.array([[0.5]]), rng.random((1, 2, 5_000)), 7)
    everything = np.ones(q.shape, np.bool_)
    for choose in (greedy, lambda q, *mask: epsilon_greedy(q, chance, *mask)):
        np.testing.assert_array_equal(choose(q), choose(q, everything))
    draws = rng.random(5_000)
    np.testing.assert_array_equal(drawn(draws, 7), drawn(draws, 7, everything))


def test_a_table_is_looked_up():
    table = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(look_up({"q": table}, np.array([2, 0])), [[4, 5], [0, 1]])


def test_the_random_actor_takes_what_was_drawn_and_has_no_greedy_policy():
    actor = RandomActor(4)
    draws = np.array([[[0.9, 0.9], [0.1, 0.99]]])  # one step, two draws, two environments
    (step,) = actor.exploration(np.zeros(1, np.int64), draws)
    assert actor.act({}, np.zeros(2), {}, step).actions.tolist() == [0, 3]
    with pytest.raises(ValueError, match="no greedy policy"):
        actor.act({}, np.zeros(2), {})


def test_a_softmax_draws_by_hand():
    """Probabilities 1/2, 1/4, 1/4 at temperature 2; of the last two where the first is illegal."""
    q = np.tile([2 * np.log(2), 0.0, 0.0], (4, 1))
    pick = np.array([0.0, 0.49, 0.51, 0.76])
    assert softmax(q, pick, 2.0).tolist() == [0, 0, 1, 2]
    (chance,) = chances(np.zeros((1, 1)), np.stack([np.zeros(4), pick])[None], 3)
    legal = np.tile([False, True, True], (4, 1))
    assert epsilon_greedy(q, chance, legal, 2.0).tolist() == [1, 1, 2, 2]
    (chance,) = chances(np.ones((1, 1)), np.stack([np.zeros(4), pick])[None], 3)
    assert epsilon_greedy(q, chance, None, 2.0).tolist() == [0, 1, 1, 2]  # uniform, in thirds
    assert softmax(np.array([[1e30, 0.0]]), np.array([0.99]), 1e-3).tolist() == [0]


def test_environments_stand_on_a_ladder_of_epsilons():
    """Three rungs: exponents 1, 1 + 7/2 and 8; environment 4 is on the second again."""
    schedule = EpsilonSchedule(start=0.5, end=0.5, rungs=3)
    ladder = schedule.ladder(np.array([0, 9]), np.array([0, 1, 2, 4]))
    np.testing.assert_allclose(ladder, [[0.5, 0.5**4.5, 0.5**8, 0.5**4.5]] * 2)
    assert EpsilonSchedule().ladder(np.array([0, 10_000]), np.arange(4)).tolist() == [[1], [0.05]]


def test_noise_is_normal_and_finite():
    draws = np.random.default_rng(0).random((1, 2 + 50, 400))
    draws[0, 2, 0] = 0.0
    (chance,) = chances(np.zeros((1, 1)), draws, 2)
    assert chance.noise is not None
    assert chance.noise.shape == (400, 50)
    assert np.isfinite(chance.noise).all()
    assert chance.noise.mean() == pytest.approx(0, abs=0.02)
    assert chance.noise.std() == pytest.approx(1, abs=0.02)
    draws[0, 2:, 7] = 0.5
    assert not chances(np.zeros((1, 1)), draws, 2)[0].noise[7].any()
