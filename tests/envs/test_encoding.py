"""Spaces of all kinds as a row or a number, and numbers as actions of all kinds."""

import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import (
    Box,
    Dict,
    Discrete,
    Graph,
    MultiBinary,
    MultiDiscrete,
    Sequence,
    Text,
    Tuple,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from common.factored import Factored, branches, joined
from envs.actions import Actions
from envs.encoding import Flat, Index, Picture, Plain, UnsupportedSpace, observations

ROOM = Dict({"cell": Tuple([Discrete(3), Discrete(2, start=5)]), "doors": MultiBinary(2)})


def test_a_number_by_hand():
    index = observations(ROOM, "state")
    assert isinstance(index, Index)
    assert index.space.n == 3 * 2 * 2 * 2
    # cell (2, second of two), doors shut and open: ((2 * 2 + 1) * 2 + 0) * 2 + 1
    assert index.encode({"cell": (2, 6), "doors": np.array([0, 1])}) == 21


def test_a_row_by_hand():
    flat = observations(ROOM)
    assert isinstance(flat, Flat)
    row = flat.encode({"cell": (2, 6), "doors": np.array([0, 1])})
    assert row.tolist() == [0, 0, 1, 0, 1, 0, 1]
    assert (flat.space.shape, flat.space.dtype) == ((7,), np.float32)


@pytest.mark.parametrize("form", ["row", "state", "picture"])
def test_boxes_and_numbers_stay_what_they_are(form):
    picture = Box(0, 255, (6, 5, 2), np.uint8)
    assert observations(picture, form).space is picture
    counted = observations(Discrete(4, start=-2), form)
    assert isinstance(counted, Plain)
    assert (counted.space.start, counted.encode(1)) == (0, 3)


def test_what_is_no_number_in_a_dictionary_is_left_out():
    grid = Dict({"image": Box(0, 9, (2, 2), np.uint8), "mission": Text(20), "way": Discrete(4)})
    flat = observations(grid)
    assert flat.left_out == ("mission: Text",)
    seen = {"image": np.ones((2, 2), np.uint8), "mission": "go to the door", "way": 3}
    assert flat.encode(seen).tolist() == [1, 1, 1, 1, 0, 0, 0, 1]


@pytest.mark.parametrize(
    "space",
    [
        Text(5),
        Graph(Box(0, 1, (2,)), Discrete(2)),
        Sequence(Discrete(3)),
        Tuple([Discrete(2), Text(5)]),
        Dict({"only": Text(5)}),
    ],
)
def test_what_has_no_fixed_number_of_numbers_is_refused(space):
    with pytest.raises(UnsupportedSpace, match="has no fixed number of numbers"):
        observations(space)


def test_a_table_has_a_largest_size():
    with pytest.raises(UnsupportedSpace, match="100,000,000 states, and a table has at most"):
        observations(MultiDiscrete([100] * 4), "state")
    # A network takes the same.
    assert observations(MultiDiscrete([100] * 4)).space.shape == (400,)


def _finite():
    leaves = st.one_of(
        st.builds(Discrete, st.integers(1, 4), start=st.integers(-2, 2)),
        st.builds(MultiDiscrete, st.lists(st.integers(1, 3), min_size=1, max_size=3)),
        st.builds(MultiBinary, st.integers(1, 3)),
        st.builds(lambda n: Box(-1, 1, (n,), np.int8), st.integers(1, 2)),
    )

    def around(parts):
        several = st.lists(parts, min_size=1, max_size=3)
        return st.one_of(
            several.map(Tuple),
            several.map(lambda found: Dict({f"part{i}": each for i, each in enumerate(found)})),
        )

    return st.recursive(leaves, around, max_leaves=4)


@given(_finite(), st.integers(0, 2**31 - 1))
@settings(max_examples=200, deadline=None)
def test_two_observations_have_the_same_code_only_where_they_are_the_same(space, seed):
    space.seed(seed)
    seen = [space.sample() for _ in range(8)]
    for form in ("row", "state", "picture"):
        try:
            encoding = observations(space, form)
        except UnsupportedSpace:
            continue
        codes = [np.asarray(encoding.encode(each)) for each in seen]
        assert all(encoding.space.contains(code) for code in codes)
        for one, code in zip(seen, codes, strict=True):
            for other, another in zip(seen, codes, strict=True):
                assert np.array_equal(code, another) == (_told(one) == _told(other))


def _told(observation) -> str:
    """An observation in words that are equal where it is."""
    if isinstance(observation, dict):
        return str({name: _told(part) for name, part in observation.items()})
    if isinstance(observation, tuple):
        return str([_told(part) for part in observation])
    return str(np.asarray(observation).tolist())


@pytest.mark.parametrize(
    "space",
    [
        Discrete(4),
        Discrete(3, start=10),
        Discrete(5_000, start=1),
        MultiDiscrete([3, 2, 2]),
        MultiDiscrete([[2, 3], [1, 2]]),
        MultiDiscrete([3, 2], start=[5, -1]),
        MultiBinary(5),
        MultiBinary((2, 2)),
    ],
)
def test_every_action_has_a_number_of_its_own(space):
    actions = Actions(space)
    decoded = [actions.decode(number) for number in range(int(actions.space.n))]
    assert all(space.contains(action) for action in decoded)
    assert [actions.number(action) for action in decoded] == list(range(len(decoded)))


def test_actions_by_hand():
    assert Actions(MultiDiscrete([3, 2])).decode(5).tolist() == [2, 1]
    action = Actions(Discrete(2, start=10)).decode(1)
    assert (action, type(action)) == (11, np.int64)


def test_numbers_of_several_choices_tell_how_many_there_are_of_each():
    assert branches(Actions(MultiDiscrete([[3, 2], [4, 2]])).space) == (3, 2, 4, 2)
    assert branches(Actions(MultiBinary(3)).space) == (2, 2, 2)
    assert branches(Actions(Box(-1, 1, (2, 2)), 5).space) == (5, 5, 5, 5)
    assert branches(Actions(Discrete(7, start=3)).space) == (7,)
    space = Actions(MultiDiscrete([3, 2])).space
    assert branches(pickle.loads(pickle.dumps(space))) == (3, 2)
    assert isinstance(space, Factored)
    # The number that a choice in each branch makes is the one that is decoded to it.
    number = joined([np.array([2]), np.array([1])], branches(space))[0]
    assert Actions(MultiDiscrete([3, 2])).decode(number).tolist() == [2, 1]


def test_too_many_actions_and_those_without_a_number_are_refused():
    with pytest.raises(UnsupportedSpace, match="8,192 combinations"):
        Actions(MultiBinary(13))
    with pytest.raises(UnsupportedSpace, match="that can be counted"):
        Actions(Box(-1, 1, (1,)))


def test_blackjack_is_704_states():
    space = gymnasium.make("Blackjack-v1").observation_space
    assert observations(space, "state").space.n == 32 * 11 * 2


def test_a_picture_of_a_dictionary_has_channels_for_the_rest_by_hand():
    space = Dict({"image": Box(0, 255, (2, 3, 1), np.uint8), "way": Discrete(2), "words": Text(5)})
    seen = observations(space, "picture")
    assert isinstance(seen, Picture)
    assert (seen.space.shape, seen.space.dtype) == ((2, 3, 3), np.float32)
    assert seen.left_out == ("words: Text",)
    image = np.arange(0, 255, 51, np.uint8)[[0, 1, 2, 3, 4, 0]].reshape(2, 3, 1)
    picture = seen.encode({"image": image, "way": 1, "words": "go"})
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture[..., 0], [[0, 0.2, 0.4], [0.6, 0.8, 0]], rtol=1e-6)
    assert picture[..., 1:].tolist() == [[[0, 1]] * 3] * 2
    assert seen.space.contains(picture)


def test_two_pictures_are_a_row():
    space = Dict({name: Box(0, 255, (2, 2, 1), np.uint8) for name in ("left", "right")})
    assert isinstance(observations(space, "picture"), Flat)


@pytest.mark.parametrize(
    ("space", "form", "told"),
    [
        (Box(0, 1, (2,)), "row", ""),
        (Discrete(3), "row", ""),
        (Discrete(3, start=2), "row", "less 2, so that it counts from 0"),
        (Dict({"seen": Box(0, 1, (2,))}), "row", "its part 'seen'"),
        (
            Dict({"a": Discrete(3), "b": Box(0, 1, (2, 2))}),
            "row",
            "one row of float32, as gymnasium.spaces.flatten has it: "
            "a (3 numbers, one-hot), b (4 numbers)",
        ),
        (
            Dict({"image": Box(0, 255, (2, 3, 1), np.uint8), "way": Discrete(2)}),
            "picture",
            "the picture 'image', its bytes divided by 255, and behind its channels one for each "
            "number of way (2 numbers, one-hot), the same everywhere",
        ),
        (
            MultiDiscrete([2, 3]),
            "state",
            "its number among all 6 that there are, the last part counting fastest",
        ),
    ],
)
def test_what_is_done_to_an_observation_is_told(space, form, told):
    assert observations(space, form).told == told
