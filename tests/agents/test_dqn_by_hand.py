"""One update of DQN, beside the papers' formulas in plain NumPy: nothing here is of `agents`."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQN
from agents.replay.samplers import Uniform
from agents.rollout import Rollout
from agents.schedules import LearningRateSchedule, WeightAverage

GAMMA, RATE, SHARE, DELTA = 0.9, 0.01, 0.25, 1.15
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
STEPS_BEFORE = 6  # of Adam
ACTIONS, INPUTS, HIDDEN = 3, 2, 2

# What was played, [T, B]: in its second step environment 0 terminates and 1 is truncated.
S_TM1 = np.array(
    [
        [[1.0, 0.5], [-0.5, 1.0], [0.2, 0.4]],
        [[0.5, -1.0], [1.5, 0.5], [-1.0, 0.6]],
        [[0.3, 0.8], [-0.7, 0.9], [0.9, -0.2]],
        [[1.2, 0.1], [0.4, 1.1], [0.6, 1.3]],
    ]
)
S_T = np.array(
    [
        [[0.5, -1.0], [1.5, 0.5], [-1.0, 0.6]],
        [[2.0, 1.0], [1.0, 1.4], [0.9, -0.2]],  # what was there when two episodes ended
        [[1.2, 0.1], [0.4, 1.1], [0.6, 1.3]],
        [[0.7, 0.7], [1.1, -0.4], [-0.3, 1.6]],
    ]
)
A_TM1 = np.array([[0, 2, 1], [1, 0, 2], [2, 2, 0], [1, 1, 0]])
R_T = np.array([[0.5, -0.5, 1.0], [1.0, 0.25, -0.5], [0.0, 0.75, 0.5], [-0.25, 1.0, 0.0]])
TERMINATED_T, TRUNCATED_T = np.zeros((4, 3), bool), np.zeros((4, 3), bool)
TERMINATED_T[1, 0] = TRUNCATED_T[1, 1] = True

# Sampled with replacement; each is the step and the environment that a window starts with.
BATCH = [(1, 0), (1, 1), (0, 2), (0, 0), (1, 2), (0, 1), (1, 1), (0, 2)]
# What is left of the discount where an episode ends: nothing follows a terminal state, and much
# would follow one where only the watching stopped.
RIGHT = {"terminated": 0.0, "truncated": 1.0}

PLAIN = DQN(
    hidden_sizes=(),
    layer_norm=False,
    dueling=False,
    double=True,
    n_step=1,
    learning_starts=0,
    updates_per_call=1,
    target="polyak",
    loss="squared",
    bound_targets=False,
    max_gradient_norm=0.0,
    learning_rate_schedule=LearningRateSchedule(shape="constant"),
    average=WeightAverage(decay=0.0),
    compile_xla=False,
)


@pytest.fixture(autouse=True)
def uncompiled():
    """Compiling is most of such a test's time, and one test compares what it makes."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def _weights(kernels: list, biases: list) -> list[np.ndarray]:
    return [np.array(array) for pair in zip(kernels, biases, strict=True) for array in pair]


NETWORKS = {
    "linear": (
        (),
        _weights([[[0.4, -0.3, 0.2], [0.1, 0.6, -0.5]]], [[0.05, -0.1, 0.3]]),
        _weights([[[-0.6, 1.4, 0.9], [1.1, -0.7, 0.3]]], [[0.8, 0.2, -0.4]]),
    ),
    "hidden": (
        (HIDDEN,),
        _weights(
            [[[0.8, -0.4], [0.3, 0.9]], [[0.5, -0.6, 0.2], [-0.3, 0.4, 0.7]]],
            [[0.17, -0.23], [0.05, 0.15, -0.1]],
        ),
        _weights(
            [[[-0.7, 0.9], [1.2, 0.2]], [[1.1, 0.4, -0.8], [-0.5, 1.3, 0.6]]],
            [[0.4, 0.3], [0.6, -0.2, 0.9]],
        ),
    ),
}


def _q(weights, s):
    """Action values [B, A], and the input of the last layer."""
    x = s
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return x @ weights[-2] + weights[-1], x


def _gradient(weights, s, outer):
    """The gradient [P] of the sum of `outer` times the action values, both [B, A]."""
    _, x = _q(weights, s)
    parts = [x.T @ outer, outer.sum(axis=0)]
    if len(weights) == 4:
        before = outer @ weights[2].T * (s @ weights[0] + weights[1] > 0)
        parts = [s.T @ before, before.sum(axis=0), *parts]
    return _flat(parts)


def _flat(weights):
    """The arrays as one vector [P]."""
    return np.concatenate([np.ravel(array) for array in weights])


def _windows(n, *, rewards=R_T, gamma=GAMMA, left=RIGHT):
    """The windows of n steps by where they start: s, a, discounted reward, discount, s'.

    Left out are those that do not end within the four steps.
    """
    windows = {}
    for start in np.ndindex(A_TM1.shape):
        t, b = start
        total, discount = 0.0, 1.0
        for step in range(t, min(t + n, len(A_TM1))):
            total += discount * rewards[step, b]
            discount *= gamma
            ended = TERMINATED_T[step, b] or TRUNCATED_T[step, b]
            if ended:
                discount *= left["terminated" if TERMINATED_T[step, b] else "truncated"]
            if ended or step - t == n - 1:
                windows[start] = (S_TM1[start], A_TM1[start], total, discount, S_T[step, b])
                break
    return windows


def _batch(n, **options):
    windows = _windows(n, **options)
    return [np.array(column) for column in zip(*(windows[start] for start in BATCH), strict=True)]


def _targets(online, target, batch, *, double, kind, swapped=None):
    """What Q(s, a) should be, [B]; or what comes out where two networks are mixed up."""
    _, _, r, discount, s_t = batch
    if swapped == "online and target":
        online, target = target, online
    valuer = online if kind == "none" else target
    selector = online if double else valuer
    if swapped == "selector and valuer":
        valuer, selector = selector, valuer
    best = _q(selector, s_t)[0].argmax(axis=1)
    return r + discount * _q(valuer, s_t)[0][np.arange(len(r)), best]


def _update(name, *, double, loss, kind, n, rewards=R_T, bounds=None, period=1, clipped=0.0):
    """Everything that one update should give, from Mnih et al. 2015 and Kingma and Ba 2015."""
    _, online, target = NETWORKS[name]
    batch = _batch(n, rewards=rewards)
    s, a, *_ = batch
    y = _targets(online, target, batch, double=double, kind=kind)
    if bounds:
        y = np.clip(y, *bounds)
    rows = np.arange(len(a))
    q = _q(online, s)[0]
    error = y - q[rows, a]
    if loss == "huber":
        small = np.abs(error) <= DELTA
        losses = np.where(small, error**2 / 2, DELTA * (np.abs(error) - DELTA / 2))
        slope = np.where(small, error, DELTA * np.sign(error))
    else:
        losses, slope = error**2 / 2, error
    outer = np.zeros_like(q)
    outer[rows, a] = -slope / len(a)  # d(mean loss) / dq
    gradient = _gradient(online, s, outer)
    if clipped:
        gradient = gradient * min(1.0, clipped / np.linalg.norm(gradient))
    mean, square = _moments(len(gradient))
    t = STEPS_BEFORE + 1
    mean = BETA_1 * mean + (1 - BETA_1) * gradient
    square = BETA_2 * square + (1 - BETA_2) * gradient**2
    rate = RATE * np.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    newest = _flat(online) - rate * mean / (np.sqrt(square) + EPSILON)
    follower = _flat(target)
    if kind == "polyak":
        follower = (1 - SHARE) * follower + SHARE * newest
    if kind == "hard" and t % period == 0:
        follower = newest
    return {
        "errors": error,
        "gradient": gradient,
        "network": [newest, follower, t, mean, square],
        "metrics": [losses.mean(), np.abs(error).mean(), q.mean()],
    }


def _moments(size):
    """Adam's running means [P] before the update."""
    places = np.arange(size)
    return 0.02 * np.sin(places), 0.001 + 0.0005 * np.cos(places) ** 2


class _Chosen:
    """Has the sampler draw the batch, and keeps the TD errors that it hears of."""

    def __init__(self, monkeypatch, n):
        order = list(_windows(n))  # by start time, then by environment
        rows = np.array([[order.index(start) for start in BATCH]])
        self.errors = None

        def sample(sampler, size, shape):
            assert (size, shape) == (len(order), (1, len(BATCH)))
            return rows, None

        def update(sampler, sampled, td_errors):
            np.testing.assert_array_equal(sampled, rows)
            self.errors = td_errors[0]

        monkeypatch.setattr(Uniform, "sample", sample)
        monkeypatch.setattr(Uniform, "update", update)


def _learner(config, inputs, actions, online, target, before=(0, 0.0, 0.0)):
    """A learner with such weights, and such a step and running means of Adam."""
    learner = config.learner(
        Box(-10, 10, (inputs,), np.float32),
        Discrete(actions),
        env_steps=10_000,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    state = learner.get_state()
    average = _flat(online)[: state["network"][2].size]
    planted = [_flat(online), _flat(target), average, *before]
    state["network"] = [
        np.broadcast_to(np.asarray(value, old.dtype), old.shape)
        for value, old in zip(planted, state["network"], strict=True)
    ]
    learner.set_state(state)
    return learner


def _updated(monkeypatch, name, *, rewards=R_T, average=0.0, xla=False, n=1, **settings):
    """What a learner made of the rollout: its metrics, the TD errors and its state."""
    hidden_sizes, online, target = NETWORKS[name]
    config = dataclasses.replace(
        PLAIN,
        hidden_sizes=hidden_sizes,
        discount=GAMMA,
        n_step=n,
        learning_rate=RATE,
        batch_size=len(BATCH),
        env_steps_per_update=A_TM1.size,
        target_polyak=SHARE,
        huber_delta=DELTA,
        average=WeightAverage(decay=average),
        compile_xla=xla,
        **settings,
    )
    chosen = _Chosen(monkeypatch, n)
    before = (STEPS_BEFORE, *_moments(_flat(online).size))
    learner = _learner(config, INPUTS, ACTIONS, online, target, before)
    metrics = learner.learn(
        Rollout(
            s_tm1=S_TM1.astype(np.float32),
            a_tm1=A_TM1.astype(np.int32),
            r_t=rewards,
            terminated_t=TERMINATED_T,
            truncated_t=TRUNCATED_T,
            s_t=S_T.astype(np.float32),
            dropped_t=np.zeros(A_TM1.shape, np.bool_),
        )
    )
    learner.close()
    assert learner.updates == 1
    assert metrics["learning_rate"] == pytest.approx(RATE)
    return metrics, chosen.errors, learner


def _compare(updated, expected):
    metrics, errors, learner = updated
    close = {"rtol": 2e-5, "atol": 2e-6}
    np.testing.assert_allclose(errors, expected["errors"], **close)
    names = ["loss", "td_error", "mean_q"]
    np.testing.assert_allclose([metrics[name] for name in names], expected["metrics"], **close)
    online, target, _, step, mean, square = learner.get_state()["network"]
    gradient = (mean - BETA_1 * _moments(len(mean))[0]) / (1 - BETA_1)
    np.testing.assert_allclose(gradient, expected["gradient"], rtol=1e-4, atol=1e-5)
    newest, follower, t, *moments = expected["network"]
    assert step == t
    np.testing.assert_allclose(mean, moments[0], **close)
    np.testing.assert_allclose(square, moments[1], **close)
    np.testing.assert_allclose(online, newest, **close)
    np.testing.assert_allclose(target, follower, **close)


DOUBLE = pytest.mark.parametrize("double", [True, False], ids=["double", "single"])
KIND = pytest.mark.parametrize("kind", ["polyak", "hard", "none"])
N = pytest.mark.parametrize("n", [1, 3], ids=["one step", "three steps"])
NAME = pytest.mark.parametrize("name", NETWORKS)


@N
@KIND
@pytest.mark.parametrize("loss", ["squared", "huber"])
@DOUBLE
@NAME
def test_one_update(monkeypatch, name, double, loss, kind, n):
    settings = {"double": double, "loss": loss, "target": kind, "target_period": 7}
    updated = _updated(monkeypatch, name, n=n, **settings)
    expected = _update(name, double=double, loss=loss, kind=kind, n=n, period=7)
    if loss == "huber":  # the batch has errors on both sides of the seam
        assert np.abs(expected["errors"]).min() < DELTA < np.abs(expected["errors"]).max()
    _compare(updated, expected)


@pytest.mark.parametrize(
    ("rewards", "bounds"),
    [
        # From -0.025 to 0.05, of which ten at most count: 1 / (1 - 0.9).
        (0.05 * R_T, (-0.25, 0.5)),
        # From 0.1 to 0.115: an episode may end after one, and there is no way below it.
        (0.01 * R_T + 0.105, (0.1, 1.15)),
        # From -0.115 to -0.1: no way above -0.1.
        (-0.01 * R_T - 0.105, (-1.15, -0.1)),
    ],
    ids=["mixed", "positive", "negative"],
)
@N
@DOUBLE
@NAME
def test_targets_stay_within_bounds(monkeypatch, name, double, n, rewards, bounds):
    free, ours = (
        _update(name, double=double, loss="squared", kind="polyak", n=n, rewards=rewards, bounds=b)
        for b in (None, bounds)
    )
    assert np.abs(free["errors"] - ours["errors"]).max() > 0.05
    settings = {"double": double, "loss": "squared", "bound_targets": True}
    _compare(_updated(monkeypatch, name, n=n, rewards=rewards, **settings), ours)


WRONG = {
    "γ is dropped": {"gamma": 1.0},
    "terminal is ignored": {"left": {**RIGHT, "terminated": 1.0}},
    "truncation is treated as terminal": {"left": {**RIGHT, "truncated": 0.0}},
}


@N
@KIND
@DOUBLE
@NAME
def test_wrong_formulas_give_clearly_different_errors(name, double, kind, n):
    """Without this the tests above might pass with a wrong learner, too."""
    _, online, target = NETWORKS[name]
    networks = {"double": double, "kind": kind}
    right = _targets(online, target, _batch(n), **networks)
    for mistake, options in WRONG.items():
        y = _targets(online, target, _batch(n, **options), **networks)
        assert np.abs(y - right).max() > 0.05, mistake
    y = _targets(online, target, _batch(n), **networks, swapped="online and target")
    assert np.abs(y - right).max() > 0.05
    if double and kind != "none":  # else it is the same network
        y = _targets(online, target, _batch(n), **networks, swapped="selector and valuer")
        assert np.abs(y - right).max() > 0.05


def test_a_hard_target_stays_between_its_copies(monkeypatch):
    updated = _updated(monkeypatch, "linear", target="hard", target_period=4, loss="squared")
    expected = _update("linear", double=True, loss="squared", kind="hard", n=1, period=4)
    np.testing.assert_array_equal(expected["network"][1], _flat(NETWORKS["linear"][2]))
    _compare(updated, expected)


@NAME
@pytest.mark.parametrize("norm", [0.2, 50.0])
def test_a_gradient_is_clipped_to_its_norm(monkeypatch, name, norm):
    updated = _updated(monkeypatch, name, loss="squared", max_gradient_norm=norm)
    expected = _update(name, double=True, loss="squared", kind="polyak", n=1, clipped=norm)
    size = np.linalg.norm(expected["gradient"])
    assert size == pytest.approx(0.2) if norm == 0.2 else 0.5 < size < 50
    _compare(updated, expected)


def test_an_average_takes_in_its_share(monkeypatch):
    updated = _updated(monkeypatch, "linear", loss="squared", average=0.05)
    expected = _update("linear", double=True, loss="squared", kind="polyak", n=1)
    _compare(updated, expected)
    before, newest = _flat(NETWORKS["linear"][1]), expected["network"][0]
    learner = updated[2]
    np.testing.assert_allclose(
        learner.get_state()["network"][2], 0.05 * before + 0.95 * newest, rtol=2e-5, atol=2e-6
    )
    np.testing.assert_allclose(
        _flat(learner.evaluated_weights().values()), 0.05 * before + 0.95 * newest, atol=2e-6
    )
    np.testing.assert_allclose(_flat(learner.weights().values()), newest, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("xla", [True, False])
def test_compiled_it_gives_the_same(monkeypatch, xla):
    tf.config.run_functions_eagerly(False)
    updated = _updated(monkeypatch, "hidden", loss="huber", n=3, xla=xla)
    _compare(updated, _update("hidden", double=True, loss="huber", kind="polyak", n=3))


@pytest.mark.parametrize(
    ("double", "kind", "terminated", "error"),
    [
        (True, "polyak", False, 1.0),  # online likes action 1 best, worth 2 to the target: 1 + 1
        (False, "polyak", False, 3.0),  # the target's best is worth 6: 1 + 3
        (True, "none", False, 2.0),  # the online network's best is worth 4: 1 + 2
        (False, "none", False, 2.0),
        (True, "polyak", True, 0.0),  # nothing follows
        (False, "none", True, 0.0),
    ],
)
def test_one_transition_with_pencil_and_paper(double, kind, terminated, error):
    """q(s) = s [1, 2], the target's is s [3, 1]; γ = 1/2; from 1 by action 0 and reward 1 to 2."""
    config = dataclasses.replace(
        PLAIN,
        discount=0.5,
        double=double,
        target=kind,
        target_polyak=0.25,
        learning_rate=0.1,
        batch_size=1,
        env_steps_per_update=1,
    )
    online, target = _weights([[[1.0, 2.0]]], [[0.0, 0.0]]), _weights([[[3.0, 1.0]]], [[0.0, 0.0]])
    learner = _learner(config, 1, 2, online, target)
    metrics = learner.learn(
        Rollout(
            s_tm1=np.array([[[1.0]]], np.float32),
            a_tm1=np.array([[0]], np.int32),
            r_t=np.array([[1.0]]),
            terminated_t=np.array([[terminated]]),
            truncated_t=np.array([[False]]),
            s_t=np.array([[[2.0]]], np.float32),
            dropped_t=np.array([[False]]),
        )
    )
    learner.close()
    assert metrics["td_error"] == pytest.approx(error)
    assert metrics["loss"] == pytest.approx(error**2 / 2)
    assert metrics["mean_q"] == pytest.approx(1.5)
    newest, follower, _, step, mean, square = learner.get_state()["network"]
    assert step == 1
    # The gradient is -error for the kernel (s = 1) and the bias of action 0.
    np.testing.assert_allclose(mean, [-0.1 * error, 0, -0.1 * error, 0], rtol=1e-5)
    np.testing.assert_allclose(square, 1e-3 * np.square([error, 0, error, 0]), rtol=1e-4)
    # Adam's first step is the learning rate, whatever the gradient's size.
    step = 0.1 * (error > 0)
    np.testing.assert_allclose(newest, [1 + step, 2, step, 0], rtol=1e-5)
    moved = [3 + (1 + step - 3) / 4, 1 + 1 / 4, step / 4, 0]
    np.testing.assert_allclose(follower, moved if kind == "polyak" else [3, 1, 0, 0], rtol=1e-5)
