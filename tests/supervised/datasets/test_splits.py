import numpy as np
import pytest

from supervised.datasets import splits
from supervised.datasets.splits import book_split, split, time_split


@pytest.mark.parametrize("count", [4, 10, 101])
@pytest.mark.parametrize("stratified", [False, True])
def test_parts_are_disjoint_and_complete(count, stratified):
    labels = np.arange(count) % 2 if stratified else None
    parts = split(count, (0.5, 0.25, 0.25), np.random.default_rng(0), labels)
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))


def test_sizes_are_the_fractions_rounded():
    sizes = [len(part) for part in split(10, (0.7, 0.2, 0.1), np.random.default_rng(0))]
    assert sizes == [7, 2, 1]
    sizes = [len(part) for part in split(7, (1 / 3, 1 / 3, 1 / 3), np.random.default_rng(0))]
    assert sizes == [2, 3, 2]


def test_classes_keep_their_proportions():
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    parts = split(100, (0.5, 0.3, 0.2), np.random.default_rng(0), labels)
    counts = [np.bincount(labels[part], minlength=3).tolist() for part in parts]
    assert counts == [[30, 15, 5], [18, 9, 3], [12, 6, 2]]
    odd = np.arange(103) % 5 == 0
    for part in split(103, (0.5, 0.5), np.random.default_rng(1), odd):
        assert abs(odd[part].sum() - odd.sum() / 2) <= 1


def test_the_generator_decides():
    def draw(seed, labels=None):
        return [
            part.tolist() for part in split(50, (0.5, 0.5), np.random.default_rng(seed), labels)
        ]

    labels = np.arange(50) % 3
    assert draw(0) == draw(0) != draw(1)
    assert draw(0, labels) == draw(0, labels) != draw(1, labels)
    assert draw(0)[0] != sorted(draw(0)[0])


@pytest.mark.parametrize(
    ("count", "fractions", "says"),
    [(10, (0.5, 0.4), "sum to 0.9, expected 1"), (2, (0.9, 0.1), "leave a part empty")],
)
def test_impossible_splits_are_refused(count, fractions, says):
    with pytest.raises(ValueError, match=says):
        split(count, fractions, np.random.default_rng(0))


def test_the_book_s_split_of_the_bank():
    train, test = book_split(41_188)
    assert (len(train), len(test)) == (30_891, 10_297)
    assert len(set(train) | set(test)) == 41_188
    # The legacy generator that scikit-learn has drawn it with from the beginning.
    order = np.random.RandomState(100).permutation(41_188)
    np.testing.assert_array_equal(test, order[:10_297])
    np.testing.assert_array_equal(train, order[10_297:])


def test_periods_follow_each_other():
    """Rows of the same time keep their order; 0.7 of 7 rows are 4.9, rounded down."""
    times = np.array([5, 1, 3, 3, 9, 0, 3])
    early, late = time_split(times, (0.7, 0.3))
    assert early.tolist() == [5, 1, 2, 3]
    assert late.tolist() == [6, 0, 4]


def test_the_book_s_periods_of_the_card_payments():
    parts = time_split(np.arange(284_807), (0.8 * 0.8, 0.8 * 0.2, 0.2))
    assert [len(part) for part in parts] == [182_276, 45_569, 56_962]
    assert [len(part) for part in time_split(np.arange(10), (0.64, 0.16, 0.2))] == [6, 2, 2]


def test_periods_without_rows_are_refused():
    with pytest.raises(ValueError, match="of 3 rows leave a part empty"):
        time_split(np.arange(3), (0.2, 0.8))


def test_groups_are_set_aside_whole():
    groups = np.array([3, 1, 3, 2, 2, 5])
    found = splits.aside(groups, 2, np.random.default_rng(0))
    inside, outside = set(groups[~found]), set(groups[found])
    assert (len(inside), len(outside)) == (2, 2)
    assert not inside & outside
    assert len(set(groups[~splits.aside(groups, 99, np.random.default_rng(0))])) == 1
