"""What environments do that they should not, and that a training takes nevertheless."""

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from envs import registry
from envs.faults import Guard, Place
from envs.remarks import Remark, Remarks, bounds, outside


def _holds(space) -> bool:
    return bounds(space, [0]) is None


def test_only_bounds_that_a_number_of_the_dtype_can_leave_are_looked_at():
    assert _holds(Discrete(3))
    assert _holds(Box(0, 255, (2, 2), np.uint8))
    assert _holds(Box(-np.inf, np.inf, (2,), np.float32))
    assert not _holds(Box(0, 254, (2, 2), np.uint8))
    assert not _holds(Box(np.array([-np.inf, 0.0]), np.array([np.inf, np.inf]), dtype=np.float64))


def test_the_first_number_outside_in_words():
    space = Box(np.float32([[0, 0], [0, 0]]), np.float32([[1, 0.1], [1, 1]]))
    assert outside(np.float32([[0, 0.1], [1, 1]]), space) == ""
    assert outside(np.float32([[1, 0.5], [-2, 0]]), space) == (
        "number 1 is 0.5, the Box says 0 to 0.1"
    )
    unbounded = Box(np.float32([-np.inf]), np.float32([3]))
    assert outside(np.float32([1e30]), unbounded) == "number 0 is 1e+30, the Box says -inf to 3"


def _rollout():
    """Three steps [T] of two environments [B] that show one number each."""
    s_tm1 = np.array([[1, 2], [9, 3], [2, 0]], np.float32)[..., None]
    s_t = np.array([[8, 3], [2, 7], [9, 1]], np.float32)[..., None]
    ended_t = np.array([[True, False], [False, True], [False, False]])
    return s_tm1, s_t, ended_t


def test_each_observation_outside_is_counted_once():
    # 8 and 7 are the last ones of an episode, 9 was acted on; the other 9 will be, or never is.
    looked = bounds(Box(0, 5, (1,), np.float32), [4, 6])
    assert looked.outside(*_rollout()) == (
        Remark(
            kind="outside",
            text="observations are outside the Box: number 0 is 8, the Box says 0 to 5",
            count=3,
            at=(1, 4),
        ),
    )
    assert bounds(Box(0, 9, (1,), np.float32), [4, 6]).outside(*_rollout()) == ()


def test_of_several_blocks_the_same_one_is_the_first():
    space, (s_tm1, s_t, ended_t) = Box(0, 5, (1,), np.float32), _rollout()
    (whole,) = bounds(space, [4, 6]).outside(s_tm1, s_t, ended_t)
    parts = [
        *bounds(space, [4]).outside(s_tm1[:, :1], s_t[:, :1], ended_t[:, :1]),
        *bounds(space, [6]).outside(s_tm1[:, 1:], s_t[:, 1:], ended_t[:, 1:]),
    ]
    first = min(parts, key=lambda each: each.at)
    assert (first.text, first.at) == (whole.text, whole.at)
    assert sum(each.count for each in parts) == whole.count


def test_the_first_of_each_kind_is_kept_until_it_is_taken():
    remarks = Remarks()
    for kind, text in (("a", "first"), ("a", "second"), ("b", "third")):
        remarks.note(kind, text)
    assert [(each.kind, each.text) for each in remarks.take()] == [("a", "first"), ("b", "third")]
    remarks.note("a", "fourth")
    assert remarks.take() == ()


def test_only_warnings_of_calls_are_noted_and_prints_leave_standard_output(monkeypatch):
    guard, others = Guard(), []
    monkeypatch.setattr(warnings, "showwarning", lambda *shown: others.append(str(shown[0])))
    before, out, err = warnings.showwarning, io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), guard.listening():
        warnings.warn("of the agent", stacklevel=1)
        guard.enter(Place(purpose=1, env_index=0, episode=0, step=1, action=0))
        gymnasium.logger.warn("of the environment")
        print("said")
        guard.leave()
    assert warnings.showwarning is before
    assert others == ["of the agent"]
    assert [each.text for each in guard.remarks.take()] == [
        f"UserWarning: of the environment (test_remarks.py, line {_line_of('logger.warn(')})"
    ]
    assert out.getvalue() == ""
    assert err.getvalue() == "said\n"


def _line_of(text: str) -> int:
    with open(__file__) as lines:
        return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.parametrize(
    ("observation", "told"),
    [
        (2, ""),
        (np.int8(2), ""),
        (np.array(2), ""),
        (np.array([2]), "an array of int64 and shape (1,)"),
        ([2], "of type list"),
        (True, "of type bool"),
    ],
)
def test_numbers_are_told_of_where_a_space_would_not_contain_them(observation, told):
    guard = Guard()
    envs = registry.make(
        "tests.envs.toy:Corridor-v0", seed=0, purpose=1, env_indices=[0], guard=guard
    )
    envs.reset()
    envs._envs[0].step = lambda action: (observation, np.float32(1), np.bool_(False), False, {})
    envs.step(np.zeros(1, np.int32))
    text = f"observation is {told}, the space says Discrete(5, start=1): it is converted"
    expected = [text] if told else []
    assert [each.text for each in guard.remarks.take()] == expected
