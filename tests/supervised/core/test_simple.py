"""Simple predictors, on rows whose answers are worked out by hand."""

import numpy as np

from supervised.core import simple


def test_the_nearest_images_decide_by_majority():
    # Two clusters a long way apart; of the first one image bears the other's label.
    images = np.array([[0, 0], [2, 0], [0, 3], [200, 200], [203, 200], [200, 202]], np.uint8)
    labels = np.array([4, 4, 7, 7, 7, 7])
    new = np.array([[1, 1], [201, 201]], np.uint8)
    assert simple.neighbours(images, labels, new).tolist() == [4, 7]
    assert simple.neighbours(images[3:5], labels[3:5], new).tolist() == [7, 7]  # fewer than three


def test_images_along_a_line_need_one_component():
    images = np.array([[[0, 0]], [[51, 102]], [[102, 204]]], np.uint8)
    new = np.array([[[25, 50]], [[100, 0]]], np.uint8)
    back = simple.principal(images, new, 1)
    assert back.shape == (2, 1, 2)
    np.testing.assert_allclose(back[0], new[0] / 255, atol=1e-6)
    # (100, 0) falls on (1, 2) / sqrt(5) at 100 / sqrt(5): it comes back as (20, 40).
    np.testing.assert_allclose(back[1] * 255, [[20, 40]], atol=1e-4)


def test_logistic_regression_halves_between_mirrored_classes():
    x = np.array([[-3.0], [-1.0], [1.0], [3.0]])
    said = simple.logistic(x, np.array([0, 0, 1, 1]), np.array([[0.0], [2.0]]))
    np.testing.assert_allclose(said[0], [0.5, 0.5], atol=1e-6)
    assert said[1, 1] > 0.75
