import numpy as np

from agents.transitions import Rollout


def _rollout(streams: int, first: int = 0) -> Rollout:
    """Two steps; observations count up so that every place is recognisable."""
    size = 2 * streams
    numbers = np.arange(first, first + size).reshape(2, streams)
    return Rollout(
        s_tm1=numbers,
        a_tm1=numbers.astype(np.int32) % 2,
        r_t=numbers / 10,
        terminated_t=numbers % 3 == 1,
        truncated_t=numbers % 3 == 2,
        s_t=numbers + 100,
        dropped_t=np.zeros_like(numbers, np.bool_),
    )


def test_transitions_are_ordered_by_time_then_stream():
    flat = _rollout(3).transitions(0.9)
    assert flat.s_tm1.tolist() == [0, 1, 2, 3, 4, 5]
    assert flat.s_t.tolist() == [100, 101, 102, 103, 104, 105]
    assert flat.a_tm1.tolist() == [0, 1, 0, 1, 0, 1]
    np.testing.assert_allclose(flat.r_t, [0, 0.1, 0.2, 0.3, 0.4, 0.5], rtol=1e-6)
    assert flat.r_t.dtype == flat.discount_t.dtype == np.float32


def test_termination_stops_the_bootstrap_and_truncation_does_not():
    flat = _rollout(3).transitions(0.9)
    # terminated at 1 and 4, truncated at 2 and 5
    np.testing.assert_allclose(flat.discount_t, [0.9, 0.0, 0.9, 0.9, 0.0, 0.9])


def test_merge_joins_blocks_in_stream_order():
    left, right = _rollout(2), _rollout(1, first=50)
    merged = Rollout.merge([left, right])
    assert merged.s_tm1.tolist() == [[0, 1, 50], [2, 3, 51]]
    assert merged.env_steps == 6
    assert Rollout.merge([left]) is left


def test_a_dropped_step_is_counted_and_is_no_transition():
    rollout = _rollout(3)
    rollout.dropped_t[1, 1] = True
    assert rollout.env_steps == 6
    assert rollout.transitions(0.9).s_tm1.tolist() == [0, 1, 2, 3, 5]
