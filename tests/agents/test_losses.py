import numpy as np
import pytest
import tensorflow as tf

from agents.losses import double_q_learning, huber, legal, q_learning, return_bounds

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
