"""Deep sea: what a dive pays, by hand, and that one way alone leads to the treasure."""

import gymnasium
import numpy as np
import pytest

from envs import registry
from envs.gymnasium_vector_env import GymnasiumVectorEnv
from envs.options import EnvOptions
from envs.own.deep_sea import DeepSea
from envs.randomness import Purpose
from envs.sources import Configured, UnusableEnvironment
from envs.tabular import TabularVectorEnv

ID = "actorlab/DeepSea-v0"


def _sized(size: object) -> Configured:
    return Configured(ID, EnvOptions(env_kwargs=(f"size={size}",)))


def _right(env: DeepSea, cell: int) -> int:
    """The action that moves to the right in a cell: the one that costs or pays something."""
    (right,) = (a for a in (0, 1) if env.P[cell][a][0][2] != 0.0)
    return right


def _dive(env: DeepSea, moves: str) -> tuple[list[int], list[float], list[bool]]:
    """Cells, rewards and ends of a dive by moves to the left, l, and to the right, r."""
    cell, _ = env.reset()
    steps = []
    for move in moves:
        right = _right(env, int(cell))
        action = np.int64(right if move == "r" else 1 - right)
        cell, reward, terminated, truncated, _ = env.step(action)
        assert not truncated
        steps.append((int(cell), float(reward), terminated))
    cells, rewards, ends = map(list, zip(*steps, strict=True))
    return cells, rewards, ends


def test_dives_by_hand():
    env = DeepSea(size=4)
    # Columns 1, 2, 3 of rows 1, 2, 3; the fourth move to the right stays and pays.
    cells, rewards, ends = _dive(env, "rrrr")
    assert cells == [5, 10, 15, 15]
    assert rewards == [-0.0025, -0.0025, -0.0025, 0.9975]
    assert ends == [False, False, False, True]
    # The wall holds at the left, and one move to the left loses the treasure.
    cells, rewards, ends = _dive(env, "lrlr")
    assert cells == [4, 9, 12, 13]
    assert rewards == [0.0, -0.0025, 0.0, -0.0025]
    assert ends == [False, False, False, True]


def test_one_way_of_all_leads_to_the_treasure():
    env = DeepSea(size=5)
    returns = []
    for number in range(2**5):
        env.reset()
        returns.append(sum(env.step(np.int64(number >> i & 1))[1] for i in range(5)))
    assert sum(value > 0 for value in returns) == 1
    assert max(returns) == pytest.approx(0.99)
    assert min(returns) == pytest.approx(-0.01 * 4 / 5)


def test_which_action_is_right_differs_between_cells_and_seeds():
    first, again, other = DeepSea(), DeepSea(), DeepSea(mapping_seed=1)
    rights = [[_right(env, cell) for cell in range(100)] for env in (first, again, other)]
    assert rights[0] == rights[1] != rights[2]
    assert set(rights[0]) == {0, 1}


def test_the_batch_steps_as_the_single_environment_does():
    env = _sized(6)
    batch = registry.make(env, seed=3, purpose=Purpose.EPISODES, env_indices=range(4))
    assert isinstance(batch, TabularVectorEnv)
    single = GymnasiumVectorEnv(
        seed=3,
        purpose=Purpose.EPISODES,
        env_indices=range(4),
        make=lambda: gymnasium.make(ID, size=6),
        encodings=lambda one: registry.encodings(env, one),
    )
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(batch.reset(), single.reset())
    for _ in range(40):
        actions = rng.integers(0, 2, 4).astype(np.int32)
        ours, theirs = batch.step(actions), single.step(actions)
        for name in ("s_t", "r_t", "terminated_t", "truncated_t", "observation"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("size", [4, 20])
def test_its_optimum_is_known(size):
    assert registry.optimal_return(_sized(size), 0.99) == pytest.approx(0.99)
    assert registry.is_trusted(ID)


@pytest.mark.parametrize("size", [1, 101, 2.5])
def test_a_size_that_there_is_not_is_named(size):
    with pytest.raises(UnusableEnvironment, match=rf"size={size} must be a whole number"):
        registry.spaces(_sized(size))
