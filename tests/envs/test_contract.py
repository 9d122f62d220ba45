"""The contract that every environment keeps, whatever class implements it."""

import numpy as np
import pytest
from gymnasium.spaces import Box

from common import optional
from envs import registry
from envs.options import EnvOptions
from envs.randomness import Purpose, uniform
from envs.sources import Configured, EnvSource, configured, label
from envs.vector_env import VectorEnv

ENVS = [
    "CartPole-v0",
    "CartPole-v1",
    "FrozenLake-v1",
    "FrozenLake8x8-v1",
    "Acrobot-v1",
    "MountainCar-v0",
    "LunarLander-v3",
    "Taxi-v4",
    Configured("Taxi-v4", EnvOptions(env_kwargs=("is_rainy=True",), max_episode_steps=60)),
    Configured("Taxi-v4", EnvOptions(env_kwargs=("fickle_passenger=True",))),
    Configured("CliffWalking-v1", EnvOptions(max_episode_steps=60)),
    Configured("CliffWalkingSlippery-v1", EnvOptions(max_episode_steps=60)),
    Configured("actorlab/TMaze-v0", EnvOptions(env_kwargs=("length=3",), max_episode_steps=30)),
    "actorlab/MemoryChain-v0",
    "MinAtar/Asterix-v1",
    "MinAtar/Breakout-v0",
    Configured(
        "MinAtar/Freeway-v1",
        EnvOptions(env_kwargs=("sticky_action_prob=0.5",), max_episode_steps=90),
    ),
    "MinAtar/Seaquest-v1",
    "MinAtar/SpaceInvaders-v1",
    "tests.envs.toy:Corridor-v0",
    "tests.envs.toy:Guess-v0",
    "tests.envs.toy:Room-v0",
    pytest.param(
        Configured("ALE/Breakout-v5", EnvOptions(max_episode_steps=60)),
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(optional.is_missing("ale_py"), reason="needs ale-py"),
        ],
    ),
]
WITHOUT_RANDOMNESS = ("tests.envs.toy:Corridor-v0", "CliffWalking-v1")
STEPS = 120
STEPS_TO_THE_END = 520
"""Steps in which a stream of each of these environments ends an episode: Acrobot's limit is 500."""


def _name(env: EnvSource) -> str:
    return " ".join([label(env), *configured(env).options.env_kwargs])


pytestmark = pytest.mark.parametrize("env_id", ENVS, ids=_name)


def _make(env_id: EnvSource, env_indices=range(5), seed: int = 0) -> VectorEnv:
    return registry.make(env_id, seed=seed, purpose=Purpose.EPISODES, env_indices=list(env_indices))


def _actions(envs: VectorEnv, numbers=range(5), steps: int = STEPS) -> np.ndarray:
    """[T, B] actions, each environment has its own, whatever its neighbours are."""
    draws = uniform(np.array(numbers, np.uint64)[:, None] + np.uint64(99), np.arange(steps))
    return np.floor(draws.T * envs.action_space.n).astype(np.int32)


def _play(envs: VectorEnv, actions: np.ndarray) -> list[np.ndarray]:
    """Everything that came out, one array per quantity, [T, B, ...]."""
    first = envs.reset()
    steps = [envs.step(row) for row in actions]
    names = ("s_t", "r_t", "terminated_t", "truncated_t", "observation")
    return [first, *(np.stack([getattr(step, name) for step in steps]) for name in names)]


def test_shapes_and_types_are_those_of_the_spaces(env_id):
    envs = _make(env_id)
    first, s_t, r_t, terminated_t, truncated_t, observation = _play(envs, _actions(envs))
    shape = envs.observation_space.shape or ()
    assert first.shape == (5, *shape)
    assert s_t.shape == observation.shape == (STEPS, 5, *shape)
    assert first.dtype == s_t.dtype == envs.observation_space.dtype
    assert r_t.dtype == np.float64
    assert terminated_t.dtype == truncated_t.dtype == np.bool_
    if isinstance(envs.observation_space, Box):
        assert np.isfinite(s_t.astype(np.float64)).all()
    else:
        assert ((s_t >= 0) & (s_t < envs.observation_space.n)).all()


def test_two_makings_give_the_same_bits_and_another_seed_does_not(env_id):
    envs = _make(env_id)
    actions = _actions(envs)
    first, second = _play(envs, actions), _play(_make(env_id), actions)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    other = _play(_make(env_id, seed=1), actions)
    deterministic = label(env_id) in WITHOUT_RANDOMNESS
    assert np.array_equal(first[-1], other[-1]) == deterministic


def test_an_environment_does_not_depend_on_its_neighbours(env_id):
    whole = _make(env_id)
    actions = _actions(whole)
    together = _play(whole, actions)
    apart = [_play(_make(env_id, block), actions[:, block]) for block in ([0, 1, 2], [3, 4])]
    for whole_array, left, right in zip(together, *apart, strict=True):
        axis = 0 if whole_array is together[0] else 1
        np.testing.assert_array_equal(whole_array, np.concatenate([left, right], axis))


def test_episodes_end_with_their_true_last_state_and_the_next_begins_at_once(env_id):
    envs = _make(env_id)
    actions = _actions(envs, steps=STEPS_TO_THE_END)
    _, s_t, _, terminated_t, truncated_t, observation = _play(envs, actions)
    ended = terminated_t | truncated_t
    assert ended.any(axis=0).all()
    np.testing.assert_array_equal(envs.episodes, ended.sum(axis=0))
    np.testing.assert_array_equal(s_t[~ended], observation[~ended])
    assert (s_t[ended] != observation[ended]).any()
    fresh = _make(env_id)
    fresh.reset()
    for t, env_index in np.argwhere(ended)[:20]:
        episode = int(ended[: t + 1, env_index].sum())
        episodes = np.zeros(5, np.int64)
        episodes[env_index] = episode
        begun = fresh.restore(episodes, [np.zeros(0, np.int32)] * 5)
        np.testing.assert_array_equal(begun[env_index], observation[t, env_index])


def test_restoring_by_replay_continues_with_the_same_bits(env_id):
    envs = _make(env_id)
    actions = _actions(envs)
    _, *whole = _play(envs, actions)
    ended = whole[2] | whole[3]
    middle = STEPS // 2
    begins = [max([0, *(np.flatnonzero(ended[:middle, b]) + 1)]) for b in range(5)]
    restored = _make(env_id)
    observation = restored.restore(
        ended[:middle].sum(axis=0), [actions[begins[b] : middle, b] for b in range(5)]
    )
    np.testing.assert_array_equal(observation, whole[4][middle - 1])
    for t in range(middle, STEPS):
        step = restored.step(actions[t])
        np.testing.assert_array_equal(step.s_t, whole[0][t])
        np.testing.assert_array_equal(step.r_t, whole[1][t])
        np.testing.assert_array_equal(step.observation, whole[4][t])


def test_rows_left_out_stand_still(env_id):
    envs, alone = _make(env_id), _make(env_id)
    actions = _actions(envs)
    envs.reset()
    alone.reset()
    rows = np.array([1, 3])
    for t in range(10):
        envs.step(actions[t, rows], rows)
    for t in range(10):
        moved, still = envs.step(actions[t]), alone.step(actions[t])
        for row in (0, 2, 4):
            np.testing.assert_array_equal(moved.s_t[row], still.s_t[row])


def test_evaluation_draws_are_not_the_training_ones(env_id):
    if label(env_id) in WITHOUT_RANDOMNESS:
        pytest.skip("it has no randomness")
    training = _make(env_id)
    evaluation = registry.make(
        env_id, seed=0, purpose=Purpose.EVALUATION, env_indices=list(range(5))
    )
    actions = _actions(training)
    assert not np.array_equal(_play(training, actions)[-1], _play(evaluation, actions)[-1])
