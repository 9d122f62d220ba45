"""Figures of lists by hand, and who is left out of them."""

import numpy as np
import pytest

from supervised.recommenders import ranking
from supervised.recommenders.ranking import Lists

LOG3 = np.log2(3)


def test_figures_of_hits_by_hand():
    hits = np.array([[True, False, True], [False, False, False], [True, True, True]])
    found = ranking.of_hits(hits, np.array([2, 1, 4]))
    np.testing.assert_allclose(found["precision"], [2 / 3, 0, 1])
    np.testing.assert_allclose(found["recall"], [1, 0, 3 / 4])
    np.testing.assert_allclose(found["ndcg"], [(1 + 1 / 2) / (1 + 1 / LOG3), 0, 1])
    np.testing.assert_allclose(found["map"], [(1 + 2 / 3) / 2, 0, 1])


def test_what_was_seen_is_never_in_a_list():
    scores = np.array([[4.0, 3, 2, 1], [1, 2, 3, 4]])
    lists = Lists(
        films=4, seen=np.array([[0, 0], [1, 3], [1, 2]]), liked=np.array([[0, 1], [1, 0]])
    )
    metrics, coverage = ranking.measure(lists, lambda people: scores[people], 2)
    # 0 is shown 1 and 2, 1 is shown 1 and 0: all but film 3.
    np.testing.assert_allclose(metrics["precision"], [0.5, 0.5])
    np.testing.assert_allclose(metrics["ndcg"], [1, 1 / LOG3])
    assert coverage == 0.75


def test_people_without_a_film_to_be_found_do_not_count():
    lists = Lists(films=2, seen=np.zeros((0, 2), int), liked=np.array([[7, 1]]))
    metrics, _ = ranking.measure(lists, lambda people: np.array([[0.0, 1.0]]), 1)
    assert metrics["recall"].tolist() == [1.0]


def test_an_interval_holds_the_mean_and_narrows():
    rng = np.random.default_rng(0)
    values = rng.random(400)
    mean, low, high = ranking.interval(values, np.random.default_rng(1))
    assert mean == pytest.approx(values.mean())
    assert low < mean < high
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


def test_the_last_rating_of_each():
    users = np.array([1, 0, 1, 0, 2], np.int32)
    times = np.array([5, 3, 9, 3, 0])
    assert ranking.last_of_each(users, times).tolist() == [False, False, True, True, True]
