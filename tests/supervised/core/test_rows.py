"""Rows that a model was trained on are found again in other data, and left out of scores."""

import numpy as np
import pytest

from supervised.core import rows
from supervised.datasets.source import DataError
from tests.supervised.recorder import Recorder


def _hashes(texts: list[str]) -> rows.Hashes:
    return rows.of_texts(np.array(texts, object))


LEARNED = [f"text {i}" for i in range(223)]
TEST = [f"held out {i}" for i in range(50)]


@pytest.fixture
def context() -> Recorder:
    context = Recorder()
    rows.remember(context, _hashes(LEARNED), _hashes(TEST))
    return context


def test_of_362_texts_those_223_that_were_trained_on_are_left_out(context):
    other = [f"TEXT  {i} " for i in range(223)] + [f"new {i}" for i in range(139)]
    mixed = [other[i] for i in np.random.default_rng(0).permutation(362)]
    found = rows.to_score(context, _hashes(mixed), np.arange(90))
    assert [mixed[i] for i in found] == [text for text in mixed if text.startswith("new")]
    assert context.lines == ["other data: 223 of 362 rows were trained on: left out"]


def test_a_file_that_is_wholly_new_is_scored_whole(context):
    found = rows.to_score(context, _hashes(["a", "b", "c"]), np.array([2]))
    assert found.tolist() == [0, 1, 2]
    assert context.lines == ["other data: none of 3 rows was trained on: all are scored"]


def test_the_runs_own_test_rows_are_scored_as_they_are(context):
    every = _hashes(LEARNED + TEST)
    test = np.arange(len(LEARNED), len(every))
    assert rows.to_score(context, every, test) is test
    assert context.lines == []


def test_training_rows_alone_cannot_be_scored(context):
    with pytest.raises(DataError, match="all 10 rows were trained on"):
        rows.to_score(context, _hashes(LEARNED[:10]), np.arange(3))


def test_a_run_without_a_record_says_so():
    context = Recorder()
    assert rows.to_score(context, _hashes(["a"]), np.array([0])).tolist() == [0]
    assert "no record" in context.lines[0]


def test_rows_of_tables_are_equal_where_all_values_are():
    numbers = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, 2.0], [1.0, np.nan]])
    words = np.array([["a"], ["a"], ["a"], ["b"]], object)
    found = rows.of_table(numbers, words, np.array([0, 0, 0, 0]))
    assert found[0] == found[1]
    assert len(set(found)) == 3
