import numpy as np
import pytest

from agents.replay.priorities import Prioritised, PriorityConfig
from common.settings import InvalidSetting


def _sampler(seed=0, capacity=4, draws=1_000, **changes) -> Prioritised:
    config = PriorityConfig(**{"exponent": 1.0, "offset": 1e-9, **changes})
    return Prioritised(np.random.default_rng(seed), config, capacity, draws)


def test_rows_are_drawn_in_proportion_to_their_errors():
    sampler = _sampler()
    sampler.added(np.arange(4))
    sampler.update(np.array([[0, 1, 2, 3]]), np.array([[1.0, -3.0, 0.0, 4.0]]))
    rows, weights = sampler.sample(4, (500, 64))
    share = np.bincount(rows.ravel(), minlength=4) / rows.size
    np.testing.assert_allclose(share, [1 / 8, 3 / 8, 0, 1 / 2], atol=0.005)
    assert weights.dtype == np.float32


def test_each_equal_part_of_the_sum_gives_a_row():
    """Priorities 1, 1, 2: of four draws one falls on each of the first rows, two on the last."""
    sampler = _sampler()
    sampler.added(np.arange(3))
    sampler.update(np.array([[0, 1, 2]]), np.array([[1.0, 1.0, 2.0]]))
    rows, _ = sampler.sample(3, (20, 4))
    np.testing.assert_array_equal(rows, [[0, 1, 2, 2]] * 20)


def test_weights_by_hand():
    """Probabilities 1/4, 1/4, 1/2. β rises from 0.5 to 1 over 16 draws, 4 at a time."""
    sampler = _sampler(draws=16, correction=0.5)
    sampler.added(np.arange(3))
    sampler.update(np.array([[0, 1, 2]]), np.array([[1.0, 1.0, 2.0]]))
    _, weights = sampler.sample(3, (2, 4))
    np.testing.assert_allclose(weights[0], [1, 1, 0.5**0.5, 0.5**0.5])
    np.testing.assert_allclose(weights[1], [1, 1, 0.5**0.625, 0.5**0.625])
    _, weights = sampler.sample(3, (4, 4))
    np.testing.assert_allclose(weights[:, 3], [0.5**0.75, 0.5**0.875, 0.5, 0.5])


def test_the_exponent_bends_priorities_and_zeros_are_drawn_by_the_offset():
    sampler = _sampler(exponent=0.5, offset=0.25)
    sampler.added(np.arange(2))
    sampler.update(np.array([[0, 1]]), np.array([[0.0, 3.75]]))  # roots 0.5 and 2
    rows, _ = sampler.sample(2, (500, 64))
    assert (rows == 0).mean() == pytest.approx(0.2, abs=0.005)


def test_a_new_row_is_as_likely_as_the_likeliest_yet():
    sampler = _sampler()
    sampler.added(np.arange(2))
    sampler.update(np.array([[0, 1, 1]]), np.array([[3.0, 5.0, 1.0]]))  # 5 was there; 1 counts
    sampler.added(np.array([2]))
    rows, _ = sampler.sample(3, (500, 90))
    share = np.bincount(rows.ravel()) / rows.size
    np.testing.assert_allclose(share, [3 / 9, 1 / 9, 5 / 9], atol=0.005)


def test_every_draw_is_a_filled_row():
    """A sum of priorities is rounded; a draw close to 1 must not fall behind the last row."""
    sampler = _sampler(capacity=1_000)
    sampler.added(np.arange(700))
    sampler.update(np.arange(700)[None], np.random.default_rng(1).random((1, 700)) ** 9)
    rows, weights = sampler.sample(700, (200, 96))
    assert rows.min() >= 0
    assert rows.max() < 700
    assert weights.max() == 1
    assert (weights > 0).all()


def test_state_round_trip_draws_the_same_rows():
    sampler, restored = _sampler(0), _sampler(99)
    sampler.added(np.arange(4))
    rows, _ = sampler.sample(4, (3, 3))
    sampler.update(rows, np.arange(9.0).reshape(3, 3))
    restored.set_state(sampler.get_state())
    for _ in range(2):
        first, second = sampler.sample(4, (2, 5)), restored.sample(4, (2, 5))
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wrong", [{"exponent": 1.5}, {"correction": -0.1}, {"offset": 0.0}])
def test_wrong_settings_are_named(wrong):
    (name,) = wrong
    with pytest.raises(InvalidSetting, match=f"agent.priority.{name}"):
        PriorityConfig(**wrong)
