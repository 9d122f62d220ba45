import numpy as np
import pytest

from tests.training.fakes import CountingActor, Scripted
from training.unroll import Positions, Unroll

ENDS = {
    (0, 0): (3, "terminated"),
    (0, 1): (1, "truncated"),
    (1, 0): (2, "truncated"),
    (2, 0): (2, "dropped"),
    (2, 1): (2, "terminated"),
}


def _unroll(env_indices=range(4)) -> Unroll:
    return Unroll(Scripted(env_indices, ENDS), CountingActor(env_indices))


def _counts(unroll: Unroll) -> list[int]:
    return unroll.state["count"][:, 0].tolist()


def test_what_an_actor_remembers_starts_anew_where_an_episode_ends():
    unroll = _unroll()
    unroll.start()
    seen = []
    for _ in range(4):
        unroll.step({})
        seen.append(_counts(unroll))
    assert seen == [
        [1, 101, 201, 301],
        [2, 100, 200, 302],  # environment 1 was truncated, 2 dropped
        [0, 101, 201, 303],  # environment 0 terminated
        [0, 102, 200, 304],  # and is truncated in its second episode's first step
    ]
    assert unroll.envs.episodes.tolist() == [2, 1, 2, 0]


def test_a_step_says_what_was_acted_on_what_was_done_and_what_the_environments_answered():
    unroll = _unroll()
    unroll.start()
    first, second, third = (unroll.step({}) for _ in range(3))
    assert first.s_tm1.tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0]]
    assert first.a_tm1.tolist() == [0, 0, 0, 0]
    assert first.extras["before"].tolist() == [0, 100, 200, 300]
    assert second.a_tm1.tolist() == [1, 1, 1, 1]
    assert second.a_tm1.dtype == np.int32
    assert second.env_step.r_t.tolist() == [1, 1, 1, 1]
    assert second.env_step.s_t[1].tolist() == [1, 0, 2, 1]
    assert third.s_tm1.tolist() == [[0, 0, 2, 1], [1, 1, 0, 0], [2, 1, 0, 0], [3, 0, 2, 1]]
    assert third.a_tm1.tolist() == [2, 0, 0, 2]
    assert third.env_step.terminated_t.tolist() == [True, False, False, False]


def test_exploration_reaches_the_actor():
    unroll = _unroll()
    unroll.start()
    assert unroll.step({}, exploration=4).a_tm1.tolist() == [4, 4, 4, 4]
    assert unroll.step({}).a_tm1.tolist() == [1, 1, 1, 1]


def test_rows_that_do_not_step_stand_still():
    unroll = _unroll()
    unroll.start()
    unroll.step({})
    some = unroll.step({}, rows=np.array([1, 3]))
    assert some.a_tm1.tolist() == [1, 1]
    assert some.env_step.truncated_t.tolist() == [True, False]
    assert unroll.envs.episodes.tolist() == [0, 1, 0, 0]
    after = unroll.step({}, rows=np.array([0, 1, 2]))
    assert after.s_tm1.tolist() == [[0, 0, 1, 0], [1, 1, 0, 0], [2, 0, 1, 0], [3, 0, 2, 1]]
    assert after.env_step.dropped_t.tolist() == [False, False, True]
    assert _counts(unroll)[1:3] == [101, 200]


def test_what_is_remembered_of_rows_that_do_not_step_stands_still():
    unroll = _unroll()
    unroll.start()
    unroll.step({}, rows=np.array([3]))
    assert _counts(unroll) == [0, 100, 200, 301]


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
def test_restored_with_what_the_actor_remembers_it_goes_on_the_same(after):
    unroll = _unroll()
    unroll.start()
    taken: list[list[int]] = [[] for _ in range(4)]
    for _ in range(after):
        stepped = unroll.step({})
        step = stepped.env_step
        ended = step.terminated_t | step.truncated_t | step.dropped_t
        for env in range(4):
            goes_on = [*taken[env], int(stepped.a_tm1[env])]
            taken[env] = [] if ended[env] else goes_on
    positions = Positions(
        episodes=unroll.envs.episodes,
        actions=[np.array(actions, np.int32) for actions in taken],
        state=unroll.state,
    )
    restored = _unroll()
    restored.restore(positions)
    halves = [_unroll(range(2)), _unroll(range(2, 4))]
    for half, rows in zip(halves, (range(2), range(2, 4)), strict=True):
        half.restore(positions.block(rows))
    for _ in range(4):
        whole, same = unroll.step({}), restored.step({})
        parts = [half.step({}) for half in halves]
        for name in ("s_tm1", "a_tm1"):
            expected = getattr(whole, name)
            np.testing.assert_array_equal(getattr(same, name), expected)
            joined = np.concatenate([getattr(part, name) for part in parts])
            np.testing.assert_array_equal(joined, expected)
        np.testing.assert_array_equal(same.extras["before"], whole.extras["before"])
        np.testing.assert_array_equal(same.env_step.observation, whole.env_step.observation)
    assert _counts(restored) == _counts(unroll)


def test_what_was_handed_out_is_not_changed_by_later_steps():
    unroll = _unroll()
    unroll.start()
    unroll.step({})
    state = unroll.state
    unroll.step({})
    assert state["count"][:, 0].tolist() == [1, 101, 201, 301]


def test_an_actor_that_remembers_nothing_is_left_alone():
    class Forgetful(CountingActor):
        def initial_state(self):
            return {}

        def act(self, weights, observations, state, exploration=None):
            assert not state
            acted = super().act(weights, observations, super().initial_state(), exploration)
            return acted._replace(state={})

    unroll = Unroll(Scripted(range(2), ENDS), Forgetful(range(2)))
    unroll.start()
    for _ in range(3):
        unroll.step({})
    assert unroll.state == {}
    empty = Positions(episodes=np.zeros(2, np.int64), actions=[np.zeros(0, np.int32)] * 2, state={})
    unroll.restore(empty)
    assert unroll.state == {}
