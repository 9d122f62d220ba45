import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.storage import Storage
from agents.rollout import Rollout
from tests.agents.replay.plays import ENDS, cut, in_rounds, play, rows_of, windows


def _replay(n: int, capacity: int, seed: int = 0) -> Replay:
    return Replay(NStep(n, 0.9), Storage(capacity), Uniform(np.random.default_rng(seed)))


def _through_a_file(state: Any) -> Any:
    """What a checkpoint makes of a state: arrays, and the rest as JSON."""
    if isinstance(state, dict):
        return {name: _through_a_file(value) for name, value in state.items()}
    return state.copy() if isinstance(state, np.ndarray) else json.loads(json.dumps(state))


def _copy(replay: Replay, n: int, capacity: int) -> Replay:
    """Another replay in the same state."""
    copy = _replay(n, capacity, seed=99)
    copy.set_state(_through_a_file(replay.get_state()))
    return copy


def _drawn(columns: dict[str, np.ndarray]) -> list[tuple[float, ...]]:
    """Columns [K, B, ...] as K * B windows."""
    return rows_of({name: c.reshape(-1, *c.shape[2:]) for name, c in columns.items()})


_SCRIPTS = st.integers(1, 30).flatmap(
    lambda length: st.lists(
        st.text(ENDS + "." * 12, min_size=length, max_size=length), min_size=1, max_size=3
    )
)


@given(scripts=_SCRIPTS, n=st.integers(1, 4), capacity=st.integers(1, 40), data=st.data())
def test_it_is_a_list_of_the_last_windows(scripts, n, capacity, data):
    rollout, length = play(*scripts), len(scripts[0])
    bounds = sorted({0, length, *data.draw(st.sets(st.integers(1, length)))})
    replay, rng = _replay(n, capacity), np.random.default_rng(0)
    kept: list[tuple[float, ...]] = []
    found = in_rounds(windows(rollout, n, 0.9), bounds)
    for part, new in zip(cut(rollout, bounds), found, strict=True):
        replay.add(part)
        kept += [window.values for window in new]
        if data.draw(st.booleans()):
            replay = _copy(replay, n, capacity)
        assert len(replay) == min(len(kept), capacity)
        if not kept:
            continue
        sample = replay.sample(5, 20)
        rows = rng.integers(0, len(replay), (5, 20))
        np.testing.assert_array_equal(sample.rows, rows)
        # Row r holds the newest window whose number is r modulo the capacity.
        newest = len(kept) - 1 - (len(kept) - 1 - rows.ravel()) % capacity
        assert _drawn(sample.columns) == [kept[number] for number in newest]


def _random_rollout(
    rng: np.random.Generator, observation: np.ndarray
) -> tuple[Rollout, np.ndarray]:
    """16 steps of 8 environments from observations [8, 4] on, and the observations after them."""
    ended, dropped, truncated = rng.random((3, 16, 8)) < np.array([0.1, 0.02, 0.5])[:, None, None]
    s_tm1, s_t = np.empty((2, 16, 8, 4), np.float32)
    for t in range(16):
        s_tm1[t], s_t[t] = observation, rng.normal(size=(8, 4))
        over = (ended | dropped)[t][:, None]
        observation = np.where(over, rng.normal(size=(8, 4)).astype(np.float32), s_t[t])
    return Rollout(
        s_tm1=s_tm1,
        a_tm1=rng.integers(0, 3, (16, 8)).astype(np.int32),
        r_t=rng.normal(size=(16, 8)),
        terminated_t=ended & ~truncated,
        truncated_t=ended & truncated,
        s_t=s_t,
        dropped_t=dropped,
    ), observation


@pytest.mark.parametrize("capacity", [100, 1_000])
def test_one_step_and_uniform_draw_the_bits_of_a_plain_list(capacity):
    rng, draws = np.random.default_rng(1), np.random.default_rng(0)
    replay, observation = _replay(1, capacity), rng.normal(size=(8, 4)).astype(np.float32)
    transitions: list[dict[str, Any]] = []
    for _ in range(30):
        rollout, observation = _random_rollout(rng, observation)
        replay.add(rollout)
        for t, b in np.argwhere(~rollout.dropped_t):
            gamma = 0.0 if rollout.terminated_t[t, b] else 0.9
            transitions.append(
                {
                    "s_tm1": rollout.s_tm1[t, b],
                    "a_tm1": rollout.a_tm1[t, b],
                    "r_t": np.float32(rollout.r_t[t, b]),
                    "discount_t": np.float32(gamma),
                    "s_t": rollout.s_t[t, b],
                }
            )
        sample = replay.sample(6, 7)
        rows = draws.integers(0, min(len(transitions), capacity), (6, 7))
        last = len(transitions) - 1
        for place, row in np.ndenumerate(rows):
            for name, value in transitions[last - (last - row) % capacity].items():
                np.testing.assert_array_equal(sample.columns[name][place], value, strict=True)


def test_an_empty_replay_cannot_be_sampled():
    replay = _replay(3, 10)
    replay.add(play(".."))
    assert len(replay) == 0
    with pytest.raises(ValueError, match="cannot sample from an empty replay"):
        replay.sample(1, 1)
    replay.add(play("T"))
    assert replay.sample(2, 3).columns["s_t"].shape == (2, 3)


class _Recording:
    """Weighs rows by their number, and keeps what it hears."""

    def __init__(self):
        self.heard: list[list] = []

    def sample(self, size, shape):
        rows = np.random.default_rng(0).integers(0, size, shape)  # [K, B]
        return rows, rows.astype(np.float32)

    def added(self, rows):
        self.heard.append(rows.tolist())

    def update(self, rows, td_errors):
        self.heard += [rows.tolist(), td_errors.tolist()]

    def get_state(self):
        return {"heard": len(self.heard)}

    def set_state(self, state):
        pass


def test_the_sampler_weighs_rows_and_hears_what_becomes_of_them():
    sampler = _Recording()
    replay = Replay(NStep(2, 0.9), Storage(3), sampler)
    for part in cut(play("....T"), [0, 1, 3, 5]):
        replay.add(part)
    assert sampler.heard == [[], [0, 1], [2, 0, 1]]
    sample = replay.sample(2, 2)
    np.testing.assert_array_equal(sample.weights, sample.rows)
    replay.update(sample.rows, np.ones((2, 2)))
    assert sampler.heard[3:] == [sample.rows.tolist(), [[1, 1], [1, 1]]]
