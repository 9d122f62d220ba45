import numpy as np
import pytest
import tensorflow as tf

from agents.losses import (
    double_q_learning,
    huber,
    legal,
    munchausen,
    of,
    project,
    q_learning,
    quantile_regression,
    return_bounds,
)

Q_TM1 = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float32)
A_TM1 = np.array([2, 0], np.int32)
R_T = np.array([0.5, -1.0], np.float32)
DISCOUNT_T = np.array([0.9, 0.0], np.float32)
Q_T = np.array([[10.0, 30.0, 20.0], [7.0, 8.0, 9.0]], np.float32)
SELECTOR = np.array([[0.0, 1.0, 2.0], [3.0, 2.0, 1.0]], np.float32)


def test_q_learning_by_hand():
    # 0.5 + 0.9 * 30 - 3; the second row is terminal: -1 - 4
    td_error = q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, Q_T)
    np.testing.assert_allclose(td_error, [24.5, -5.0])


def test_double_q_learning_by_hand():
    # The selector picks action 2, which the target values at 20: 0.5 + 18 - 3.
    td_error = double_q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, Q_T, SELECTOR)
    np.testing.assert_allclose(td_error, [15.5, -5.0])


def test_an_illegal_action_is_never_the_best():
    mask = np.array([[True, False, True], [True, True, True]])
    # Of 10 and 20 the greater: 0.5 + 0.9 * 20 - 3.
    td_error = q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, legal(tf.constant(Q_T), mask))
    np.testing.assert_allclose(td_error, [15.5, -5.0])
    # The selector prefers action 2; where it is illegal action 1, valued at 30: 0.5 + 27 - 3.
    selector = legal(tf.constant(SELECTOR), np.array([[True, True, False], [True, True, True]]))
    td_error = double_q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, Q_T, selector)
    np.testing.assert_allclose(td_error, [24.5, -5.0])
    assert legal(Q_T, None) is Q_T


def test_targets_are_kept_within_bounds():
    # 0.5 + 0.9 * 20 = 18.5 becomes 10; the second row's -1 becomes -0.5.
    bounds = tf.constant([-0.5, 10.0])
    td_error = double_q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, Q_T, SELECTOR, bounds)
    np.testing.assert_allclose(td_error, [7.0, -4.5])


@pytest.mark.parametrize(
    ("rewards", "discount", "expected"),
    [
        ((1.0, 1.0), 0.75, (1.0, 4.0)),  # CartPole: one reward at least, a quarter lost each step
        ((-1.0, -1.0), 0.5, (-2.0, -1.0)),  # MountainCar: its last step costs, too
        ((-1.0, 0.0), 0.5, (-2.0, 0.0)),  # Acrobot
        ((-2.0, 3.0), 0.9, (-20.0, 30.0)),
        ((-1.0, 2.0), 1.0, (-np.inf, np.inf)),
        ((0.0, 1.0), 1.0, (0.0, np.inf)),
    ],
)
def test_what_rewards_can_add_up_to_by_hand(rewards, discount, expected):
    assert return_bounds(*rewards, discount) == pytest.approx(expected)


def test_double_with_one_network_is_plain():
    np.testing.assert_array_equal(
        double_q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, Q_T, Q_T),
        q_learning(Q_TM1, A_TM1, R_T, DISCOUNT_T, Q_T),
    )


def test_gradient_flows_through_the_prediction_only():
    q_tm1, q_t = tf.Variable(Q_TM1), tf.Variable(Q_T)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(double_q_learning(q_tm1, A_TM1, R_T, DISCOUNT_T, q_t, q_t))
    to_prediction, to_target = tape.gradient(loss, [q_tm1, q_t])
    np.testing.assert_array_equal(to_prediction, [[0, 0, -1], [-1, 0, 0]])
    assert to_target is None


def test_huber_by_hand():
    errors = tf.constant([-3.0, -1.0, 0.5, 2.0])
    np.testing.assert_allclose(huber(errors, 1.0), [2.5, 0.5, 0.125, 1.5])
    np.testing.assert_allclose(huber(errors, 2.0), [4.0, 0.5, 0.125, 2.0])


def test_huber_gradient_is_bounded_by_delta():
    errors = tf.Variable([-30.0, 0.25, 30.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(huber(errors, 1.0))
    assert tape.gradient(loss, errors).numpy().tolist() == pytest.approx([-1.0, 0.25, 1.0])


def test_what_is_taken_of_values_and_of_distributions():
    np.testing.assert_array_equal(of(A_TM1, tf.constant(Q_TM1)), [3, 4])
    z = tf.constant(np.arange(12.0, dtype=np.float32).reshape(2, 3, 2))
    np.testing.assert_array_equal(of(A_TM1, z), [[4, 5], [6, 7]])


def test_munchausen_by_hand():
    """At temperature 2 the policies are (1/4, 3/4) before, and (1/5, 4/5) after the step."""
    q_tm1 = tf.constant([[0.0, 2 * np.log(3)], [0.0, 200.0]], tf.float32)
    q_t = tf.constant([[1.0, 1.0 + 2 * np.log(4)], [0.0, 0.0]], tf.float32)
    soft = munchausen(q_tm1, np.array([1, 0], np.int32), q_t, 0.9, 2.0, -1.0)
    # ln(3/4) * 2 * 0.9; the unlikely action's -200 counts as -1.
    np.testing.assert_allclose(soft.bonus_tm1, [1.8 * np.log(0.75), -0.9], rtol=1e-5)
    np.testing.assert_allclose(soft.policy_t, [[0.2, 0.8], [0.5, 0.5]], rtol=1e-5)
    entropy = -0.2 * np.log(0.2) - 0.8 * np.log(0.8)
    np.testing.assert_allclose(soft.entropy_t, [2 * entropy, 2 * np.log(2)], rtol=1e-5)
    only = legal(q_t, np.array([[True, False], [False, True]]))
    soft = munchausen(q_tm1, np.array([1, 0], np.int32), only, 0.9, 2.0, -1.0)
    np.testing.assert_allclose(soft.policy_t, [[1, 0], [0, 1]], atol=1e-6)
    np.testing.assert_allclose(soft.entropy_t, [0, 0], atol=1e-6)


PLACES = np.array([[0.25, 0.75]], np.float32)


def test_quantile_regression_by_hand():
    """Quantiles 0 and 3, targets 0.5 and 4, so that u is 0.5, 4; -2.5, 1; Huber's with κ = 1."""
    z = tf.constant([[0.0, 3.0]])
    # 1/4 (0.125 + 3.5) / 2 for the first; (1/4 * 2 + 3/4 * 0.5) / 2 for the second.
    loss = quantile_regression(z, PLACES, tf.constant([[0.5, 4.0]]), 1.0)
    np.testing.assert_allclose(loss, [0.25 * 3.625 / 2 + (0.5 + 0.375) / 2], rtol=1e-6)


def test_gradient_of_quantile_regression_is_that_of_its_value():
    rng = np.random.default_rng(0)
    z, target = rng.normal(size=(3, 2)), tf.constant(rng.normal(size=(3, 5)), tf.float32)
    variable = tf.Variable(z, dtype=tf.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(quantile_regression(variable, PLACES, target, 0.7))
    gradient = tape.gradient(loss, variable)

    def plain(numbers) -> float:
        u = target.numpy()[:, None, :] - numbers[:, :, None]
        size = np.abs(u)
        bent = np.where(size < 0.7, u**2 / 2, 0.7 * (size - 0.35))
        return float((np.abs(PLACES[..., None] - (u < 0)) * bent).mean(axis=-1).sum())

    assert float(loss) == pytest.approx(plain(z), rel=1e-5)
    for i, j in np.ndindex(z.shape):
        shift = np.zeros_like(z)
        shift[i, j] = 1e-5
        slope = (plain(z + shift) - plain(z - shift)) / 2e-5
        assert float(gradient[i, j]) == pytest.approx(slope, abs=1e-4)


def test_quantiles_of_samples_are_found():
    """Descent on the loss leads to the quantiles of the targets: with a small κ, of 0 to 100."""
    z, target = tf.Variable([[50.0, 50.0]]), tf.constant(np.arange(101.0)[None], tf.float32)
    for _ in range(400):
        with tf.GradientTape() as tape:
            loss = quantile_regression(z, PLACES, target, 1e-3)
        z.assign_sub(1e3 * tape.gradient(loss, z))
    np.testing.assert_allclose(z, [[25, 75]], atol=1)


def test_projection_by_hand():
    """Atoms 0, 1, 2: 0.25 is shared 3 to 1; 2 stays; -7 and 9 go to the ends."""
    values = tf.constant([[0.25, 2.0, 1.0], [-7.0, 9.0, 1.5]])
    chances = tf.constant([[0.4, 0.5, 0.1], [0.2, 0.3, 0.5]])
    found = project(values, chances, 0.0, 2.0, 3)
    np.testing.assert_allclose(found, [[0.3, 0.2, 0.5], [0.2, 0.25, 0.55]], rtol=1e-6)


def test_projection_keeps_probability_and_mean():
    rng = np.random.default_rng(0)
    values, chances = rng.uniform(-3, 5, (50, 11)), rng.dirichlet(np.ones(11), 50)
    found = project(
        tf.constant(values, tf.float32), tf.constant(chances, tf.float32), -3.0, 5.0, 21
    )
    np.testing.assert_allclose(tf.reduce_sum(found, axis=-1), np.ones(50), rtol=1e-5)
    means = tf.reduce_sum(found * np.linspace(-3, 5, 21, dtype=np.float32), axis=-1)
    np.testing.assert_allclose(means, (values * chances).sum(axis=-1), rtol=1e-4, atol=1e-5)
