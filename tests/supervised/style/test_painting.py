"""Painting towards a known picture: what is followed, kept, and taken up again."""

import numpy as np
import pytest
import tensorflow as tf

from common.errors import Diverged
from supervised.core.settings import OptimizerConfig
from supervised.style import painting
from supervised.style.configs import StyleConfig
from tests.supervised.recorder import Recorder, Stopped

TARGET = np.array([[[10.0, 100.0, 300.0], [60.0, -40.0, 128.0]]], np.float32)  # [1, 2, 3]
GREY = np.full(TARGET.shape, 128, np.float32)
CONFIG = StyleConfig(
    steps=60, progress_every=20, optimizer=OptimizerConfig(name="sgd", learning_rate=0.3)
)
ADAM = StyleConfig(steps=35, progress_every=15, optimizer=OptimizerConfig(learning_rate=3.0))


def _distance(pixels):
    half = tf.reduce_sum(tf.math.squared_difference(pixels, TARGET[None])) / 2
    return tf.stack([half, 0.0 * half, tf.constant(0.0)])


def test_pixels_follow_the_gradient_and_stay_in_range():
    context = Recorder()
    painted = painting.paint(_distance, GREY, CONFIG, context)
    assert painted.picture.tolist() == [[[10, 100, 255], [60, 0, 128]]]
    assert painted.costs.shape == (61, 3)
    assert painted.costs[0, 0] == pytest.approx(((GREY - TARGET) ** 2).sum() / 2)
    # A first step of 0.3 of the way; two channels would leave the range later only.
    assert painted.costs[1, 0] == pytest.approx(0.7**2 * painted.costs[0, 0], rel=1e-5)
    # What is left at the end: 45 above the range and 40 below it.
    assert painted.costs[60, 0] == pytest.approx((45**2 + 40**2) / 2, rel=1e-5)


def test_progress_is_shown_in_series_and_pictures():
    context = Recorder()
    painted = painting.paint(_distance, GREY, CONFIG, context)
    assert set(context.pictures) == {"progress_00020", "progress_00040"}
    assert list(painted.stages) == [20, 40]
    np.testing.assert_array_equal(painted.stages[20], context.pictures["progress_00020"])
    assert [step for step, _ in context.points] == [0, 10, 20, 30, 40, 50, 60]
    for step, values in context.points:
        assert values["cost/total"] == pytest.approx(painted.costs[step].sum())
        assert values["cost/content"] == painted.costs[step, 0]
    assert context.texts[-1].startswith("painting: step 60/60  cost")


@pytest.mark.parametrize("checkpoints", [1, 2, 4])
def test_a_stopped_painting_goes_on_to_the_same_bits(checkpoints):
    whole = painting.paint(_distance, GREY, ADAM, Recorder())
    stopped = Recorder(stop_after=checkpoints)
    with pytest.raises(Stopped):
        painting.paint(_distance, GREY, ADAM, stopped)
    context = Recorder(phases=stopped.phases)
    resumed = painting.paint(_distance, GREY, ADAM, context)
    np.testing.assert_array_equal(resumed.costs, whole.costs)
    np.testing.assert_array_equal(resumed.picture, whole.picture)
    assert list(resumed.stages) == list(whole.stages) == [15, 30]


def test_a_cost_that_is_not_finite_ends_the_job():
    def broken(pixels):
        return tf.reduce_sum(pixels) * tf.constant([1.0, 1.0, float("nan")])

    with pytest.raises(Diverged, match="painting: the cost is no longer finite after 0 steps"):
        painting.paint(broken, GREY, CONFIG, Recorder())
