from itertools import pairwise

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.policies import (
    EpsilonGreedy,
    NetworkPolicy,
    TablePolicy,
    UniformPolicy,
    encode,
    greedy,
)

BOX = Box(-10, 10, (4,), np.float32)


def _weights(rng, sizes, dueling=False):
    shapes = list(pairwise(sizes))
    if dueling:
        shapes[-1:] = [(sizes[-2], 1), (sizes[-2], sizes[-1])]
    return tuple(
        rng.normal(size=shape).astype(np.float32)
        for kernel in shapes
        for shape in (kernel, kernel[1:])
    )


@pytest.mark.parametrize("dueling", [False, True])
@given(
    streams=st.integers(1, 70), cuts=st.lists(st.integers(0, 70), max_size=4), seed=st.integers(0)
)
@settings(max_examples=60, deadline=None)
def test_action_values_do_not_depend_on_how_streams_are_split(dueling, streams, cuts, seed):
    """The property that makes runs equal over worker counts, for whatever BLAS this machine has."""
    rng = np.random.default_rng(seed)
    weights = _weights(rng, (4, 120, 84, 3), dueling)
    observations = rng.normal(size=(streams, 4)).astype(np.float32)
    whole = NetworkPolicy(BOX, range(streams), dueling).q_values(weights, observations)
    bounds = sorted({0, streams, *(cut for cut in cuts if cut < streams)})
    for start, stop in pairwise(bounds):
        block = NetworkPolicy(BOX, range(start, stop), dueling)
        part = block.q_values(weights, observations[start:stop])
        assert part.tobytes() == whole[start:stop].tobytes()


def test_network_by_hand():
    weights = (
        np.array([[1.0, -1.0]], np.float32),
        np.array([0.5, 0.0], np.float32),
        np.array([[2.0, 0.0], [0.0, 3.0]], np.float32),
        np.array([0.0, 1.0], np.float32),
    )
    policy = NetworkPolicy(Box(-9, 9, (1,), np.float32), [0, 1], dueling=False)
    q = policy.q_values(weights, np.array([[2.0], [-1.0]], np.float32))
    # relu([2.5, -2]) -> [5, 1]; relu([-0.5, 1]) -> [0, 4]
    np.testing.assert_array_equal(q, [[5.0, 1.0], [0.0, 4.0]])


def test_dueling_heads_by_hand():
    weights = (
        np.array([[1.0]], np.float32),
        np.array([10.0], np.float32),
        np.array([[1.0, 3.0]], np.float32),
        np.array([0.0, 0.0], np.float32),
    )
    policy = NetworkPolicy(Box(-9, 9, (1,), np.float32), [5], dueling=True)
    # value 12, advantages [2, 6] with mean 4
    np.testing.assert_array_equal(policy.q_values(weights, np.array([[2.0]])), [[10.0, 14.0]])


def test_encoding():
    np.testing.assert_array_equal(encode(Discrete(3), np.array([2, 0])), [[0, 0, 1], [1, 0, 0]])
    pixels = np.array([[[0, 255]], [[51, 102]]], np.uint8)
    encoded = encode(Box(0, 255, (1, 2), np.uint8), pixels)
    np.testing.assert_allclose(encoded, [[0, 1], [0.2, 0.4]], rtol=1e-6)
    assert encoded.dtype == np.float32


def test_greedy_takes_the_first_best():
    assert greedy(np.array([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]])).tolist() == [1, 0]


def test_epsilon_greedy_by_hand():
    q = np.array([[1.0, 3.0, 3.0, 0.0]] * 4)
    draws = np.array([[0.5, 0.49], [0.5, 0.5], [0.2, 0.74], [0.2, 0.76]])
    # Not exploring: the tied actions 1 and 2 in halves. Exploring: all four in quarters.
    choice = EpsilonGreedy(4, np.array([0.3]), draws.T[None])
    assert choice.actions(0, q).tolist() == [1, 2, 2, 3]


def test_epsilon_greedy_without_ties_takes_the_best():
    q = np.array([[1.0, 3.0, 2.0], [5.0, 3.0, 4.0]])
    assert EpsilonGreedy(3, np.zeros(1), np.full((1, 2, 2), 0.9)).actions(0, q).tolist() == [1, 0]


def test_epsilon_greedy_explores_as_often_as_epsilon_says():
    draws = np.random.default_rng(0).random((2, 40_000))
    q = np.tile([0.0, 1.0, 0.0, 0.0], (40_000, 1))
    actions = EpsilonGreedy(4, np.array([0.2]), draws[None]).actions(0, q)
    share = np.bincount(actions, minlength=4) / 40_000
    np.testing.assert_allclose(share, [0.05, 0.85, 0.05, 0.05], atol=0.006)


def test_table_and_uniform_policies():
    table = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(
        TablePolicy().q_values((table,), np.array([2, 0])), [[4, 5], [0, 1]]
    )
    assert UniformPolicy(3).q_values((), np.zeros((5, 4))).tolist() == [[0, 0, 0]] * 5
