import numpy as np
import pytest

from agents.exploration import EpsilonGreedyActor, chances, epsilon_greedy, greedy
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
    (chance,) = chances(np.array([0.3]), draws.T[None], 4)
    assert epsilon_greedy(q, chance).tolist() == [1, 2, 2, 3]


def test_epsilon_greedy_without_ties_takes_the_best():
    q = np.array([[1.0, 3.0, 2.0], [5.0, 3.0, 4.0]])
    (chance,) = chances(np.zeros(1), np.full((1, 2, 2), 0.9), 3)
    assert epsilon_greedy(q, chance).tolist() == [1, 0]


def test_epsilon_greedy_explores_as_often_as_epsilon_says():
    draws = np.random.default_rng(0).random((2, 40_000))
    q = np.tile([0.0, 1.0, 0.0, 0.0], (40_000, 1))
    (chance,) = chances(np.array([0.2]), draws[None], 4)
    share = np.bincount(epsilon_greedy(q, chance), minlength=4) / 40_000
    np.testing.assert_allclose(share, [0.05, 0.85, 0.05, 0.05], atol=0.006)


def test_the_actor_explores_by_its_schedule_and_acts_greedily_without():
    """ε falls from 1 to 0 over 4 steps: the draw 0.6 explores at first and not later."""
    schedule = EpsilonSchedule(start=1.0, end=0.0, decay_steps=4)
    actor = EpsilonGreedyActor(look_up, 2, schedule)
    weights = {"q": np.array([[5.0, 1.0], [1.0, 5.0]])}
    steps = actor.exploration(np.array([0, 1, 2]), np.full((3, 2, 2), 0.6))
    taken = [actor.act(weights, np.array([0, 1]), {}, step).actions.tolist() for step in steps]
    assert taken == [[1, 1], [1, 1], [0, 1]]
    assert actor.act(weights, np.array([0, 1]), {}).actions.tolist() == [0, 1]


MASK = np.array([[True, False, False, True]] * 4)


def test_only_legal_actions_are_taken_by_hand():
    q = np.array([[1.0, 3.0, 3.0, 1.0]] * 4)
    assert greedy(q, MASK).tolist() == [0, 0, 0, 0]
    draws = np.array([[0.5, 0.49], [0.5, 0.5], [0.2, 0.49], [0.2, 0.51]])
    # Not exploring: the legal actions 0 and 3 are tied, in halves. Exploring: the same halves.
    (chance,) = chances(np.array([0.3]), draws.T[None], 4)
    assert epsilon_greedy(q, chance, MASK).tolist() == [0, 3, 0, 3]
    actor = RandomActor(4)
    assert actor.act({}, q, {}, draws[:, 1], action_mask=MASK).actions.tolist() == [0, 3, 0, 3]


def test_where_all_actions_are_legal_a_mask_changes_nothing():
    rng = np.random.default_rng(0)
    q = rng.integers(0, 3, (5_000, 7)).astype(np.float32)  # with ties
    (chance,) = chances(np.array([0.5]), rng.random((1, 2, 5_000)), 7)
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
