import numpy as np
import pytest

from envs import registry, rendering
from envs.options import EnvOptions
from envs.planning import TabularModel, expected_return, greedy, value_iteration
from envs.sources import Configured


@pytest.mark.parametrize(
    ("env_id", "says"),
    [
        ("CartPol-v1", "did you mean CartPole-v1?"),
        ("Taxi-v3", "did you mean Taxi-v4?"),
        ("LunarLander-v9", "did you mean LunarLander-v3?"),
        ("tests.envs.toy:Room-v7", "did you mean tests.envs.toy:Room-v0?"),
        ("tests.envs.toy:Rom-v0", "nor has module 'tests.envs.toy' a function 'Rom-v0'"),
        ("Hopper-v3", "; its newest version is Hopper-v5"),
        ("Pendulum-v1", "choose among actions that can be counted"),
        ("MiniGrid-Emty-5x5-v0", "did you mean MiniGrid-Empty-5x5-v0?"),
        ("no_such_module:Env-v0", "cannot import 'no_such_module'"),
        ("xyz", "see: python -m launch envs"),
        ("breakout", "did you mean MinAtar/Breakout-v1 or ALE/Breakout-v5?"),
        ("FrozenLake", "did you mean FrozenLake-v1?"),
        ("Pong-v5", "did you mean ALE/Pong-v5?"),
    ],
)
def test_unusable_ids_are_named_with_a_way_out(env_id, says):
    with pytest.raises(registry.UnusableEnvironment) as error:
        registry.spaces(env_id)
    assert says in str(error.value)
    assert f"--env {env_id}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_module_that_ends_the_program_is_named(tmp_path, monkeypatch):
    (tmp_path / "a_script_of_envs.py").write_text("import sys\nsys.exit('done')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(registry.UnusableEnvironment) as error:
        registry.spaces("a_script_of_envs:Mine-v0")
    assert str(error.value) == (
        "--env a_script_of_envs:Mine-v0: importing 'a_script_of_envs' raised SystemExit: done"
    )


@pytest.mark.parametrize(
    ("env_id", "keyword", "says"),
    [
        ("MinAtar/Breakout-v1", "sticky=0", "did you mean sticky_action_prob? it takes game, "),
        ("ALE/Pong-v5", "sticky_actions=0", "did you mean repeat_action_probability? it takes "),
        ("FrozenLake-v1", "slip=0", "did you mean is_slippery? it takes desc, map_name, "),
        ("CartPole-v1", "zzz=0", "it has no such keyword; it takes sutton_barto_reward"),
    ],
)
def test_a_keyword_that_there_is_not_is_named_with_those_that_there_are(env_id, keyword, says):
    env = Configured(env_id, EnvOptions(env_kwargs=(keyword,)))
    with pytest.raises(registry.UnusableEnvironment) as error:
        registry.spaces(env)
    name = keyword.partition("=")[0]
    assert str(error.value).startswith(f"--env {env_id}: --env-kwargs {name}: ")
    assert says in str(error.value)


def test_discrete_spaces_are_renumbered_from_zero():
    observations, actions = registry.spaces("tests.envs.toy:Corridor-v0")
    assert (observations.start, observations.n, actions.start, actions.n) == (0, 5, 0, 2)
    envs = registry.make("tests.envs.toy:Corridor-v0", seed=0, purpose=1, env_indices=[0])
    assert envs.reset().tolist() == [0]
    assert envs.step(np.array([1])).s_t.tolist() == [1]


def test_optimum_of_the_lakes():
    # The exact figures of the book's notes, by value iteration on Gymnasium's table.
    assert registry.optimal_return("FrozenLake-v1", 0.99) == pytest.approx(0.740, abs=5e-4)
    assert registry.optimal_return("FrozenLake8x8-v1", 0.99) == pytest.approx(0.863, abs=5e-4)
    assert registry.optimal_return("FrozenLake8x8-v1", 0.999) == pytest.approx(0.886, abs=5e-4)
    assert registry.optimal_return("FrozenLake-v1", 1.0) == pytest.approx(0.744, abs=5e-4)
    assert registry.optimal_return("FrozenLake8x8-v1", 1.0) == pytest.approx(0.913, abs=5e-4)
    assert registry.optimal_return("CartPole-v1", 0.99) is None


@pytest.mark.parametrize(
    ("env", "succeeds"),
    [
        ("FrozenLake-v1", True),
        (Configured("FrozenLake8x8-v1", EnvOptions(env_kwargs=("is_slippery=False",))), True),
        ("actorlab/MemoryChain-v0", True),
        ("CartPole-v1", False),
        # Returns of 10 or -1 are no rate, and no optimum of returns is one of rates.
        (Configured("FrozenLake-v1", EnvOptions(env_kwargs=("reward_schedule=[10,0,0]",))), False),
        (Configured("FrozenLake-v1", EnvOptions(wrappers=("tests.envs.toy:Doubled",))), False),
    ],
)
def test_where_an_episode_succeeds_or_fails(env, succeeds):
    assert registry.success_is_positive_return(env) == succeeds


def test_optimum_of_taxi_and_the_cliff():
    # Taxi: 21 less the shortest way, found breadth-first, in the mean over its 300 first states;
    # Gymnasium's 8.46 is of an older map. The cliff: 13 steps along its edge, at -1 each.
    assert registry.optimal_return("Taxi-v4", 0.99) == pytest.approx(7.93)
    assert registry.optimal_return("CliffWalking-v1", 0.99) is None  # its id has no limit
    limited = Configured("CliffWalking-v1", EnvOptions(max_episode_steps=100))
    assert registry.optimal_return(limited, 0.99) == pytest.approx(-13.0)


def test_random_policy_of_the_lakes():
    for name, steps, expected in (
        ("FrozenLake-v1", 100, 0.0139),
        ("FrozenLake8x8-v1", 200, 0.0019),
    ):
        model = registry.published_model(name)
        assert model is not None
        uniform = np.full(model.probability.shape[:2], 0.25)
        assert expected_return(model, uniform, steps) == pytest.approx(expected, abs=1e-4)


def test_value_iteration_on_two_states_by_hand():
    # State 0: action 0 stays and pays 1, action 1 goes to state 1. State 1: both end and pay 10.
    model = TabularModel(
        probability=np.ones((2, 2, 1)),
        successor=np.array([[[0], [1]], [[1], [1]]]),
        reward=np.array([[[1.0], [0.0]], [[10.0], [10.0]]]),
        terminal=np.array([[[False], [False]], [[True], [True]]]),
        start=np.array([1.0, 0.0]),
    )
    q = value_iteration(model, 0.5)
    np.testing.assert_allclose(q, [[3.5, 5.0], [10.0, 10.0]], atol=1e-9)
    assert expected_return(model, greedy(q), 2) == 10.0
    assert expected_return(model, greedy(q), 1) == 0.0
    with pytest.raises(ValueError, match="discount"):
        value_iteration(model, 1.0)


def test_rendering_modes_are_checked():
    with pytest.raises(registry.UnusableEnvironment, match="cannot render"):
        rendering.check_rendering("tests.envs.toy:Corridor-v0")
