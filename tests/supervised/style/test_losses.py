"""Losses on maps so small that they are counted by hand."""

import numpy as np
import pytest
import tensorflow as tf

from supervised.style import losses
from supervised.style.configs import StyleConfig

# Two positions, two channels.
MAPS = np.array([[[[1.0, 2.0], [3.0, 0.0]]]], np.float32)  # [1, 1, 2, 2]
OTHER = np.array([[[[1.0, 0.0], [0.0, 1.0]]]], np.float32)
GRAM = [[5.0, 1.0], [1.0, 2.0]]  # ([[1, 3], [2, 0]] [[1, 2], [3, 0]]) / 2


def test_content_is_half_the_mean_square():
    # Differences 0, 2, 3, -1: squares 0 + 4 + 9 + 1, over 2 * 4.
    assert float(losses.content_loss(MAPS, OTHER)) == pytest.approx(14 / 8)
    assert float(losses.content_loss(MAPS, MAPS)) == 0


def test_gram_is_a_mean_over_positions():
    np.testing.assert_allclose(losses.gram(MAPS), GRAM)
    # Style has no place: turned about and repeated, a picture has the same Gram matrix.
    turned = tf.concat([MAPS[:, :, ::-1], MAPS], axis=1)  # [1, 2, 2, 2]
    np.testing.assert_allclose(losses.gram(turned), GRAM)


def test_style_is_a_quarter_of_the_mean_square_as_in_the_book():
    # The Gram matrix of OTHER is half the unit matrix: differences 4.5, 1, 1, 1.5.
    loss = float(losses.style_loss(losses.gram(MAPS), losses.gram(OTHER)))
    assert loss == pytest.approx((20.25 + 1 + 1 + 2.25) / 16)
    # The book's form: Gram matrices that are sums over M = 2 positions, over 4 N² M².
    sums = 2 * np.array(GRAM) - np.eye(2)
    assert loss == pytest.approx((sums**2).sum() / (4 * 2**2 * 2**2))


def test_variation_is_the_mean_step_between_neighbours():
    pixels = np.zeros((1, 2, 2, 3), np.float32)
    pixels[0, 0, 0] = [1, 2, 3]  # 6 to its right neighbour and 6 to the one below
    assert float(losses.variation_loss(tf.constant(pixels))) == pytest.approx(12 / 4)


def test_terms_are_weighted_means_over_layers():
    maps = {"one": MAPS, "two": OTHER}
    targets = losses.targets({"one": OTHER, "two": OTHER}, maps, ("one", "two"), ("one",))
    pixels = tf.zeros((1, 2, 2, 3))
    config = StyleConfig(content_weight=4.0, style_weight=100.0, variation_weight=1.0)
    terms = losses.terms(lambda _: {"one": MAPS, "two": OTHER}, pixels, targets, config)
    # Content: 14/8 in layer one, 0 in layer two. Style: the very maps it came from.
    np.testing.assert_allclose(terms, [4 * 14 / 16, 0, 0])
