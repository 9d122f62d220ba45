"""Stacks whose frames are kept once, beside a storage of whole stacks."""

import numpy as np
import pytest
from gymnasium.spaces import Box
from hypothesis import given
from hypothesis import strategies as st

from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.sequences import SequenceConfig, Sequences
from agents.replay.storage import Storage
from agents.rollout import Rollout
from common.stacks import Stack
from tests.agents.replay.plays import ENDS, cut, play


def _stacked(rollout: Rollout, stack: Stack, *, history: bool) -> Rollout:
    """A rollout of numbers as one of stacks of frames that are full of these numbers.

    Args:
        rollout: As `play` gives it.
        stack: What stacks are made of.
        history: Whether the first stack of an environment holds frames from before.
    """
    s_tm1, s_t = (np.zeros((*rollout.a_tm1.shape, *stack.shape), np.float32) for _ in range(2))
    for b in range(s_tm1.shape[1]):
        newest = None
        for t in range(len(s_tm1)):
            seen = _frame(rollout.s_tm1[t, b], stack)
            if newest is None:
                newest = stack.repeated(seen)
                if history and t == 0:
                    newest = stack.joined([seen - 7, *[seen] * (stack.count - 1)])
            s_tm1[t, b] = newest[0]
            after = stack.followed(newest, _frame(rollout.s_t[t, b], stack))
            s_t[t, b] = after[0]
            over = rollout.terminated_t | rollout.truncated_t | rollout.dropped_t
            newest = None if over[t, b] else after
    return Rollout(**{**vars(rollout), "s_tm1": s_tm1, "s_t": s_t})


def _frame(number: int, stack: Stack) -> np.ndarray:
    return np.full((1, *stack.frame.shape), number, np.float32)


def _box(shape: tuple[int, ...]) -> Box:
    return Box(-np.inf, np.inf, shape, np.float32)


_SCRIPTS = st.integers(2, 30).flatmap(
    lambda length: st.lists(
        st.text(ENDS + "......", min_size=length, max_size=length), min_size=1, max_size=3
    )
)


@given(
    scripts=_SCRIPTS,
    count=st.integers(2, 4),
    capacity=st.integers(1, 12),
    windows=st.sampled_from(["1", "3", "sequences"]),
    shape=st.sampled_from([(), (2,), (2, 2), (2, 2, 2)]),
    history=st.booleans(),
    data=st.data(),
)
def test_windows_are_those_of_whole_stacks(scripts, count, capacity, windows, shape, history, data):
    stack = Stack(_box(shape), count)
    rollout = _stacked(play(*scripts), stack, history=history)
    inner = data.draw(st.sets(st.integers(1, len(scripts[0]) - 1)))
    resumed = data.draw(st.sampled_from([0, *inner]))

    def replay(of: Stack | None) -> Replay:
        sequences = Sequences(SequenceConfig(length=3, burn_in=2, stride=2), 0.9)
        accumulator = sequences if windows == "sequences" else NStep(int(windows), 0.9)
        return Replay(accumulator, Storage(capacity, of), Uniform(np.random.default_rng(0)))

    whole, frames = replay(None), replay(stack)
    first = 0
    for part in cut(rollout, [0, *sorted(inner), len(scripts[0])]):
        if resumed and first == resumed:
            state, frames = frames.get_state(), replay(stack)
            frames.set_state(state)
        first += len(part.a_tm1)
        for each in (whole, frames):
            each.add(part)
        assert len(whole) == len(frames)
        if len(whole):
            expected, found = whole.sample(2, 8), frames.sample(2, 8)
            for name, column in expected.columns.items():
                np.testing.assert_array_equal(found.columns[name], column)
                assert found.columns[name].dtype == column.dtype


def _filled(storage: Storage, steps: int, length: int, stack: Stack) -> Storage:
    """A storage after so many steps of one environment, with episodes of so many steps."""
    newest = before = None
    for t in range(steps):
        if t % length == 0:
            newest = stack.repeated(np.full((1, *stack.frame.shape), t % 251, np.uint8))
            before = storage.observe(newest)
        newest = stack.followed(newest, np.full((1, *stack.frame.shape), t % 241, np.uint8))
        ids = storage.observe(newest, lambda _, before=before: before)
        storage.append({"s_tm1": before, "s_t": ids}, pending=int(ids[0]))
        before = ids
    return storage


def test_a_frame_is_held_once():
    stack = Stack(Box(0, 255, (12, 12), np.uint8), 4)
    storage = _filled(Storage(1_000, stack), 2_500, 500, stack)
    held = storage._observations
    frames, back = held._ring._entries, held._back._entries  # pyright: ignore
    # 1,000 windows, the first frames of 2 or 3 episodes, 3 frames before the oldest.
    assert frames.nbytes == 144 * (1_000 + 1_000 // 64)
    assert back.nbytes == 4 * (1_000 + 1_000 // 64)
    state = storage.get_state()
    assert 144 * 1_000 < state["observations"].nbytes <= 144 * 1_007
    np.testing.assert_array_equal(state["frames"]["back"][:3], [1, 1, 1])


@pytest.mark.parametrize(("capacity", "gigabytes"), [(1_000_000, 7.3), (100_000, 0.75)])
def test_atari_fits_into_memory(capacity, gigabytes):
    frame = 84 * 84
    back, ids, action, reward, discount = 4, 2 * 8, 4, 4, 4
    room = capacity + capacity // 64
    assert room * (frame + back) + capacity * (ids + action + reward + discount) < gigabytes * 1e9


def test_many_short_episodes_grow_the_ring_by_little():
    stack = Stack(Box(0, 255, (2, 2), np.uint8), 3)
    storage = _filled(Storage(640, stack), 3_000, 5, stack)
    needed = 640 * 6 / 5
    assert needed <= len(storage._observations._ring._entries) < needed + 30  # pyright: ignore
