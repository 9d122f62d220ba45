"""Our own batched dynamics against Gymnasium's single environments."""

import warnings

import gymnasium
import numpy as np
import pytest

from envs import registry
from envs.cartpole import CartPoleVectorEnv
from envs.frozen_lake import FrozenLakeVectorEnv, frozen_lake_model
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.randomness import Purpose, derive, episode_seeds

LAKES = {
    "4x4": {"map_name": "4x4"},
    "8x8": {"map_name": "8x8"},
    "8x8 dry": {"map_name": "8x8", "is_slippery": False},
    "own map": {"desc": ["SFH", "FFF", "HFG"], "success_rate": 0.6},
}


@pytest.mark.parametrize("env_id", ["CartPole-v0", "CartPole-v1"])
@pytest.mark.parametrize("count", [1, 3, 16, 37])
def test_cartpole_equals_gymnasium_bit_for_bit(env_id, count):
    """A balancing controller makes long episodes, so that truncation is met too."""
    envs = registry.make(env_id, seed=3, purpose=Purpose.EPISODES, env_indices=range(count))
    assert isinstance(envs, CartPoleVectorEnv)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        single = gymnasium.make(env_id)
    observation = envs.reset()
    rng = np.random.default_rng(0)
    recorded = []
    for t in range(700):
        balance = observation @ np.array([0.3, 0.6, 4.0, 1.0]) > 0
        actions = np.where(rng.random(count) < 0.03, rng.integers(0, 2, count), balance)
        if t > 640:
            actions[:] = 0
        step = envs.step(actions)
        recorded.append((actions, step))
        observation = step.observation
    truncations = terminations = 0
    for env_index in (0, count // 2, count - 1):
        key = derive(3, Purpose.EPISODES, [env_index])
        episode = 0
        single.reset(seed=int(episode_seeds(key, episode)[0]))
        for actions, step in recorded:
            s_t, r_t, terminated, truncated, _ = single.step(int(actions[env_index]))
            assert s_t.tobytes() == step.s_t[env_index].tobytes()
            assert r_t == step.r_t[env_index]
            assert terminated == step.terminated_t[env_index]
            assert truncated == step.truncated_t[env_index]
            truncations += truncated
            terminations += terminated
            if terminated or truncated:
                episode += 1
                begun, _ = single.reset(seed=int(episode_seeds(key, episode)[0]))
                assert begun.tobytes() == step.observation[env_index].tobytes()
    assert truncations
    assert terminations


@pytest.mark.parametrize("options", LAKES.values(), ids=LAKES.keys())
def test_lake_has_gymnasiums_transition_table(options):
    table = gymnasium.make("FrozenLake-v1", **options).unwrapped.P
    model = frozen_lake_model(**options)
    assert model.probability.shape[:2] == (len(table), 4)
    for state, actions in table.items():
        for action, outcomes in actions.items():
            expected: dict[tuple, float] = {}
            for probability, *outcome in outcomes:
                expected[tuple(outcome)] = expected.get(tuple(outcome), 0.0) + probability
            found: dict[tuple, float] = {}
            for o, probability in enumerate(model.probability[state, action]):
                outcome = (
                    model.successor[state, action, o],
                    model.reward[state, action, o],
                    model.terminal[state, action, o],
                )
                found[outcome] = found.get(outcome, 0.0) + probability
            assert found == pytest.approx(expected)


def test_dry_lake_follows_gymnasium_step_by_step():
    gymnasium.register(
        "DryLake-v0",
        "gymnasium.envs.toy_text.frozen_lake:FrozenLakeEnv",
        max_episode_steps=30,
        kwargs={"map_name": "4x4", "is_slippery": False},
    )
    envs = registry.make("DryLake-v0", seed=0, purpose=1, env_indices=range(4))
    assert isinstance(envs, FrozenLakeVectorEnv)
    singles = [gymnasium.make("DryLake-v0") for _ in range(4)]
    observation = envs.reset()
    assert [env.reset(seed=0)[0] for env in singles] == observation.tolist()
    rng = np.random.default_rng(1)
    ends = 0
    for _ in range(400):
        actions = rng.choice(4, 4, p=[0.05, 0.45, 0.45, 0.05])
        step = envs.step(actions)
        for i, env in enumerate(singles):
            s_t, r_t, terminated, truncated, _ = env.step(int(actions[i]))
            assert (s_t, r_t) == (step.s_t[i], step.r_t[i])
            assert (terminated, truncated) == (step.terminated_t[i], step.truncated_t[i])
            if terminated or truncated:
                ends += 1
                assert env.reset()[0] == step.observation[i]
    assert ends > 20


def test_slippery_lake_slips_as_often_as_it_should():
    envs = registry.make("FrozenLake8x8-v1", seed=0, purpose=1, env_indices=range(30_000))
    envs.reset()
    s_t = envs.step(np.full(30_000, 2)).s_t  # right, from the upper left corner
    share = np.bincount(s_t, minlength=64)[[0, 1, 8]] / 30_000
    np.testing.assert_allclose(share, 1 / 3, atol=0.012)  # four standard errors


def test_a_customised_cartpole_is_left_to_gymnasium():
    gymnasium.register(
        "PunishingCartPole-v0",
        "gymnasium.envs.classic_control.cartpole:CartPoleEnv",
        max_episode_steps=50,
        kwargs={"sutton_barto_reward": True},
    )
    envs = registry.make("PunishingCartPole-v0", seed=0, purpose=1, env_indices=[0])
    assert isinstance(envs, GymnasiumVectorEnv)
    envs.reset()
    assert envs.step(np.array([1])).r_t.tolist() == [0.0]
