"""Standard errors of test metrics: by hand, and against the spread over drawn test sets."""

import numpy as np
import pytest
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
