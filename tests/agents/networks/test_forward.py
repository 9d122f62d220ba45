import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.networks import BLOCK, Forward, NetworkConfig
from tests.agents.networks.cases import CASES, batch_of, weights_of


def _bits(arrays):
    return [None if array is None else array.tobytes() for array in arrays]


def _part(arrays, rows):
    return [None if array is None else array[rows] for array in arrays]


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
@given(
    num_envs=st.integers(1, 70),
    cuts=st.lists(st.integers(0, 70), max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=20, deadline=None)
def test_bits_do_not_depend_on_how_environments_are_split(network, num_envs, cuts, seed):
    """The property that makes runs equal over worker counts, for whatever BLAS this machine has."""
    weights, batch = weights_of(network, seed), batch_of(network, num_envs, seed)
    whole = Forward(network, range(num_envs))(weights, *batch)
    bounds = sorted({0, num_envs, *(cut for cut in cuts if cut < num_envs)})
    for start, stop in pairwise(bounds):
        rows = slice(start, stop)
        part = Forward(network, range(start, stop))(weights, *_part(batch, rows))
        assert _bits(part) == _bits(_part(whole, rows))


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
def test_bits_do_not_depend_on_neighbours_or_on_steps_before(network):
    weights = weights_of(network)
    batch, others = batch_of(network, 2 * BLOCK, 1), batch_of(network, 2 * BLOCK, 2)
    kept = np.arange(2 * BLOCK) % 3 == 0
    mixed = [a.copy() if a is not None else None for a in others]
    for array, source in zip(mixed, batch, strict=True):
        if array is not None:
            array[kept] = source[kept]
    forward = Forward(network, range(2 * BLOCK))
    expected = _part(forward(weights, *batch), kept)
    assert _bits(_part(forward(weights, *mixed), kept)) == _bits(expected)
    alone = Forward(network, np.flatnonzero(kept).tolist())
    alone(weights, *_part(others, kept))
    assert _bits(alone(weights, *_part(batch, kept))) == _bits(expected)


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
def test_a_step_leaves_its_arguments_and_earlier_results_alone(network):
    weights, batch = weights_of(network), batch_of(network, 5, 1)
    kept, before = _bits(weights.values()), _bits(batch)
    forward = Forward(network, range(5))
    first = forward(weights, *batch)
    bits = _bits(first)
    forward(weights, *batch_of(network, 5, 2))
    assert _bits(first) == bits
    assert _bits(weights.values()) == kept
    assert _bits(batch) == before


def _reference(space, weights, observations, *, dueling):
    """Action values as they were before layers had classes, on whole blocks of environments."""
    if isinstance(space, Discrete):
        x = np.eye(int(space.n), dtype=np.float32)[observations]
    else:
        x = observations.reshape(len(observations), -1).astype(np.float32, copy=False)
        x = x / np.float32(255) if space.dtype == np.uint8 else x
    h = np.zeros((-(-len(x) // BLOCK) * BLOCK, x.shape[1]), np.float32)
    h[: len(x)] = x
    h = h.reshape(-1, BLOCK, x.shape[1])
    layers = list(zip(weights[::2], weights[1::2], strict=True))
    heads = layers[-2:] if dueling else layers[-1:]
    for kernel, bias in layers[: len(layers) - len(heads)]:
        h = np.matmul(h, kernel)
        h += bias
        np.maximum(h, np.float32(0), out=h)
    outputs = [np.matmul(h, kernel) + bias for kernel, bias in heads]
    if dueling:
        value, advantage = outputs
        q = value + advantage - advantage.mean(axis=-1, keepdims=True)
    else:
        (q,) = outputs
    return q.reshape(-1, q.shape[-1])[: len(observations)]


@pytest.mark.parametrize("dueling", [False, True])
@pytest.mark.parametrize(
    "space",
    [
        Box(-5, 5, (3, 2), np.float32),
        Box(-5, 5, (4,), np.float64),
        Box(0, 255, (2, 2), np.uint8),
        Discrete(7),
    ],
    ids=str,
)
@given(
    sizes=st.lists(st.integers(1, 90), max_size=3),
    actions=st.integers(1, 9),
    num_envs=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_perceptrons_have_the_bits_of_the_forward_pass_before(
    space, dueling, sizes, actions, num_envs, seed
):
    config = NetworkConfig(hidden_sizes=tuple(sizes), dueling=dueling)
    network = config.describe(space, config.value_head(actions))
    weights, (observations, _, _) = weights_of(network, seed), batch_of(network, num_envs, seed)
    q, state = Forward(network, range(num_envs))(weights, observations)
    assert state is None
    expected = _reference(space, tuple(weights.values()), observations, dueling=dueling)
    assert q.tobytes() == expected.tobytes()


def test_noise_and_state_of_no_numbers_are_taken_as_none():
    network, nothing = CASES["dueling"], np.zeros((40, 0), np.float32)
    weights, (observations, _, _) = weights_of(network), batch_of(network, 40)
    forward = Forward(network, range(40))
    q, state = forward(weights, observations, nothing, nothing)
    assert state is None
    assert q.tobytes() == forward(weights, observations)[0].tobytes()


def test_workers_need_neither_tensorflow_nor_keras():
    code = (
        "import sys, numpy as np; from agents.networks import Forward; "
        "from tests.agents.networks.cases import CASES, batch_of, weights_of; "
        "[Forward(n, range(2))(weights_of(n), *batch_of(n, 2)) for n in CASES.values()]; "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
