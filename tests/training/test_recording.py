"""Recordings in memory: what is recorded, and how it is read."""

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.random.config import Random
from envs.faults import Guard
from envs.randomness import Purpose
from training.evaluation import Evaluation
from training.recorded_pool import RecordedPool
from training.recording import Recording, record

SPACES = Box(-9, 9, (1,), np.float32), Discrete(2)


def _recording(**changes) -> Recording:
    """Episodes of 2 and 3 steps: 0 → 1 → 2, and 10 → 11 → 12 → 13, which was cut."""
    columns = {
        "observations": np.array([0, 1, 2, 10, 11, 12, 13], np.float32)[:, None] / 2,
        "a_tm1": np.array([0, 1, 0, 1, 1], np.int32),
        "r_t": np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
        "terminated_t": np.array([False, True, False, False, False]),
        "truncated_t": np.array([False, False, False, False, True]),
        "lengths": np.array([2, 3]),
        "cut": np.array([False, True]),
    }
    return Recording(**{**columns, **changes})


def test_transitions_by_hand():
    recording = _recording()
    assert len(recording) == 5
    assert recording.returns.tolist() == [3.0]  # the cut one has none
    rollout = recording.rollout(np.array([[0, 4], [1, 2]]))
    assert (rollout.s_tm1[..., 0] * 2).tolist() == [[0, 12], [1, 10]]
    assert (rollout.s_t[..., 0] * 2).tolist() == [[1, 13], [2, 11]]
    assert rollout.a_tm1.tolist() == [[0, 1], [1, 0]]
    assert rollout.r_t.tolist() == [[1, 5], [2, 3]]
    assert rollout.terminated_t.tolist() == [[False, False], [True, False]]
    assert rollout.truncated_t.tolist() == [[False, True], [False, False]]
    assert rollout.mask_t is None
    masks = np.arange(14).reshape(7, 2) % 3 > 0
    masked = _recording(action_masks=masks).rollout(np.array([[4]]))
    assert masked.mask_t is not None
    assert masked.mask_t.tolist() == [[masks[6].tolist()]]


def test_a_pool_reads_everything_once_and_again():
    pool = RecordedPool(_recording(), 2, None)  # type: ignore[arg-type] - nothing is played
    pool.begin({}, 0, 3)
    pool.begin({}, 3, 2)
    # Two places, which begin at transitions 0 and 2 of 5.
    assert pool.end().rollout.r_t.tolist() == [[1, 3], [2, 4], [3, 5]]
    assert pool.end().rollout.r_t.tolist() == [[4, 1], [5, 2]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"observations": np.zeros((7, 2), np.float32)}, "float32 [2], and those of the"),
        ({"observations": np.full((7, 1), "a")}, "and those of the environment float32 [1]"),
        ({"observations": np.full((7, 1), np.nan, np.float32)}, "its observations are not all"),
        ({"r_t": np.array([0, 0, np.inf, 0, 0])}, "its rewards are not all finite: number 2 is"),
        ({"a_tm1": np.array([0, 1, 2, 0, 0])}, "its action 2 is not one of 0 to 1"),
        ({"action_masks": np.ones((7, 3), np.bool_)}, "its action masks are for 3 actions, not 2"),
    ],
)
def test_what_does_not_fit_is_named(changes, says):
    _recording().check(*SPACES)
    with pytest.raises(ValueError, match="its ") as error:
        _recording(**changes).check(*SPACES)
    assert says in str(error.value)


def test_states_are_numbers_of_the_space():
    states = {"observations": np.array([0, 1, 2, 3, 4, 5, 6])}
    _recording(**states).check(Discrete(7), Discrete(2))
    with pytest.raises(ValueError, match="its observation 6 is not one of 0 to 5"):
        _recording(**states).check(Discrete(6), Discrete(2))


def _recorded(env, steps, goes_on=lambda _: True, on_fault="fail", count=3) -> Recording:
    plan = Evaluation(purpose=Purpose.RECORDING, episodes=count, seed=0, random=True)
    guard = Guard(on_fault)
    with guard.listening():
        return record(env, Random(), {}, plan, steps, guard=guard, goes_on=goes_on)


def test_as_many_steps_as_asked_for_and_episodes_that_hang_together():
    found = _recorded("CartPole-v1", 200)
    assert len(found) == found.lengths.sum() == 200
    assert len(found.observations) == 200 + len(found.lengths)
    assert found.cut.sum() <= 3
    ends = np.cumsum(found.lengths) - 1
    over = found.terminated_t | found.truncated_t
    assert over[ends].all()
    assert over.sum() == len(ends)
    assert (found.truncated_t[ends] == found.cut).all()  # none reaches the limit
    assert found.digest() == _recorded("CartPole-v1", 200).digest()
    assert found.digest() != _recorded("CartPole-v1", 201).digest()
    # CartPole's pole moves by 0.02 s of its velocity: an observation tells its successor.
    rollout = found.rollout(np.arange(200)[:, None])
    position = rollout.s_tm1[..., 0] + 0.02 * rollout.s_tm1[..., 1]
    np.testing.assert_allclose(rollout.s_t[..., 0], position, atol=1e-5)


def test_it_stops_when_asked_to():
    told = []

    def goes_on(done):
        told.append(done)
        return done < 30

    assert len(_recorded("CartPole-v1", 1_000, goes_on)) == 30
    assert told == list(range(3, 31, 3))


def test_masks_are_recorded():
    found = _recorded("tests.envs.toy:Fork-v0", 30)
    masks = found.action_masks
    assert masks is not None
    assert masks.shape == (30 + len(found.lengths), 3)
    acted_on = np.delete(np.arange(len(masks)), np.cumsum(found.lengths + 1) - 1)
    assert not masks[acted_on].all()
