"""Masks of actions: how they are read, and what environments do with them."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete

from envs import registry
from envs.actions import Actions
from envs.encoding import Part, observations
from envs.faults import EnvironmentFault, Guard, Nonsense
from envs.options import EnvOptions
from envs.sources import Configured
from tests.envs.toy import Fork

FORK = "tests.envs.toy:Fork-v0"


def _make(env, rows=1, guard=None):
    return registry.make(env, seed=0, purpose=0, env_indices=range(rows), guard=guard)


@pytest.mark.parametrize("mask", [np.array([1, 0, 1], np.int8), [True, False, True], [1.0, 0, 1]])
def test_a_flag_for_each_action(mask):
    assert Actions(Discrete(3, start=4)).legal(mask).tolist() == [True, False, True]


@pytest.mark.parametrize(
    "mask",
    [
        np.array([1, 0, 0, 1, 1]),  # of the first part, then of the second
        (np.array([1, 0]), np.array([0, 1, 1])),  # as Gymnasium's own `sample` takes it
        np.array([0, 1, 1, 0, 0, 0]),  # of all six together
    ],
)
def test_a_flag_for_each_combination(mask):
    actions = Actions(MultiDiscrete([2, 3]))
    legal = actions.legal(mask)
    assert [actions.decode(int(number)).tolist() for number in np.flatnonzero(legal)] == [
        [0, 1],
        [0, 2],
    ]


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ([1, 0], "action_mask has 2 entries, expected one for each of 3 actions"),
        ([0, 0, 0], "action_mask allows no action: a state that is not terminal needs one"),
        ([1, 2, 0], "action_mask holds something else than zeros and ones"),
        ("all", "action_mask holds something else than zeros and ones"),
        ([1, np.nan, 0], "action_mask holds something else than zeros and ones"),
        (None, "action_mask holds something else than zeros and ones"),
    ],
)
def test_what_is_no_mask(mask, message):
    with pytest.raises(Nonsense, match=message):
        Actions(Discrete(3)).legal(mask)


def test_the_mask_is_no_part_of_what_agents_see():
    picture = Box(0, 255, (6, 5, 2), np.uint8)
    seen = observations(Dict({"action_mask": MultiBinary(3), "observation": picture}))
    assert isinstance(seen, Part)
    assert (seen.space, seen.left_out) == (picture, ())
    three = Dict({"action_mask": MultiBinary(3), "x": Discrete(3), "y": Discrete(2)})
    assert observations(three, "state").space.n == 6


@pytest.mark.parametrize("masked_in", ["info", "observation"])
def test_masks_of_an_episode(masked_in):
    envs = _make(Configured(FORK, EnvOptions(env_kwargs=(f"masked_in={masked_in}",))), rows=2)
    assert envs.action_mask is None  # not known yet
    assert envs.reset().tolist() == [0, 0]
    start, later, all_of_them = [True, True, False], [False, False, True], [True] * 3
    assert envs.action_mask.tolist() == [start, start]
    step = envs.step(np.array([1]), np.array([1]))
    assert (step.mask_t.tolist(), envs.action_mask.tolist()) == ([later], [start, later])
    step = envs.step(np.array([0, 2]))
    # The second row's state is terminal; the next episode has begun in it.
    assert step.mask_t.tolist() == [later, all_of_them]
    assert envs.action_mask.tolist() == [later, start]
    assert envs.restore([0, 1], [np.array([0]), np.array([])]).tolist() == [1, 0]
    assert envs.action_mask.tolist() == [later, start]


def test_an_illegal_action_is_the_environments_own_affair():
    envs = _make(FORK)
    envs.reset()
    with pytest.raises(EnvironmentFault, match="action 2 is illegal in place 0"):
        envs.step(np.array([2]))


class Forgetful(Fork):
    """Gives a mask with some infos, and others without."""

    def __init__(self, masks):
        super().__init__()
        self.masks = iter(masks)

    def _show(self, place, over=False):
        observation, info = super()._show(place, over)
        mask = next(self.masks)
        return observation, {} if mask is None else {**info, "action_mask": mask}


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (([1, 1, 0], None), "action_mask is missing here, and came with the first reset"),
        (([1, 1, 0], [0, 0, 0]), "action_mask allows no action"),
        (([1, 1, 0], [1]), "action_mask has 1 entries, expected one for each of 3 actions"),
    ],
)
def test_masks_that_are_none(masks, message):
    envs = _make(lambda: Forgetful(masks))
    envs.reset()
    with pytest.raises(EnvironmentFault, match=message):
        envs.step(np.array([0]))


def test_a_mask_in_a_later_reset_alone():
    given = iter([None, None, None, [1, 1, 0]])
    envs = _make(lambda: Forgetful(given))
    envs.reset()
    envs.step(np.array([0]))
    with pytest.raises(EnvironmentFault, match="with this reset, and came not with the first"):
        envs.step(np.array([2]))


def test_a_dropped_step_leaves_a_legal_start():
    def make() -> gymnasium.Env:
        return Forgetful([[1, 1, 0], [0, 0, 0]])

    envs = _make(make, guard=Guard("drop"))
    envs.reset()
    step = envs.step(np.array([0]))
    assert step.dropped_t.tolist() == [True]
    assert envs.action_mask.tolist() == [[True, True, False]]
