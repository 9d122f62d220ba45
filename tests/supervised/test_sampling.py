"""Standard errors of test metrics: by hand, and against the spread over drawn test sets."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from supervised.core import sampling


def test_of_errors_by_hand():
    # Squared errors 1, 1, 9, 9: mean 5, deviation sqrt(64 / 3), error of the mean half of that.
    found = sampling.of_regression(np.array([1.0, 1.0, 3.0, 3.0]), np.zeros(4))
    assert found["mse"] == pytest.approx((64 / 3) ** 0.5 / 2)
    assert found["rmse"] == pytest.approx(found["mse"] / (2 * 5**0.5))


def test_of_r2_by_hand():
    # Squared errors 0, 0, 0, 1, around the mean 2.25, 0.25, 0.25, 2.25: r2 is 1 - 0.25 / 1.25.
    # Their parts (0 - 0.2 · 2.25) / 1.25, ... are -0.36, -0.04, -0.04, 0.44.
    found = sampling.of_r2(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0, 4.0]))
    parts = np.array([-0.36, -0.04, -0.04, 0.44])
    assert found["r2"] == pytest.approx(np.sqrt(np.sum(parts**2) / 3 / 4))


def test_of_errors_that_are_all_equal_or_too_few_to_differ():
    assert sampling.of_squares(np.zeros(5)) == {"mse": 0.0, "rmse": 0.0}
    assert sampling.of_squares(np.array([4.0])) == {}


def test_of_the_area_by_hand():
    # Ones have 1 and 1/2 of the zeros below, zeros 0 and 1/2 of the ones: variances 1/8 each.
    found = sampling.of_roc_auc(np.array([1, 1, 0, 0]), np.array([4.0, 2.0, 1.0, 3.0]))
    assert found["roc_auc"] == pytest.approx((1 / 8 / 2 + 1 / 8 / 2) ** 0.5)
    assert sampling.of_roc_auc(np.array([1, 0, 0]), np.array([1.0, 2.0, 3.0])) == {}


def test_the_errors_are_the_spread_over_test_sets():
    rng = np.random.default_rng(0)
    areas, roots, told = [], [], []
    for _ in range(400):
        labels = (np.arange(200) < 60).astype(int)
        scores = rng.normal(size=200) + labels
        targets = rng.normal(size=200)
        areas.append(roc_auc_score(labels, scores))
        roots.append(np.sqrt(np.mean(targets**2)))
        area = sampling.of_roc_auc(labels, scores)["roc_auc"]
        told.append((area, sampling.of_regression(targets, np.zeros(200))["rmse"]))
    assert np.mean(told, axis=0) == pytest.approx((np.std(areas), np.std(roots)), rel=0.1)


def test_errors_over_groups_are_those_of_their_sums():
    values = np.array([1.0, 1.0, 4.0, 2.0])
    # around the mean 2 the groups' sums are -2, 2 and 0: sqrt(3 / 2 * 8) / 4
    assert sampling.of_mean(values, np.array(["a", "a", "b", "c"])) == pytest.approx(12**0.5 / 4)
    assert np.isnan(sampling.of_mean(values, np.array(["a"] * 4)))
    alone = np.arange(4)
    assert sampling.of_mean(values, alone) == pytest.approx(sampling.of_mean(values))
    r2 = sampling.of_r2(values, values[::-1], alone)
    assert r2 == pytest.approx(sampling.of_r2(values, values[::-1]))


def test_rows_that_are_repeated_in_their_groups_do_not_narrow_an_error():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 60), rng.normal(size=60)
    once = sampling.of_roc_auc(labels, scores, np.arange(60))["roc_auc"]
    assert once == pytest.approx(sampling.of_roc_auc(labels, scores)["roc_auc"], rel=0.02)
    labels, scores = np.repeat(labels, 5), np.repeat(scores, 5)
    of_groups = sampling.of_roc_auc(labels, scores, np.repeat(np.arange(60), 5))["roc_auc"]
    assert of_groups == pytest.approx(once)


def test_rows_in_time_count_neighbouring_stretches_as_alike():
    # sums of stretches are -3, -1, 0 and 4, the third has no row: squares 26, of neighbours 3
    values, stretches = np.array([0.0, 1, 1, 2, 5, 3]), np.array([0, 0, 1, 1, 3, 3])
    whole = np.sqrt((9 + 1 + 16 + 3) * 3 / 2) / 6
    wide = stats.t.ppf(0.975, 1) / 1.96
    assert sampling.of_mean_in_time(values, stretches) == pytest.approx(whole * wide)
    found = sampling.of_squares_in_time(values, stretches)
    assert found["rmse"] == pytest.approx(whole * wide / (2 * np.sqrt(2)))
    # a stretch that is not full makes no whole one more
    assert sampling.whole_stretches(np.array([0, 0, 0, 1])) == 4 / 3
    assert np.isnan(sampling.of_mean_in_time(values[:4], np.array([0, 0, 0, 1])))
    assert sampling.whole_stretches(np.array([], np.int64)) == 0
