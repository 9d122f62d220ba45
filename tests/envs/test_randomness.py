import numpy as np
import pytest

from envs.randomness import Purpose, derive, episode_seeds, generator, uniform

_MASK = (1 << 64) - 1


def _splitmix64(state: int) -> int:
    """The published generator, in plain integers."""
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
    return state ^ (state >> 31)


def test_uniform_is_splitmix64_at_a_counter():
    key = 1234567
    expected = [
        (_splitmix64((key + (n + 1) * 0x9E3779B97F4A7C15) & _MASK) >> 11) / 2**53 for n in range(5)
    ]
    assert uniform(np.array([key], np.uint64), np.arange(5)).tolist() == expected


def test_splitmix64_gives_its_published_first_output():
    # Seed 1234567, first output of the reference implementation.
    assert _splitmix64(1234567 + 0x9E3779B97F4A7C15 & _MASK) == 6457827717110365317


def test_draws_do_not_depend_on_what_is_drawn_beside_them():
    keys = derive(3, Purpose.EXPLORATION, np.arange(40))
    together = uniform(keys[:, None], np.arange(100))
    alone = uniform(keys[17:18, None], np.arange(60, 80))
    assert together.shape == (40, 100)
    np.testing.assert_array_equal(together[17, 60:80], alone[0])


def test_draws_are_uniform_and_uncorrelated_between_environments_and_counters():
    draws = uniform(derive(0, 1, np.arange(200))[:, None], np.arange(500))
    # Kolmogorov-Smirnov: the distance to the uniform distribution, below its 0.1 % bound.
    count = draws.size
    distance = np.abs(np.sort(draws.ravel()) - (np.arange(count) + 0.5) / count).max()
    assert distance < 1.95 / np.sqrt(count)
    # The 95 % bound of a correlation over 99,500 pairs is 0.006.
    assert abs(np.corrcoef(draws[:-1].ravel(), draws[1:].ravel())[0, 1]) < 0.012
    assert abs(np.corrcoef(draws[:, :-1].ravel(), draws[:, 1:].ravel())[0, 1]) < 0.012


@pytest.mark.parametrize("other", [(1, 1, 5), (0, 2, 5), (0, 1, 6), (5, 1, 0)])
def test_keys_differ_in_every_part(other):
    assert derive(0, 1, 5)[0] != derive(*other)[0]


def test_episode_seeds_are_31_bit_and_differ():
    keys = derive(0, Purpose.EPISODES, np.arange(100))
    seeds = np.concatenate([episode_seeds(keys, episode) for episode in range(100)])
    assert seeds.min() >= 0
    assert seeds.max() < 2**31
    # 10,000 draws of 31 bits collide about 0.02 times.
    assert len(np.unique(seeds)) >= len(seeds) - 1


def test_generators_of_two_purposes_differ():
    network = generator(0, Purpose.NETWORK).random(4)
    assert not np.array_equal(network, generator(0, Purpose.REPLAY).random(4))
    np.testing.assert_array_equal(network, generator(0, Purpose.NETWORK).random(4))
