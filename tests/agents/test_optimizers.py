import keras
import numpy as np
import pytest
import tensorflow as tf

from agents.optimizers import adam, adam_start, clip


def test_adam_moves_as_keras_adam_does():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=20).astype(np.float32)
    variable = tf.Variable(weights)
    theirs = keras.optimizers.Adam(0.01)
    ours, state = tf.constant(weights), adam_start(tf.constant(weights))
    for _ in range(20):
        gradient = tf.constant(rng.normal(size=20).astype(np.float32))
        theirs.apply([gradient], [variable])
        state, ours = adam(state, ours, gradient, 0.01)
    np.testing.assert_allclose(ours, variable, rtol=1e-5, atol=1e-6)


def test_first_adam_step_is_the_learning_rate_against_the_sign():
    weights = tf.zeros(2)
    state, moved = adam(adam_start(weights), weights, tf.constant([4.0, -0.5]), 0.1)
    np.testing.assert_allclose(moved, [-0.1, 0.1], rtol=1e-4)
    assert int(state.step) == 1


def test_clip_shortens_what_is_too_long_and_nothing_else():
    gradient = tf.constant([3.0, 4.0])
    np.testing.assert_allclose(clip(gradient, 1.0), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(clip(gradient, 6.0), gradient)
    assert clip(gradient, 0.0) is gradient
    assert clip(tf.zeros(2), 1.0).numpy() == pytest.approx([0, 0])
