"""Figures against hand-computed ones."""

import numpy as np
import pytest

from supervised.core import scores


def test_classification_by_hand():
    labels = np.array([0, 0, 0, 1])
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.5, 0.5]])
    found = scores.classification(labels, probabilities, ("no", "yes"))
    # Called: no, no, yes, no. Ranked by yes: 0.7 (no), 0.5 (yes), 0.4 (no), 0.1 (no).
    assert found["accuracy"] == 0.5
    assert found["recall_no"] == pytest.approx(2 / 3)
    assert found["recall_yes"] == 0.0
    assert found["balanced_accuracy"] == pytest.approx(1 / 3)
    assert found["roc_auc"] == pytest.approx(2 / 3)
    assert found["average_precision"] == pytest.approx(0.5)
    logs = np.log([0.9, 0.6, 0.3, 0.5])
    assert found["log_loss"] == pytest.approx(-logs.mean())


def test_more_than_two_classes_have_no_ranking():
    found = scores.classification(np.array([0, 1, 2]), np.eye(3), ("a", "b", "c"))
    assert found["accuracy"] == found["recall_c"] == 1.0
    assert "roc_auc" not in found


def test_a_class_without_a_row_has_no_recall_and_is_not_averaged():
    said = np.eye(3)[[0, 0, 2, 0]]  # of a 1 of 2, of c 1 of 2, and no b
    found = scores.classification(np.array([0, 2, 2, 0])[[0, 1, 2, 0]], said, ("a", "b", "c"))
    assert found["balanced_accuracy"] == (1 + 1 / 2) / 2
    assert "recall_b" not in found
    of_one = scores.classification(np.array([1, 1]), np.array([[0.2, 0.8], [0.6, 0.4]]), ("a", "b"))
    assert (of_one["balanced_accuracy"], of_one["recall_b"]) == (0.5, 0.5)
    assert not {"recall_a", "roc_auc", "average_precision"} & set(of_one)


def test_regression_by_hand():
    found = scores.regression(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]))
    assert found["mse"] == pytest.approx(3.0)
    assert found["rmse"] == pytest.approx(3**0.5)
    assert found["mae"] == pytest.approx(1.0)
    assert found["r2"] == pytest.approx(1 - 9 / 2)


def test_the_majority_is_that_of_the_training_data():
    assert scores.majority(np.array([1, 1, 0]), np.array([0, 0, 1, 0])) == 0.25


def test_confusion_has_a_row_for_every_class():
    table = scores.confusion(np.array([0, 2]), np.array([1, 2]), ("a", "b", "c"))
    np.testing.assert_array_equal(table.to_numpy(), [[0, 1, 0], [0, 0, 0], [0, 0, 1]])


def test_softmax_of_large_logits():
    np.testing.assert_allclose(scores.softmax(np.array([[1000.0, 1000.0]])), [[0.5, 0.5]])


def test_precision_and_recall_of_each_class_by_hand():
    labels, predicted = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
    found = scores.of_classes(labels, predicted, ("a", "b", "c"))
    assert found["rows"].tolist() == [3, 2, 0]
    np.testing.assert_allclose(found["precision"], [2 / 3, 1 / 2, np.nan])
    np.testing.assert_allclose(found["recall"], [2 / 3, 1 / 2, np.nan])
