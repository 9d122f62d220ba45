"""Our tasks of memory, by hand, and our batches of them against the single environments."""

import gymnasium
import numpy as np
import pytest

from envs import registry
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.options import EnvOptions
from envs.own.batch import OwnVectorEnv
from envs.own.memory import MemoryChain, MemoryTask, TMaze
from envs.randomness import Purpose, derive, episode_seeds
from envs.sources import Configured
from training.evaluation import summarise

NORTH, EAST, SOUTH, WEST = range(4)
IDS = ("actorlab/TMaze-v0", "actorlab/MemoryChain-v0")


def _begun(task: MemoryTask, cue: int) -> list[float]:
    """The first observation of an episode with that cue."""
    for seed in range(20):
        first, _ = task.reset(seed=seed)
        if task._cue[0] == cue:
            return first.tolist()
    raise AssertionError


def _play(task: MemoryTask, actions: list[int]) -> list[tuple]:
    """(observation, reward, terminated) of each step."""
    steps = [task.step(np.int64(action)) for action in actions]
    assert not any(step[3] for step in steps)
    return [(step[0].tolist(), *step[1:3]) for step in steps]


@pytest.mark.parametrize(("cue", "sign"), [(0, [0, 1, 1]), (1, [1, 1, 0])])
@pytest.mark.parametrize("turn", [NORTH, SOUTH])
def test_the_maze_pays_for_the_turn_that_its_sign_tells(cue, sign, turn):
    maze = TMaze(length=2)
    assert _begun(maze, cue) == sign
    corridor, junction = [1, 0, 1], [0, 1, 0]
    assert _play(maze, [WEST, NORTH, EAST, SOUTH, WEST, EAST, EAST, EAST, WEST, EAST]) == [
        (sign, 0, False),
        (sign, 0, False),
        (corridor, 0, False),
        (corridor, 0, False),
        (sign, 0, False),
        (corridor, 0, False),
        (junction, 0, False),
        (junction, 0, False),
        (corridor, 0, False),
        (junction, 0, False),
    ]
    assert _play(maze, [turn]) == [(junction, float(turn == 2 * cue), True)]


@pytest.mark.parametrize("cue", [0, 1])
@pytest.mark.parametrize("answer", [0, 1])
def test_the_chain_asks_for_its_first_observation(cue, answer):
    chain = MemoryChain(length=4)
    assert _begun(chain, cue) == [1, 2 * cue - 1]
    assert _play(chain, [0, 1, 1, 0]) == [
        ([0.75, 0], 0, False),
        ([0.5, 0], 0, False),
        ([0.25, 0], 0, False),
        ([0, 0], 0, False),
    ]
    assert _play(chain, [answer]) == [([0, 0], 1.0 if answer == cue else -1.0, True)]


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("limit", [None, 7])
def test_a_batch_equals_single_environments_bit_for_bit(env_id, limit):
    env = Configured(env_id, EnvOptions(env_kwargs=("length=4",), max_episode_steps=limit))
    envs = registry.make(env, seed=3, purpose=Purpose.EPISODES, env_indices=range(5))
    assert isinstance(envs, OwnVectorEnv)
    observation = envs.reset()
    rng = np.random.default_rng(0)
    singles = [gymnasium.make(env_id, limit, length=4) for _ in range(5)]
    keys = derive(3, Purpose.EPISODES, range(5))
    episodes = np.zeros(5, np.int64)
    seeds = episode_seeds(keys, episodes).tolist()
    for single, seed, row in zip(singles, seeds, observation, strict=True):
        assert single.reset(seed=seed)[0].tobytes() == row.tobytes()
    ends = np.zeros(2, np.int64)
    for _ in range(300):
        actions = rng.integers(0, envs.action_space.n, 5)
        step = envs.step(actions)
        for b, single in enumerate(singles):
            s_t, r_t, terminated, truncated, _ = single.step(actions[b])
            assert s_t.tobytes() == step.s_t[b].tobytes()
            assert (r_t, terminated, truncated) == (
                step.r_t[b],
                step.terminated_t[b],
                step.truncated_t[b],
            )
            if terminated or truncated:
                episodes[b] += 1
                ends += [terminated, truncated]
                first, _ = single.reset(seed=int(episode_seeds(keys[b : b + 1], episodes[b])[0]))
                assert first.tobytes() == step.observation[b].tobytes()
    assert ends[0]
    assert ends[1] or limit is None or env_id == IDS[1]  # the chain is over before


@pytest.mark.parametrize("env_id", IDS)
def test_without_a_memory_one_guesses(env_id):
    """Both cues come alike, so that any fixed answer is right in half of the episodes."""
    envs = registry.make(env_id, seed=0, purpose=Purpose.EPISODES, env_indices=range(400))
    envs.reset()
    answer = EAST if env_id == IDS[0] else 0
    for _ in range(10):
        envs.step(np.full(400, answer))
    step = envs.step(np.zeros(400, np.int64))
    assert step.terminated_t.all()
    assert np.mean(step.r_t > 0) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("env_id", IDS)
def test_what_is_known_of_them(env_id):
    assert registry.is_trusted(env_id)
    assert registry.optimal_return(env_id, 0.99) == 1.0
    short = Configured(env_id, EnvOptions(env_kwargs=("length=4",), max_episode_steps=4))
    assert registry.optimal_return(short, 0.99) is None
    assert summarise(env_id, [1.0, 0.0, -1.0, 1.0]).score() == 0.5
    stacked = registry.make(
        Configured(env_id, EnvOptions(wrappers=("gymnasium.wrappers:Autoreset",))),
        seed=0,
        purpose=0,
        env_indices=[0],
    )
    assert isinstance(stacked, GymnasiumVectorEnv)


@pytest.mark.parametrize("length", ["0", "2.5", "long"])
def test_a_length_that_is_none_is_named(length):
    env = Configured(IDS[0], EnvOptions(env_kwargs=(f"length={length}",)))
    with pytest.raises(registry.UnusableEnvironment, match="must be a whole number from 1 on"):
        registry.spaces(env)
