import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.replay.accumulators import NStep
from agents.rollout import Rollout
from tests.agents.replay.plays import ENDS, cut, in_rounds, play, rows_of, windows


class _Observations:
    """Hands out ids as a storage does, and keeps everything."""

    def __init__(self):
        self.seen: list[int] = []

    def observe(self, observations: np.ndarray, before=None) -> np.ndarray:
        first = len(self.seen)
        self.seen += observations.tolist()
        return np.arange(first, len(self.seen))

    def resolved(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        seen = np.array(self.seen)
        return columns | {name: seen[columns[name]] for name in ("s_tm1", "s_t")}


def _windows(n: int, *rollouts: Rollout) -> list[dict[str, list]]:
    """The windows after each rollout, with γ = 1/2, observations instead of ids."""
    accumulator, observations = NStep(n, 0.5), _Observations()
    added = [accumulator.add(rollout, observations.observe) for rollout in rollouts]
    return [
        {name: values.tolist() for name, values in observations.resolved(columns).items()}
        for columns in added
    ]


def test_one_step_windows_are_the_transitions_by_time_and_then_by_environment():
    (found,) = _windows(1, play(".TU.", "..x."))
    assert found["s_tm1"] == [0, 1000, 1, 1001, 3, 5, 1004]
    assert found["s_t"] == [1, 1001, 2, 1002, 4, 6, 1005]
    assert found["a_tm1"] == [0, 10, 1, 11, 2, 3, 13]
    assert found["r_t"] == [1, 1, 2, 2, 3, 4, 4]
    assert found["discount_t"] == [0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5]


def test_windows_of_two_steps():
    (found,) = _windows(2, play("....T.."))
    assert found["s_tm1"] == [0, 1, 2, 3, 4, 6]
    assert found["s_t"] == [2, 3, 4, 5, 5, 8]
    assert found["r_t"] == [1 + 1, 2 + 1.5, 3 + 2, 4 + 2.5, 5, 6 + 3.5]
    assert found["discount_t"] == [0.25, 0.25, 0.25, 0, 0, 0.25]


def test_a_truncation_bootstraps_from_the_true_successor():
    (found,) = _windows(3, play("...U."))
    assert found["s_tm1"] == [0, 1, 2, 3]
    assert found["s_t"] == [3, 4, 4, 4]
    assert found["r_t"] == [1 + 1 + 0.75, 2 + 1.5 + 1, 3 + 2, 4]
    assert found["discount_t"] == [0.125, 0.125, 0.25, 0.5]


def test_a_dropped_step_cuts_at_the_observation_it_was_acted_on():
    (found,) = _windows(3, play("..x...", "xx...."))
    assert found["s_tm1"] == [0, 1, 1004, 4, 1005]
    assert found["s_t"] == [2, 2, 1007, 7, 1008]
    assert found["r_t"] == [1 + 1, 2, 3 + 2 + 1.25, 4 + 2.5 + 1.5, 4 + 2.5 + 1.5]
    assert found["discount_t"] == [0.25, 0.5, 0.125, 0.125, 0.125]


def test_windows_go_on_in_the_next_round():
    first, second, third = _windows(3, *cut(play("......", "...x.."), [0, 1, 3, 6]))
    assert first["a_tm1"] == []
    assert second["a_tm1"] == [0, 10]
    # By start time, whichever step completed them: the drop of environment 1 is seen only now.
    assert third["a_tm1"] == [1, 11, 2, 12, 3]
    assert third["s_tm1"] == [1, 1001, 2, 1002, 3]
    assert third["s_t"] == [4, 1003, 5, 1003, 6]
    assert third["r_t"] == [2 + 1.5 + 1, 2 + 1.5, 3 + 2 + 1.25, 3, 4 + 2.5 + 1.5]


def test_an_episode_that_ends_with_its_round_leaves_nothing_open():
    first, second = _windows(3, *cut(play("..T..U", "..U..T"), [0, 3, 6]))
    assert first["discount_t"] == [0, 0.125, 0, 0.25, 0, 0.5]
    assert second["discount_t"] == [0.125, 0, 0.25, 0, 0.5, 0]
    assert second["s_tm1"] == [4, 1004, 5, 1005, 6, 1006]


def test_extras_are_those_of_the_first_step():
    (found,) = _windows(2, play("..T"))
    assert found["logits"] == [[0, 0], [100, -1], [200, -2]]


def test_types():
    columns = NStep(2, 0.5).add(play("...", "x.."), _Observations().observe)
    types = {name: str(column.dtype) for name, column in columns.items() if name != "logits"}
    assert types == {
        "s_tm1": "int64",
        "a_tm1": "int32",
        "r_t": "float32",
        "discount_t": "float32",
        "s_t": "int64",
        "mask_t": "bool",
    }


def test_returns_are_added_up_in_float64():
    rollout = play("....")
    rollout.r_t[:, 0] = [1e8, 1, 1, -1e8]
    found = NStep(4, 1.0).add(rollout, _Observations().observe)
    assert found["r_t"].tolist() == [2.0]


@pytest.mark.parametrize("n", [1, 2, 4])
def test_each_observation_is_stored_once(n):
    accumulator, observations = NStep(n, 0.5), _Observations()
    for rollout in cut(play("...T....", ".xx..U..", "TTTTTTTT"), [0, 1, 4, 8]):
        accumulator.add(rollout, observations.observe)
    # One for each step that is kept, and one for each start of an episode that is.
    assert len(observations.seen) == (8 + 2) + (6 + 3) + (8 + 8)
    assert len(set(observations.seen)) == len(observations.seen)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        # The last successors, unless an episode ended there.
        (1, [1, 2, 3, 4, 1008]),
        # Environment 0 has open windows until they end; environment 1 starts one in the last part.
        (3, [0, 0, 1, 2, 1007]),
    ],
)
def test_the_oldest_id_to_come(n, expected):
    accumulator, observations = NStep(n, 0.5), _Observations()
    oldest = []
    for rollout in cut(play("....T", "TT.x."), [0, 1, 2, 3, 4, 5]):
        accumulator.add(rollout, observations.observe)
        number = accumulator.oldest
        assert number is not None
        oldest.append(observations.seen[number])
    assert oldest == expected


def test_without_open_windows_there_is_no_oldest_id():
    accumulator = NStep(3, 0.5)
    assert accumulator.oldest is None
    accumulator.add(play("..T", ".Ux"), _Observations().observe)
    assert accumulator.oldest is None


_SCRIPTS = st.integers(1, 24).flatmap(
    lambda length: st.lists(
        st.text(ENDS + "......", min_size=length, max_size=length), min_size=1, max_size=3
    )
)


@given(scripts=_SCRIPTS, n=st.integers(1, 4), data=st.data())
def test_windows_are_those_of_single_steps_however_rollouts_are_cut(scripts, n, data):
    rollout = play(*scripts)
    length = len(scripts[0])
    inner = data.draw(st.sets(st.integers(1, length - 1))) if length > 1 else set()
    bounds = [0, *sorted(inner), length]
    accumulator, observations = NStep(n, 0.9), _Observations()
    expected = windows(rollout, n, 0.9)
    for part, wanted in zip(cut(rollout, bounds), in_rounds(expected, bounds), strict=True):
        columns = observations.resolved(accumulator.add(part, observations.observe))
        assert rows_of(columns) == [window.values for window in wanted]
    assert len(set(observations.seen)) == len(observations.seen)


def test_state_round_trip_in_the_middle_of_windows():
    accumulators = NStep(3, 0.5), NStep(3, 0.5)
    observations = _Observations(), _Observations()
    for rollout in cut(play("...T....", ".....x.U"), [0, 2, 3, 8]):
        accumulators[1].set_state(accumulators[0].get_state())
        first, second = (
            accumulator.add(rollout, seen.observe)
            for accumulator, seen in zip(accumulators, observations, strict=True)
        )
        for name, column in first.items():
            np.testing.assert_array_equal(column, second[name])
        assert accumulators[0].oldest == accumulators[1].oldest
        accumulators = accumulators[1], NStep(3, 0.5)
