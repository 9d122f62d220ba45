"""What agents see and do in place of an environment's own observations and actions."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from common.settings import InvalidSetting
from envs import registry
from envs.actions import Actions
from envs.encoding import UnsupportedSpace
from envs.faults import EnvironmentFault
from envs.options import EnvOptions, Transforms
from envs.sources import Configured, UnusableEnvironment


def test_bins_of_actions_by_hand():
    actions = Actions(Box(np.array([-1, 0], np.float32), np.array([1, 10], np.float32)), 3)
    assert actions.space.n == 9
    taken = [actions.decode(number).tolist() for number in (0, 1, 5, 8)]
    assert taken == [[-1, 0], [-1, 5], [0, 10], [1, 10]]
    assert actions.decode(5).dtype == np.float32
    picture = Actions(Box(0, 1, (2, 1), np.float64), 2)
    assert (picture.space.n, picture.decode(2).tolist()) == (4, [[1], [0]])


@pytest.mark.parametrize(
    ("space", "bins", "message"),
    [
        (Discrete(2), 5, "its actions are Discrete.2., and --env.action-bins is for a Box"),
        (Box(-np.inf, 1, (1,)), 5, "for a Box with bounds"),
        (Box(0, 1, (6,)), 5, "15,625 combinations of .*; give fewer --env.action-bins"),
        (Box(0, 1, (1,)), 0, "give --env.action-bins 5"),
        (Box(0, np.inf, (1,)), 0, "offer a few of them as a Discrete space"),
    ],
)
def test_actions_that_have_no_bins(space, bins, message):
    with pytest.raises(UnsupportedSpace, match=message):
        Actions(space, bins)


class Counting(gymnasium.Env):
    """Shows the number of the step everywhere; the first is 5."""

    def __init__(self, shape, dtype=np.float32):
        self.observation_space = Box(0, 100, shape, dtype)
        self.action_space = Discrete(2)

    def _show(self):
        self._number += 1
        return np.full(self.observation_space.shape, self._number, self.observation_space.dtype)

    def reset(self, *, seed=None, options=None):
        self._number = 4
        return self._show(), {}

    def step(self, action):
        return self._show(), 0.0, False, False, {}


@pytest.mark.parametrize(
    ("shape", "joined", "place"),
    [
        ((2,), (6,), np.s_[:, ::2]),
        ((4, 3, 2), (4, 3, 6), np.s_[:, 0, 0, ::2]),
        ((4, 3), (4, 3, 3), np.s_[:, 0, 0]),
        ((), (3,), np.s_[:]),
    ],
)
def test_the_newest_observations_the_oldest_first(shape, joined, place):
    env = Configured(lambda: Counting(shape, np.uint8), transforms=Transforms(frame_stack=3))
    envs = registry.make(env, seed=0, purpose=0, env_indices=[0, 1])
    space = envs.observation_space
    assert (space.shape, space.dtype) == (joined, np.uint8)
    assert isinstance(space, Box)
    assert space.high.max() == 100
    assert envs.reset()[place].tolist() == [[5, 5, 5]] * 2
    for expected in ([5, 5, 6], [5, 6, 7], [6, 7, 8]):
        observations = envs.step(np.array([0]), np.array([1])).s_t
        assert observations[place].tolist() == [expected]
        assert space.contains(observations[0])
    restored = envs.restore([0, 0], [np.zeros(2, np.int32), np.zeros(0, np.int32)])
    assert restored[place].tolist() == [[5, 6, 7], [5, 5, 5]]
    assert envs.step(np.array([0, 0])).s_t[place].tolist() == [[6, 7, 8], [5, 5, 6]]


def test_stacks_are_those_of_gymnasiums_wrapper():
    make = Counting((3, 2, 1))
    wrapped = gymnasium.wrappers.FrameStackObservation(make, 2, padding_type="reset")
    env = Configured(lambda: Counting((3, 2, 1)), transforms=Transforms(frame_stack=2))
    envs = registry.make(env, seed=0, purpose=0, env_indices=[0])
    theirs, ours = wrapped.reset(seed=0)[0], envs.reset()
    for _ in range(3):
        np.testing.assert_array_equal(ours[0], np.concatenate(list(theirs), axis=-1))
        theirs, ours = wrapped.step(0)[0], envs.step(np.array([0])).s_t


def test_a_stack_of_states_is_refused():
    env = Configured("FrozenLake-v1", transforms=Transforms(frame_stack=2))
    for make in (registry.spaces, registry.encodings):
        with pytest.raises(UnusableEnvironment, match=r"--env.frame-stack 2: .*Discrete\(16\)"):
            make(env)


def test_a_stack_of_our_own_cart_is_that_of_gymnasiums():
    env = Configured("CartPole-v1", transforms=Transforms(frame_stack=2))
    envs = registry.make(env, seed=0, purpose=0, env_indices=[0])
    alone = registry.make("CartPole-v1", seed=0, purpose=0, env_indices=[0])
    before, seen = alone.reset(), envs.reset()
    np.testing.assert_array_equal(seen, np.concatenate([before, before], axis=1))
    for action in (0, 1, 1):
        now = alone.step(np.array([action])).s_t
        seen = envs.step(np.array([action])).s_t
        np.testing.assert_array_equal(seen, np.concatenate([before, now], axis=1))
        before = now


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"action_bins": 1}, "env.action-bins.*must be 0, or 2 or more"),
        ({"frame_stack": 0}, "env.frame-stack.*must be 1 or more"),
        ({"reward_scale": 0.0}, "env.reward-scale.*must be positive and finite"),
        ({"reward_scale": float("inf")}, "env.reward-scale.*must be positive and finite"),
    ],
)
def test_wrong_numbers(wrong, message):
    with pytest.raises(InvalidSetting, match=message):
        Transforms(**wrong)


@pytest.mark.parametrize(
    ("pay", "changes", "digits"),
    [
        ("1e12", {}, None),
        ("3.4e38", {}, None),
        ("3.5e38", {}, 38),
        ("-1e39", {}, 39),
        ("1e39", {"reward_scale": 1e-39}, None),
        ("1e39", {"clip_rewards": True}, None),
        ("1e300", {"clip_rewards": True, "reward_scale": 1e30}, None),
        ("1e30", {"reward_scale": 1e10}, 30),
        ("1e300", {"reward_scale": 1e-300}, None),
    ],
)
def test_rewards_are_refused_that_are_no_float32_when_they_are_learned_from(pay, changes, digits):
    options = EnvOptions(env_kwargs=(f"pay={pay}",))
    env = Configured("tests.envs.careless:Rich", options, Transforms(**changes))
    envs = registry.make(env, seed=0, purpose=0, env_indices=[0])
    envs.reset()
    if digits is None:
        assert envs.step(np.array([0])).r_t.tolist() == [float(pay)]
        return
    with pytest.raises(EnvironmentFault) as error:
        envs.step(np.array([0]))
    assert str(error.value).endswith(
        f"reward {float(pay):g} is beyond float32, the numbers that are learned from; scale it: "
        f"--env.reward-scale 1e-{digits}"
    )
