"""An agent around another one: moments, what is learned from, and who normalises when."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.actor import Actor, ActorOutput
from agents.agent import Learner
from agents.dqn.config import DQN
from agents.network_actor import MEMORY
from agents.prepared.config import NormalizedActor, Prepared, Rewards, prepared
from agents.prepared.learner import PreparedLearner
from agents.prepared.moments import RunningMoments, mean_and_std, normalized
from agents.q_table.config import QTable
from agents.r2d2.config import R2D2
from agents.rollout import Rollout
from agents.weights import UnfitWeights, fitted


def test_moments_by_hand():
    moments = RunningMoments((2,))
    nothing = moments.weights()
    assert normalized(nothing, np.array([[3.0, -9.0]])).tolist() == [[3, -9]]
    moments.update(np.array([[1.0, 10.0], [3.0, 10.0]]))
    moments.update(np.zeros((0, 2)))
    moments.update(np.array([[5.0, 10.0]]))
    mean, std = mean_and_std(moments.weights())
    assert mean.tolist() == [3, 10]
    np.testing.assert_allclose(std, [np.sqrt(8 / 3), 1e-4], rtol=1e-6)
    # 3 + std / 2; and a number that never changed may jump by 10 and no more.
    seen = normalized(moments.weights(), np.array([[3 + np.sqrt(8 / 3) / 2, 11.0]]))
    np.testing.assert_allclose(seen, [[0.5, 10.0]], rtol=1e-6)
    assert seen.dtype == np.float32


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_moments_of_batches_are_those_of_all_together(sizes, seed):
    rng = np.random.default_rng(seed)
    batches = [rng.normal(30_000, 50, (size, 3)) for size in sizes]
    together = np.concatenate(batches)
    moments = RunningMoments((3,))
    for batch in batches:
        moments.update(batch)
    if len(together):
        state = moments.get_state()
        np.testing.assert_allclose(state["mean"], together.mean(axis=0), rtol=1e-12)
        squares = np.square(together - together.mean(axis=0)).sum(axis=0)
        np.testing.assert_allclose(state["squares"], squares, rtol=1e-6, atol=1e-5)
    again, rounded = RunningMoments((3,)), RunningMoments((3,))
    again.set_state(moments.get_state())
    rounded.set_weights(moments.weights())
    for one, other in ((again, moments), (rounded, again)):
        for name, array in one.weights().items():
            np.testing.assert_allclose(array, other.weights()[name], rtol=1e-4, atol=1e-3)


def _rollout() -> Rollout:
    """Two steps of two environments, of which the last one was dropped."""
    return Rollout(
        s_tm1=np.array([[[0.0], [2.0]], [[4.0], [999.0]]]),
        a_tm1=np.zeros((2, 2), np.int32),
        r_t=np.array([[0.5, -4.0], [8.0, 0.0]]),
        terminated_t=np.zeros((2, 2), np.bool_),
        truncated_t=np.zeros((2, 2), np.bool_),
        s_t=np.array([[[4.0], [999.0]], [[6.0], [0.0]]]),
        dropped_t=np.array([[False, False], [False, True]]),
    )


class Noting(Learner):
    """Notes the rollouts that it gets."""

    def __init__(self, keeps: bool = False):
        self.keeps_observations = keeps
        self.got: list[Rollout] = []

    def learn(self, rollout):
        self.got.append(rollout)
        self.updates += 3
        return {"loss": 1.0}

    def weights(self):
        return {"w": np.ones(1)}

    def set_weights(self, weights):
        assert fitted(weights, self.weights())

    def get_state(self):
        return {"updates": self.updates}

    def set_state(self, state):
        self.updates = state["updates"]


@pytest.mark.parametrize(
    ("rewards", "expected"),
    [
        (Rewards(), [0.5, -4, 8, 0]),
        (Rewards(scale=0.5), [0.25, -2, 4, 0]),
        (Rewards(clip=True), [0.5, -1, 1, 0]),
        (Rewards(scale=0.25, clip=True), [0.125, -1, 1, 0]),
    ],
)
def test_rewards_that_are_learned_from(rewards, expected):
    inner, given_rollout = Noting(), _rollout()
    learner = PreparedLearner(inner, rewards, None)
    assert learner.learn(given_rollout) == {"loss": 1.0}
    assert inner.got[0].r_t.ravel().tolist() == expected
    assert inner.got[0].s_tm1 is given_rollout.s_tm1
    assert (learner.updates, set(learner.weights())) == (3, {"w"})
    assert given_rollout.r_t[1, 0] == 8.0  # returns are told as they are


def test_a_learner_without_memory_gets_normalised_observations():
    inner = Noting()
    PreparedLearner(inner, Rewards(), (1,)).learn(_rollout())
    # Of 0, 2 and 4: mean 2, variance 8/3; the dropped step's 999 is not counted.
    std = np.sqrt(8 / 3)
    expected = np.array([-2, 0, 2, 997]) / std
    np.testing.assert_allclose(inner.got[0].s_tm1.ravel(), np.clip(expected, -10, 10), rtol=1e-6)
    np.testing.assert_allclose(inner.got[0].s_t[1, 0], [4 / std], rtol=1e-6)


def test_a_learner_with_memory_normalises_when_it_looks_back():
    inner = Noting(keeps=True)
    learner = PreparedLearner(inner, Rewards(), (1,))
    learner.learn(_rollout())
    assert inner.got[0].s_tm1[1, 0, 0] == 4.0
    assert inner.preprocess is not None
    np.testing.assert_allclose(inner.preprocess(np.array([2.0, 4.0])), [0, 2 / np.sqrt(8 / 3)])


def test_a_state_round_trip():
    learner, again = (PreparedLearner(Noting(), Rewards(), (1,)) for _ in range(2))
    learner.learn(_rollout())
    again.set_state(learner.get_state())
    assert again.updates == 3
    for name, array in learner.weights().items():
        np.testing.assert_array_equal(array, again.weights()[name])
    learner.learn(_rollout())
    again.learn(_rollout())
    for name, array in learner.weights().items():
        assert array.tobytes() == again.weights()[name].tobytes()


def test_weights_bring_their_moments():
    learner, again = (PreparedLearner(Noting(), Rewards(), (1,)) for _ in range(2))
    learner.learn(_rollout())
    again.set_weights(learner.weights())
    for name, array in learner.weights().items():
        np.testing.assert_allclose(again.weights()[name], array, rtol=1e-6)
    again.learn(_rollout())
    learner.learn(_rollout())
    for name, array in learner.weights().items():
        np.testing.assert_allclose(again.weights()[name], array, rtol=1e-6)
    with pytest.raises(UnfitWeights, match=r"observations\.mean is absent there and \[1\] here"):
        learner.set_weights({"w": np.ones(1)})
    plain = PreparedLearner(Noting(), Rewards(), None)
    with pytest.raises(UnfitWeights, match=r"observations\.mean is \[1\] there and absent here"):
        plain.set_weights(learner.weights())


class Echo(Actor):
    """Takes the action that its first number says."""

    draws, respects_masks = 7, True

    def act(self, weights, observations, state, exploration=None, action_mask=None):
        assert set(weights) == {"w"}
        assert action_mask is not None
        return ActorOutput(np.round(observations[:, 0]).astype(np.int32), state)


def test_an_actor_sees_observations_by_the_moments_among_the_weights():
    moments = RunningMoments((1,))
    moments.update(np.array([[0.0], [2.0], [4.0]]))
    actor = NormalizedActor(Echo())
    assert actor.draws == 7
    weights = {**moments.weights(), "w": np.ones(1)}
    mask = np.ones((2, 2), np.bool_)
    acted = actor.act(weights, np.array([[2.0], [3.7]]), {}, None, action_mask=mask)
    assert acted.actions.tolist() == [0, 1]


def test_dqn_looks_back_with_what_it_knows_now():
    """Where all observations are alike but for their size, a network sees the same numbers."""
    agent = DQN(hidden_sizes=(4,), learning_starts=0, updates_per_call=2, batch_size=4)
    found = []
    for far in (1.0, 1024.0):  # a power of two, so that nothing is rounded
        wrapped = Prepared(agent=agent, normalize=True)
        learner = wrapped.learner(
            Box(-np.inf, np.inf, (1,), np.float64),
            Discrete(2),
            env_steps=100,
            network_rng=np.random.default_rng(0),
            replay_rng=np.random.default_rng(0),
        )
        rollout = _rollout()
        rollout.s_tm1[:] *= 1e3 * far
        rollout.s_t[:] *= 1e3 * far
        for _ in range(3):
            learner.learn(rollout)
        found.append({k: v for k, v in learner.weights().items() if "observations" not in k})
        assert learner.updates > 0
        learner.close()
    for name, array in found[0].items():
        np.testing.assert_allclose(array, found[1][name], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("agent", "shape"),
    [
        (DQN(hidden_sizes=(8,)), ()),
        (DQN(hidden_sizes=(8,)), (3,)),
        (DQN(hidden_sizes=(8,), network="conv", filters=(2,)), (5, 4, 2)),
        (R2D2(hidden_sizes=(8,), recurrent_units=4), (3,)),
    ],
)
def test_an_exported_model_takes_raw_observations(agent, shape):
    wrapped = Prepared(agent=agent, normalize=True)
    space, actions = Box(0, 255, shape, np.uint8), Discrete(2)
    learner = wrapped.learner(
        space,
        actions,
        env_steps=100,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    observations = np.random.default_rng(1).integers(0, 50, (16, *shape)).astype(np.uint8)
    steps = (4, 4)
    rollout = Rollout(
        s_tm1=observations.reshape(*steps, *shape),
        a_tm1=np.zeros(steps, np.int32),
        r_t=np.zeros(steps),
        terminated_t=np.zeros(steps, np.bool_),
        truncated_t=np.ones(steps, np.bool_),
        s_t=observations.reshape(*steps, *shape),
        dropped_t=np.zeros(steps, np.bool_),
        extras={MEMORY: np.zeros((*steps, 4), np.float32)},
    )
    learner.learn(rollout)
    weights = learner.weights()
    learner.close()
    model = wrapped.keras_model(space, actions, weights)
    assert model is not None
    far = np.concatenate([observations, np.full((1, *shape), 255)]).astype(np.uint8)
    inner = agent.keras_model(Box(-10, 10, shape), actions, weights)
    seen, raw = normalized(weights, far), far
    if isinstance(agent, R2D2):
        state = np.full((17, 4), 0.5, np.float32)
        seen, raw = [seen, state], [raw, state]
    expected, found = inner.predict(seen, verbose=0), model.predict(raw, verbose=0)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_nothing_is_wrapped_where_nothing_changes():
    agent = DQN()
    assert prepared(agent, normalize=False, rewards=Rewards()) is agent
    wrapped = prepared(agent, normalize=False, rewards=Rewards(clip=True))
    assert (wrapped.needs_tensorflow, wrapped.lags) == (True, agent.lags)
    assert wrapped.module == "agents.dqn.config"
    table = prepared(QTable(), normalize=True, rewards=Rewards())
    assert table.sees == "state"
    with pytest.raises(ValueError, match=r"--env\.normalize-observations is for numbers"):
        table.check(Discrete(3), Discrete(2))
    with pytest.raises(ValueError, match="expected an Agent"):
        Prepared(agent=DQN, normalize=True).check(Box(0, 1, (2,)), Discrete(2))
