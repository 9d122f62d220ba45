import numpy as np

from agents.replay.samplers import Uniform


def test_all_rows_are_drawn_as_often():
    rows, weights = Uniform(np.random.default_rng(0)).sample(10, (1_000, 100))
    assert weights is None
    assert rows.shape == (1_000, 100)
    assert rows.dtype == np.int64
    np.testing.assert_allclose(np.bincount(rows.ravel()) / rows.size, 0.1, atol=0.005)


def test_state_round_trip_draws_the_same_rows():
    sampler, restored = (Uniform(np.random.default_rng(seed)) for seed in (0, 99))
    sampler.sample(5, (3, 3))
    restored.set_state(sampler.get_state())
    first, second = (each.sample(50, (4, 8))[0] for each in (sampler, restored))
    np.testing.assert_array_equal(first, second)
