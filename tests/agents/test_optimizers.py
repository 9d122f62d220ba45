import keras
import numpy as np
import pytest
import tensorflow as tf

from agents.optimizer_config import OptimizerConfig
from agents.optimizers import clip, start, update
from common.settings import InvalidSetting


@pytest.mark.parametrize(
    ("config", "theirs"),
    [
        (OptimizerConfig(), lambda: keras.optimizers.Adam(0.01)),
        (
            OptimizerConfig(weight_decay=0.1, beta_1=0.8),
            lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, beta_1=0.8),
        ),
        (OptimizerConfig(kind="rmsprop", beta_2=0.9), lambda: keras.optimizers.RMSprop(0.01)),
        (
            OptimizerConfig(kind="rmsprop", beta_2=0.95, epsilon=0.01, centered=True),
            lambda: keras.optimizers.RMSprop(0.01, rho=0.95, epsilon=0.01, centered=True),
        ),
    ],
)
def test_it_moves_as_keras_optimizer_does(config, theirs):
    theirs = theirs()  # not above: what uses TensorFlow while tests are collected sets its threads
    rng = np.random.default_rng(0)
    weights = rng.normal(size=20).astype(np.float32)
    variable = tf.Variable(weights)
    ours, state = tf.constant(weights), start(tf.constant(weights))
    for _ in range(20):
        gradient = tf.constant(rng.normal(size=20).astype(np.float32))
        theirs.apply([gradient], [variable])
        state, ours = update(config, state, ours, gradient, 0.01)
    np.testing.assert_allclose(ours, variable, rtol=1e-5, atol=1e-6)


def test_first_adam_step_is_the_learning_rate_against_the_sign():
    weights = tf.zeros(2)
    state, moved = update(OptimizerConfig(), start(weights), weights, tf.constant([4.0, -0.5]), 0.1)
    np.testing.assert_allclose(moved, [-0.1, 0.1], rtol=1e-4)
    assert int(state.step) == 1


def test_rectified_adam_by_hand():
    """With β₂ = 0.9, ρ at infinity is 19; ρ is 1 at update 1, and first above 5 at update 6.

    At update 6 0.9^6 is 0.531441, and ρ is 19 - 12 * 0.531441 / 0.468559 = 5.389527. The rate is
    rectified by the root of (1.389527 * 3.389527 * 19) / (15 * 17 * 5.389527).
    All gradients are 2: so are the corrected mean and the root of the corrected square.
    """
    config = OptimizerConfig(kind="radam", beta_2=0.9)
    weights, gradient = tf.zeros(1), tf.constant([2.0])
    state = start(weights)
    for number in range(1, 6):
        state, weights = update(config, state, weights, gradient, 0.1)
        np.testing.assert_allclose(weights, [-0.2 * number], rtol=1e-5)
    _, moved = update(config, state, weights, gradient, 0.1)
    rectified = (1.389527 * 3.389527 * 19 / (15 * 17 * 5.389527)) ** 0.5
    np.testing.assert_allclose(moved - weights, [-0.1 * rectified], rtol=1e-4)


def test_rectified_adam_needs_a_variance_that_float32_can_tell():
    with pytest.raises(InvalidSetting, match=r"--agent.optimizer.beta-2 must be at most 0.9995"):
        OptimizerConfig(kind="radam", beta_2=0.9999)


def test_clip_shortens_what_is_too_long_and_nothing_else():
    gradient = tf.constant([3.0, 4.0])
    np.testing.assert_allclose(clip(gradient, 1.0), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(clip(gradient, 6.0), gradient)
    assert clip(gradient, 0.0) is gradient
    assert clip(tf.zeros(2), 1.0).numpy() == pytest.approx([0, 0])


def test_a_centred_variance_is_never_negative():
    """Gradients that hardly vary any more, after larger ones: rounding alone is left of it."""
    config = OptimizerConfig(kind="rmsprop", beta_2=0.95, epsilon=1e-7, centered=True)
    step = tf.function(lambda state, weights, g: update(config, state, weights, g, 0.01))
    weights = tf.zeros(64)
    state = start(weights)
    for gradient in (tf.fill(64, 8.0), tf.linspace(0.5, 4.0, 64)):
        for _ in range(800):
            state, weights = step(state, weights, gradient)
    assert np.isfinite(weights).all()
