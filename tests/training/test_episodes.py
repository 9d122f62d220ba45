import hashlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.rollout import Rollout
from envs.faults import Fault, Place
from training.episodes import EpisodeTracker
from training.worker import RolloutResult


def _played(actions, rewards, ended, before=0) -> RolloutResult:
    """A rollout in which some episodes terminate; `before` [B] had ended in earlier ones."""
    actions, ended = np.array(actions, np.int32), np.array(ended, bool)
    rollout = Rollout(
        s_tm1=np.zeros(actions.shape),
        a_tm1=actions,
        r_t=np.array(rewards, np.float64),
        terminated_t=ended,
        truncated_t=np.zeros_like(ended),
        s_t=np.zeros(actions.shape),
        dropped_t=np.zeros_like(ended),
    )
    return RolloutResult(
        rollout=rollout, episodes=before + ended.sum(axis=0), state={}, faults=(), remarks=()
    )


def _listed(finished) -> list[tuple[int, float, int]]:
    columns = (finished.env_indices, finished.returns, finished.lengths)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_by_hand():
    tracker = EpisodeTracker(2)
    first = tracker.update(
        _played([[1, 0], [2, 0], [3, 0]], [[1, 5], [2, 5], [4, 5]], [[0, 0], [1, 0], [0, 0]])
    )
    assert _listed(first) == [(0, 3.0, 2)]
    positions = tracker.positions()
    assert positions.episodes.tolist() == [1, 0]
    assert [taken.tolist() for taken in positions.actions] == [[3], [0, 0, 0]]
    second = tracker.update(_played([[4, 1]], [[8, 6]], [[1, 1]], before=np.array([1, 0])))
    assert _listed(second) == [(0, 12.0, 2), (1, 21.0, 4)]
    assert (first.before, second.before) == (0, 1)
    assert (first.numbers.tolist(), second.numbers.tolist()) == ([0], [1, 0])
    assert (first.ends.tolist(), second.ends.tolist()) == ([4], [2, 2])  # of both environments
    assert [taken.tolist() for taken in tracker.positions().actions] == [[], []]
    assert len(tracker) == 3
    assert tracker.last_mean(2) == 16.5
    assert tracker.last_returns(2).tolist() == [12.0, 21.0]
    assert tracker.last_returns(9).tolist() == [3.0, 12.0, 21.0]


def test_fingerprint_is_returns_by_environment_and_then_weights():
    tracker = EpisodeTracker(2)
    assert tracker.last_mean(100) is None
    tracker.update(_played([[0, 0], [0, 0]], [[1, 2], [3, 4]], [[1, 1], [1, 1]]))
    weights = {"kernel": np.arange(3, dtype=np.float32), "bias": np.ones(2)}
    expected = hashlib.sha256(np.array([1.0, 3.0, 2.0, 4.0]).tobytes())
    for array in weights.values():
        expected.update(array.tobytes())
    assert tracker.fingerprint(weights, weights) == expected.hexdigest()
    kernel = {"kernel": weights["kernel"]}
    assert tracker.fingerprint(kernel, kernel) != expected.hexdigest()
    average = {**weights, "kernel": weights["kernel"] + 1}
    for array in average.values():
        expected.update(array.tobytes())
    assert tracker.fingerprint(weights, average) == expected.hexdigest()


@given(
    st.integers(1, 5),
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.integers(0, 2**32),
    st.data(),
)
@settings(max_examples=50, deadline=None)
def test_cutting_into_iterations_and_resuming_change_nothing(num_envs, lengths, seed, data):
    rng = np.random.default_rng(seed)
    total = sum(lengths)
    actions = rng.integers(0, 9, (total, num_envs))
    rewards, ended = rng.random((total, num_envs)), rng.random((total, num_envs)) < 0.3
    whole = EpisodeTracker(num_envs)
    at_once = _listed(whole.update(_played(actions, rewards, ended)))
    cut, pieces, start = EpisodeTracker(num_envs), [], 0
    resumed_after = data.draw(st.integers(0, len(lengths) - 1))
    for number, length in enumerate(lengths):
        rows = slice(start, start + length)
        before = ended[:start].sum(axis=0)
        pieces += _listed(cut.update(_played(actions[rows], rewards[rows], ended[rows], before)))
        start += length
        if number == resumed_after:
            other = EpisodeTracker(num_envs)
            other.set_state(cut.get_state())
            cut = other
    assert pieces == at_once
    assert cut.fingerprint({}, {}) == whole.fingerprint({}, {})
    for a, b in zip(cut.positions().actions, whole.positions().actions, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(cut.positions().episodes, whole.positions().episodes)


def test_dropped_episodes_are_counted_and_their_returns_are_not():
    tracker = EpisodeTracker(2)
    played = _played([[1, 0], [2, 0], [3, 0]], np.ones((3, 2)), np.zeros((3, 2)))
    played.rollout.dropped_t[1, 0] = True
    place = Place(purpose=1, env_index=0, episode=0, step=2, action=2)
    # The reset after it fails, too: the environment is in episode 2 by the end of the iteration.
    faults = tuple(Fault(place=p, reason="broken") for p in (place, place._replace(episode=1)))
    played = RolloutResult(
        rollout=played.rollout, episodes=np.array([2, 0]), state={}, faults=faults, remarks=()
    )
    assert not len(tracker.update(played))
    assert tracker.dropped == 2
    assert tracker.positions().episodes.tolist() == [2, 0]
    assert [taken.tolist() for taken in tracker.positions().actions] == [[3], [0, 0, 0]]
    copy = EpisodeTracker(2)
    copy.set_state(tracker.get_state())
    assert copy.dropped == 2
