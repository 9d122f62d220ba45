"""Planning in two states that are solved by hand, and in the lakes."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from agents.agent import Learner
from agents.planner.config import Planner
from agents.planner.learner import improved
from agents.prepared.config import Rewards, prepared
from common.settings import InvalidSetting
from envs.options import EnvOptions
from envs.planning import TabularModel, expected_return, greedy, value_iteration
from envs.published import published_model
from envs.sources import Configured, UnusableEnvironment
from tests.agents.test_learners import _rollout
from training.learners import make
from training.train import check, train

BOTH = pytest.mark.parametrize("method", ["value_iteration", "policy_iteration"])


def _model() -> TabularModel:
    """In state 0 action 0 pays 1 and ends; action 1 leads to state 1, where both pay 4 and end."""
    pair = np.array([[[0], [1]], [[1], [1]]])
    return TabularModel(
        probability=np.ones((2, 2, 1)),
        successor=pair,
        reward=np.array([[[1.0], [0.0]], [[4.0], [4.0]]]),
        terminal=np.array([[[True], [False]], [[True], [True]]]),
        start=np.array([0.5, 0.5]),
    )


def _learner(config: Planner) -> Learner:
    learner = config.learner(
        Discrete(2),
        Discrete(2),
        env_steps=1,
        network_rng=np.random.default_rng(0),
        replay_rng=np.random.default_rng(0),
    )
    learner.know(_model())
    return learner


def test_value_iteration_by_hand():
    learner = _learner(Planner(discount=0.5))
    assert learner.weights()["q"].tolist() == [[1, 0], [4, 4]]
    first = learner.learn(_rollout(0))
    assert first == {"residual": 4.0, "start_value": 2.5, "policies": 1.0}
    assert learner.weights()["q"].tolist() == [[1, 2], [4, 4]]
    second = learner.learn(_rollout(0))
    assert second == {"residual": 1.0, "start_value": 3.0, "policies": 1.0}
    for _ in range(3):
        last = learner.learn(_rollout(0))
    assert last == {"residual": 0.0, "start_value": 3.0, "policies": 1.0}
    assert learner.updates == 3  # the values stand still


def test_policy_iteration_by_hand():
    """It values the first policy, which ends at once, until it stands still; then improves it."""
    learner = _learner(Planner(discount=0.5, method="policy_iteration"))
    found = [learner.learn(_rollout(0)) for _ in range(5)]
    assert [f["start_value"] for f in found] == [2.5, 2.5, 3.0, 3.0, 3.0]
    assert [f["policies"] for f in found] == [0, 1, 1, 1, 1]
    assert learner.updates == 4


def test_an_equal_action_does_not_replace_another():
    q = np.array([[1.0, 1.0 + 1e-12], [1.0, 2.0]])
    assert improved(q, np.array([0, 0]), 1e-10).tolist() == [0, 1]


@BOTH
@pytest.mark.parametrize("env", ["FrozenLake-v1", "Taxi-v4"])
def test_it_finds_the_optimum(method, env):
    planner = Planner(method=method, sweeps_per_rollout=20_000)
    learner = make(planner, env, seed=0, env_steps=1)
    learner.learn(_rollout(0))
    model = published_model(env)
    assert model is not None
    best = value_iteration(model, 0.99)
    found = learner.weights()["q"]
    legal = best > -1e300
    np.testing.assert_allclose(found[legal], best[legal], atol=1e-7)
    steps = 200
    assert expected_return(model, greedy(found), steps) == pytest.approx(
        expected_return(model, greedy(best), steps), abs=1e-6
    )


@BOTH
def test_it_goes_on_from_its_state_with_the_same_bits(method):
    planner = Planner(method=method, sweeps_per_rollout=7)
    whole, resumed = (make(planner, "FrozenLake-v1", seed=0, env_steps=1) for _ in range(2))
    for _ in range(5):
        whole.learn(_rollout(0))
    resumed.set_state(whole.get_state())
    for _ in range(5):
        assert whole.learn(_rollout(0)) == resumed.learn(_rollout(0))
    assert whole.weights()["q"].tobytes() == resumed.weights()["q"].tobytes()
    assert whole.updates == resumed.updates


def test_it_starts_from_a_table():
    learner = _learner(Planner(discount=0.5))
    learner.set_weights({"q": np.array([[1.0, 2.0], [4.0, 4.0]])})
    assert learner.learn(_rollout(0))["residual"] == 0.0
    assert learner.weights()["q"].tolist() == [[1, 2], [4, 4]]


@BOTH
def test_a_table_that_it_starts_from_is_not_taken_for_the_solution(method):
    learner = _learner(Planner(discount=0.5, method=method))
    learner.set_weights({"q": np.array([[9.0, 0.0], [9.0, 0.0]])})
    for _ in range(9):
        last = learner.learn(_rollout(0))
    assert last["residual"] == 0.0
    assert learner.weights()["q"].tolist() == [[1, 2], [4, 4]]


def test_a_training_acts_by_the_plan():
    planner = Planner(sweeps_per_rollout=1_000)
    result = train(planner, "CliffWalking-v1", env_steps=320, num_envs=2, rollout_length=16)
    assert result.policy.act(36) == 0  # up, away from the cliff


def test_what_cannot_be_planned_is_refused():
    drawn = Configured("FrozenLake-v1", EnvOptions(env_kwargs=("map_name=None",)))
    with pytest.raises(UnusableEnvironment, match="--env FrozenLake-v1: does not publish all"):
        check(Planner(), drawn, 1)
    with pytest.raises(ValueError, match="a planner needs the numbers of states"):
        check(Planner(), "CartPole-v1", 1)
    clipped = prepared(Planner(), normalize=False, rewards=Rewards(clip=True))
    with pytest.raises(ValueError, match="plans with the environment's own rewards: leave out"):
        check(clipped, "FrozenLake-v1", 1)
    with pytest.raises(InvalidSetting, match=r"--agent\.discount must be below 1 to plan with"):
        Planner(discount=1.0)
