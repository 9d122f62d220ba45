"""Agents that learn from recordings, by hand."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQN
from agents.networks import Constrained
from agents.offline.config import BC, BCQ, CQL
from agents.offline.losses import conservative, imitation
from agents.offline.objective import BatchConstrained, Cloning, Conservative
from agents.replayed.objective import Losses
from agents.rollout import Rollout
from common.settings import InvalidSetting

LEAST = np.float32(-1e30)
STATES, ACTIONS = 4, 3


def test_conservatism_by_hand():
    q_tm1 = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 4.0, 4.0]], np.float32))
    # log(1 + 2 + 5) - log 2, and log 12 - log 4.
    found = conservative(tf.constant(q_tm1), tf.constant([1, 0]))
    np.testing.assert_allclose(found, [np.log(4.0), np.log(3.0)], rtol=1e-6)


def test_imitation_by_hand():
    logits = np.log(np.array([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]], np.float32))
    # Probabilities 2/8 and 2/8.
    found = imitation(tf.constant(logits), tf.constant([1, 2]))
    np.testing.assert_allclose(found, [np.log(4.0), np.log(4.0)], rtol=1e-6)


@pytest.mark.parametrize("loss", [conservative, imitation])
def test_shapes_are_asserted(loss):
    with pytest.raises(ValueError, match="rank 2"):
        loss(tf.zeros(3), tf.constant([1, 2, 0]))
    with pytest.raises(ValueError, match="rank 1"):
        loss(tf.zeros((3, 2)), tf.constant([[1], [0], [0]]))


def test_only_likely_actions_have_values():
    """Probabilities 0.6, 0.2 and 0.2: shares 1, 1/3 and 1/3 of the likeliest."""
    x = np.array([[[1.0, np.log(6.0)], [9.0, np.log(2.0)], [8.0, np.log(2.0)]]], np.float32)
    for threshold, wanted in ((0.0, [1, 9, 8]), (0.3, [1, 9, 8]), (0.4, [1, LEAST, LEAST])):
        layer = Constrained(threshold)
        np.testing.assert_array_equal(layer.numpy((), x[None], None, None)[0], [[wanted]])
        np.testing.assert_array_equal(layer.tensor((), tf.constant(x), None, None)[0], [wanted])
    with pytest.raises(ValueError, match=r"\[actions, 2\]"):
        Constrained(0.3).output_shape((6,))


class _Fixed:
    """A network whose outputs are the weights of its rows."""

    def __init__(self, layers):
        self.layers = layers

    def __replace__(self, layers):
        return _Fixed(layers)

    def tensor(self, weights, observations):
        x = tf.gather(weights["table"], observations)
        for layer in self.layers:
            x, _ = layer.tensor((), x, None, None)
        return x, None


def _batch(**columns):
    kinds = {"s_tm1": np.int32, "s_t": np.int32, "a_tm1": np.int32}
    return {n: tf.constant(v, kinds.get(n, np.float32)) for n, v in columns.items()}


def test_batch_constrained_targets_by_hand(monkeypatch):
    """Action 1 pays most in the successor, but only 2 and 0 are likely there."""
    monkeypatch.setattr("agents.offline.objective.replace", lambda network, layers: _Fixed(layers))
    logits = np.log([[2.0, 1.0, 1.0], [4.0, 1.0, 5.0]])  # of states 0 and 1
    q = np.array([[3.0, 0.0, 0.0], [1.0, 50.0, 2.0]])
    table = {"table": tf.constant(np.stack([q, logits], axis=-1), tf.float32)}  # [2, A, 2]
    older = {"table": tf.constant(np.stack([q + 10, logits], axis=-1), tf.float32)}
    config = BCQ(threshold=0.3, bound_targets=False)
    batch = _batch(s_tm1=[0], a_tm1=[0], r_t=[1.0], discount_t=[0.5], s_t=[1], bounds=[-1.0, 1.0])
    found = BatchConstrained(config, _Fixed([Constrained(0.3)])).losses(table, older, batch)
    # The online network chooses action 2, which the target network values at 12: 1 + 6 - 3.
    np.testing.assert_allclose(found.td_error, [4.0])
    # Half the square, and -log of the probability 2/4 of the recorded action.
    np.testing.assert_allclose(found.each, [8.0 + np.log(2.0)], rtol=1e-6)
    np.testing.assert_array_equal(found.q_tm1, [[3.0, 0.0, 0.0]])
    free = BatchConstrained(dataclasses.replace(config, threshold=0.0), _Fixed([Constrained(0.0)]))
    np.testing.assert_allclose(free.losses(table, older, batch).td_error, [1 + 0.5 * 60 - 3])


def test_the_penalty_is_added_to_dqns_loss():
    class _Own:
        columns, observations = ("a_tm1",), ()

        def losses(self, online, target, batch):
            none = tf.zeros(1)
            return Losses(tf.constant([2.0]), tf.constant([1.0]), none, values=tf.zeros((1, 4)))

    found = Conservative(_Own(), 0.5).losses({}, {}, _batch(a_tm1=[3]))
    np.testing.assert_allclose(found.each, [2.0 + 0.5 * np.log(4.0)], rtol=1e-6)


def test_cloning_by_hand():
    table = {"table": tf.constant(np.log([[1.0, 3.0]]), tf.float32)}
    found = Cloning(_Fixed([])).losses(table, {}, _batch(s_tm1=[0, 0], a_tm1=[1, 0]))
    np.testing.assert_allclose(found.each, -np.log([0.75, 0.25]), rtol=1e-6)
    np.testing.assert_allclose(found.td_error, [0.25, 0.75], rtol=1e-6)


def _recorded(number: int) -> Rollout:
    """What is mostly done in state s is action s % 3; action 0 alone pays."""
    rng = np.random.default_rng(number)
    states, shape = rng.integers(0, STATES, (8, 4)), (8, 4)
    actions = np.where(rng.random(shape) < 0.8, states % 3, rng.integers(0, ACTIONS, shape))
    return Rollout(
        s_tm1=states,
        a_tm1=actions.astype(np.int32),
        r_t=(actions == 0).astype(np.float64),
        terminated_t=np.ones(shape, np.bool_),
        truncated_t=np.zeros(shape, np.bool_),
        s_t=states,
        dropped_t=np.zeros(shape, np.bool_),
    )


@pytest.mark.parametrize(
    ("kind", "changes", "wanted"),
    [
        (BC, {}, [0, 1, 2, 0]),
        (BCQ, {"threshold": 1.0}, [0, 1, 2, 0]),  # imitates
        (BCQ, {"threshold": 0.0}, [0, 0, 0, 0]),  # takes what pays
        (CQL, {"conservatism": 0.01}, [0, 0, 0, 0]),
        (CQL, {"conservatism": 50.0}, [0, 1, 2, 0]),
    ],
)
def test_what_is_learned_from_what_was_done(kind, changes, wanted):
    small = {"hidden_sizes": (16,), "batch_size": 16, "learning_starts": 32, "compile_xla": False}
    config = kind(**small, **changes, updates_per_call=8, env_steps_per_update=1)
    learner = config.learner(
        Discrete(STATES),
        Discrete(ACTIONS),
        env_steps=30 * 32,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    for number in range(30):
        learner.learn(_recorded(number))
    learner.close()
    actor = config.actor(Discrete(STATES), Discrete(ACTIONS), range(STATES))
    acted = actor.act(learner.evaluated_weights(), np.arange(STATES), actor.initial_state())
    assert acted.actions.tolist() == wanted


def test_a_replay_holds_the_whole_recording_before_it_is_learned_from():
    for agent in (DQN(), CQL(), BCQ(), BC()):
        found = agent.for_recording(70_000)
        assert (found.replay_capacity, found.learning_starts) == (70_000, 70_000)
        assert found.for_recording(70_000) == found


@pytest.mark.parametrize(
    ("kind", "wrong", "says"),
    [
        (CQL, {"conservatism": -1.0}, "--agent.conservatism must be 0 or more, got -1.0"),
        (BCQ, {"threshold": 1.5}, r"--agent.threshold must be in \[0, 1\], got 1.5"),
        (BC, {"noisy": "all"}, "--agent.noisy all: BC does not act to learn"),
    ],
)
def test_impossible_settings_are_named(kind, wrong, says):
    with pytest.raises(InvalidSetting, match=says):
        kind(**wrong)


def test_the_exported_model_never_takes_an_unlikely_action():
    config, space = BCQ(threshold=1.0, hidden_sizes=(8,)), Box(-1, 1, (4,), np.float32)
    network = config._network(space, Discrete(ACTIONS))
    weights = network.initial_weights(np.random.default_rng(0))
    model = config.keras_model(space, Discrete(ACTIONS), weights)
    found = np.asarray(model(np.random.default_rng(1).uniform(-1, 1, (5, 4)).astype(np.float32)))
    assert ((found == LEAST).sum(axis=1) == ACTIONS - 1).all()
