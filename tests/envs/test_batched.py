"""Our batched CartPole against Gymnasium's single environment; test_tabular.py has the tables."""

import warnings

import gymnasium
import numpy as np
import pytest

from envs import registry
from envs.cartpole import CartPoleVectorEnv
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.randomness import Purpose, derive, episode_seeds


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
