"""What is told of a network's scores, whatever the data: intervals, and what is simpler."""

import numpy as np
import pytest

from supervised.core.job import Result
from tests.supervised.recorder import Recorder

CHANCES = np.eye(2)
LABELS, SEEN = [0, 0, 1, 1], [1, 1, 0]
BESIDE = {"one": ("one", CHANCES[[0, 1, 1, 1]]), "other": ("other", CHANCES[[0, 1, 1, 0]])}


def _result(said, beside, answers, seen, context, *, numbers=False, groups=None) -> Result:
    from supervised.own import figures  # TensorFlow
    from supervised.own.parts import Parts
    from supervised.own.targets import Target
    from supervised.own.tested import Answered, Divided

    classes = () if numbers else ("a", "b")
    task = "regression" if numbers else "classification"
    every, test = np.array([*seen, *answers]), np.arange(len(seen), len(seen) + len(answers))
    nothing = np.empty(0, np.int64)
    tested = Divided(
        target=Target(name="y", task=task, classes=classes),
        every=Answered(answers=every),
        parts=Parts(train=np.arange(len(seen)), validation=nothing, test=test, words=""),
        test=Answered(answers=every[test]),
        groups=groups,
    )
    metric = "r2" if numbers else "accuracy"
    return figures.result(tested, said, beside, metric, {}, ["noted"], context, "lenet")


@pytest.mark.parametrize(
    ("said", "simpler"),
    [
        ([0, 0, 1, 1], None),
        ([0, 0, 1, 0], "one"),
        ([1, 1, 1, 1], "one, other, the commonest class"),
    ],
)
def test_what_is_simpler_and_no_worse_is_named(said, simpler):
    result = _result(CHANCES[said], BESIDE, LABELS, SEEN, Recorder())
    note = f"lenet is no better than {simpler}: use what is simpler"
    assert [*result.notes] == ["noted", *([note] * bool(simpler))]


def test_of_numbers_the_mean_is_simpler():
    numbers, beside = np.arange(4.0), {"ridge": ("ridge", np.array([[0.0], [1], [2], [3]]))}
    result = _result(np.full((4, 1), 9.0), beside, numbers, [0.0, 3], Recorder(), numbers=True)
    assert result.notes[1] == "lenet is no better than ridge, the mean: use what is simpler"
    assert result.baseline == 0


@pytest.mark.parametrize("numbers", [[2.0], [2.0, 2.0]], ids=["a row", "one value"])
def test_of_one_number_no_r2_is_told(numbers):
    context, said = Recorder(), np.full((len(numbers), 1), 3.0)
    result = _result(said, {"ridge": ("ridge", said)}, numbers, [0, 3], context, numbers=True)
    assert result.notes == ["noted", "no R² is told: the rows have only one value of y"]
    assert (result.baseline, context.lines) == (None, [])
    assert result.metrics["rmse"] == result.metrics["ridge_mae"] == 1
    assert not [name for name in result.metrics if "r2" in name]
    assert "r2" not in result.sampling_errors


def test_an_accuracy_has_wilsons_interval_and_a_width_where_all_rows_are_right():
    context = Recorder()
    labels = [0, 1] * 10
    _result(CHANCES[labels], {}, labels, SEEN, context)
    # 20 / (20 + z²), z² = 3.8415; half of 20 is right by the commonest class
    assert context.lines == [
        "in brackets: Wilson's 95 % intervals of accuracies",
        "accuracy 1.0000 [0.8389, 1.0000]  lenet",
        "accuracy 0.5000 [0.2993, 0.7007]  the commonest class",
    ]
    figures = context.tables["figures"].set_index("model")
    assert figures.loc["lenet", "low_95"] == pytest.approx(0.8389, abs=1e-4)
    assert figures.loc["lenet", "high_95"] == pytest.approx(1.0)


def test_where_all_rows_of_groups_are_right_each_group_counts_once():
    context = Recorder()
    labels = [0, 1] * 10
    _result(CHANCES[labels], {}, labels, SEEN, context, groups=np.arange(20) // 5)
    # 4 / (4 + z²); the commonest class is right in 2 or 3 of 5 rows: sqrt(4 / 3 · 4 · 0.25) / 20
    assert context.lines == [
        "in brackets: Wilson's 95 % intervals of accuracies",
        "accuracy 1.0000 [0.5101, 1.0000]  lenet",
        "accuracy 0.5000 ± 0.0577  the commonest class",
    ]


def test_a_number_has_a_standard_error():
    context, numbers = Recorder(), np.arange(4.0)
    _result(numbers[:, None], {}, numbers, [0.0, 3], context, numbers=True)
    assert context.lines[0] == "r2 1.0000 ± 0.0000  lenet"
    assert "low_95" not in context.tables["figures"]
