import numpy as np
import pytest

from agents.replay import ReplayBuffer
from agents.transitions import Transitions


def _transitions(start: int, count: int) -> Transitions:
    """Rows whose every field tells the row's number."""
    numbers = np.arange(start, start + count)
    return Transitions(
        s_tm1=np.stack([numbers, numbers], axis=1).astype(np.float32),
        a_tm1=numbers.astype(np.int32),
        r_t=numbers.astype(np.float32),
        discount_t=numbers.astype(np.float32),
        s_t=np.stack([numbers + 1, numbers + 1], axis=1).astype(np.float32),
    )


def _buffer(capacity: int) -> ReplayBuffer:
    return ReplayBuffer(capacity, np.random.default_rng(0))


def _held(buffer: ReplayBuffer) -> set[int]:
    return set(buffer.sample(50, 20).a_tm1.ravel().tolist())


def test_rows_stay_together():
    """The book drew the fields of a minibatch in four separate calls."""
    buffer = _buffer(100)
    buffer.add(_transitions(0, 60))
    batch = buffer.sample(7, 5)
    assert batch.s_tm1.shape == (7, 5, 2)
    np.testing.assert_array_equal(batch.s_tm1[..., 0], batch.a_tm1)
    np.testing.assert_array_equal(batch.s_tm1[..., 1], batch.r_t)
    np.testing.assert_array_equal(batch.s_t[..., 0], batch.discount_t + 1)


def test_only_what_was_added_is_sampled_and_the_oldest_goes_first():
    buffer = _buffer(10)
    with pytest.raises(ValueError, match="empty"):
        buffer.sample(1, 1)
    buffer.add(_transitions(0, 4))
    assert _held(buffer) == set(range(4))
    buffer.add(_transitions(4, 4))
    buffer.add(_transitions(8, 4))
    assert len(buffer) == 10
    assert _held(buffer) == set(range(2, 12))


def test_more_than_capacity_at_once_keeps_the_last():
    buffer = _buffer(10)
    buffer.add(_transitions(0, 3))
    buffer.add(_transitions(3, 25))
    assert _held(buffer) == set(range(18, 28))
    buffer.add(_transitions(28, 1))
    assert _held(buffer) == set(range(19, 29))


def test_sampling_is_uniform():
    buffer = _buffer(10)
    buffer.add(_transitions(0, 10))
    share = np.bincount(buffer.sample(1_000, 100).a_tm1.ravel(), minlength=10) / 100_000
    np.testing.assert_allclose(share, 0.1, atol=0.005)


@pytest.mark.parametrize("added", [6, 23])
def test_state_round_trip_continues_with_the_same_bits(added):
    buffer = _buffer(10)
    buffer.add(_transitions(0, added))
    buffer.sample(2, 2)
    restored = ReplayBuffer(10, np.random.default_rng(99))
    restored.set_state(buffer.get_state())
    for other in (buffer, restored):
        other.add(_transitions(added, 3))
    first, second = buffer.sample(4, 8), restored.sample(4, 8)
    np.testing.assert_array_equal(first.s_t, second.s_t)
    assert len(buffer) == len(restored)
