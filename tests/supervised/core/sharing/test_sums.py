"""Sums along a tree, and which rows live where: no bit depends on who adds up what."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from common.ranges import split
from supervised.core.sharing.partition import Partition, owners
from supervised.core.sharing.sums import Rows, nodes, total


def test_the_tree_by_hand():
    assert nodes(range(8), 8) == [(0, 8)]
    assert nodes(range(4, 8), 8) == [(4, 8)]
    assert nodes(range(2, 5), 8) == [(2, 4), (4, 5)]
    assert nodes(range(5, 8), 8) == [(5, 6), (6, 8)]
    assert nodes(range(4, 6), 6) == [(4, 6)]
    given = {(i, i + 1): [np.array([float(i)])] for i in range(5)}
    assert total((0, 5), given)[0].tolist() == [10.0]


@pytest.mark.parametrize("parts", [1, 2, 5, 8, 11])
def test_any_division_of_the_parts_gives_the_same_bits(parts):
    rng = np.random.default_rng(parts)
    dense = [rng.normal(size=50).astype(np.float32) * 10.0**i for i in range(parts)]
    sparse = [
        Rows.of(rng.integers(0, 9, 12), rng.normal(size=(12, 3)).astype(np.float32))
        for _ in range(parts)
    ]
    leaves = {(i, i + 1): [dense[i], sparse[i]] for i in range(parts)}
    whole = total((0, parts), leaves)
    for workers in range(1, parts + 1):
        sent = {}
        for held in split(parts, workers):
            sent |= {node: total(node, leaves) for node in nodes(held, parts)}
        found = total((0, parts), sent)
        assert found[0].tobytes() == whole[0].tobytes()
        assert found[1].places.tolist() == whole[1].places.tolist()
        assert found[1].values.tobytes() == whole[1].values.tobytes()
    expected = np.zeros((9, 3))
    for rows in sparse:
        expected[rows.places] += rows.values
    np.testing.assert_allclose(whole[1].values, expected[whole[1].places], rtol=1e-4, atol=1e-5)


def test_rows_by_hand():
    rows = Rows.of(np.array([4, 1, 4]), np.array([[1.0], [2.0], [3.0]], np.float32))
    assert rows.places.tolist() == [1, 4]
    assert rows.values.tolist() == [[2.0], [4.0]]
    both = rows + Rows.of(np.array([0, 4]), np.array([[7.0], [1.0]], np.float32))
    assert both.places.tolist() == [0, 1, 4]
    assert both.values.tolist() == [[7.0], [2.0], [5.0]]
    part = both.within(1, 4)
    assert part.places.tolist() == [0]
    assert part.values.tolist() == [[2.0]]


def test_large_variables_are_cut_and_small_ones_go_where_there_is_least():
    def variable(*shape, constraint=None):
        return SimpleNamespace(shape=shape, constraint=constraint)

    variables = [variable(1000, 64), variable(64), variable(), variable(900, 64, constraint="max")]
    partition = Partition.of(variables, 3)
    assert partition.bounds[0] == (0, 333, 666, 1000)
    assert sorted(np.diff(partition.bounds[1]).tolist()) == [0, 0, 64]
    assert sorted(np.diff(partition.bounds[2]).tolist()) == [0, 0, 1]
    assert sorted(np.diff(partition.bounds[3]).tolist()) == [0, 0, 900]
    values = [np.random.default_rng(0).normal(size=v.shape) for v in variables]
    back = partition.joined([partition.cut(values, server) for server in range(3)])
    for value, found in zip(values, back, strict=True):
        np.testing.assert_array_equal(np.atleast_1d(value), found)


@pytest.mark.parametrize("name", ["sgd", "adam", "nadam", "rmsprop", "adagrad", "ftrl", "lion"])
def test_an_optimizers_variables_know_whose_they_are(name):
    variables = [keras.Variable(np.zeros((3, 2))), keras.Variable(np.zeros((3, 2)))]
    optimizer = keras.optimizers.get(name)
    optimizer.build(variables)
    whose = owners(optimizer, 2)
    assert len(whose) == len(optimizer.variables)
    for variable, owner in zip(optimizer.variables, whose, strict=True):
        assert (owner is None) == (variable.shape == ())
    assert whose.count(0) == whose.count(1)
