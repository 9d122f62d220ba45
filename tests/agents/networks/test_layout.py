import numpy as np
import pytest

from agents.networks.layout import Layout
from tests.agents.networks.cases import CASES, weights_of


def test_layout_by_hand():
    weights = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.array([7, 8], np.float32)}
    assert Layout(weights).join(weights).numpy().tolist() == [0, 1, 2, 3, 4, 5, 7, 8]
    turned = dict(reversed(weights.items()))
    assert Layout(weights).join(turned).numpy().tolist() == [0, 1, 2, 3, 4, 5, 7, 8]


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
def test_layout_puts_arrays_into_one_vector_and_back(network):
    weights = weights_of(network)
    layout = Layout(weights)
    flat = layout.join(weights)
    for back in (layout.split(flat), layout.arrays(flat)):
        assert list(back) == list(weights)
        for name, array in weights.items():
            np.testing.assert_array_equal(back[name], array)


@pytest.mark.parametrize("network", CASES.values(), ids=CASES.keys())
def test_numbers_of_a_network_are_told_without_its_arrays(network):
    assert network.numbers == sum(array.size for array in weights_of(network).values())


def test_arrays_are_copies():
    layout = Layout({"a": np.zeros(2, np.float32)})
    flat = layout.join({"a": np.ones(2, np.float32)})
    layout.arrays(flat)["a"][:] = 5
    assert flat.numpy().tolist() == [1, 1]
