"""What the columns of a user's table are, which are left out, and how rows are divided."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from supervised.core import kept
from supervised.datasets import dates
from supervised.datasets.source import DataError
from supervised.own import columns, parts, targets
from tests.supervised.recorder import Recorder

N = 40
FRAME = pd.DataFrame(
    {
        "size": [float(i % 7) for i in range(N)],
        "mostly": [str(i * i) if i != 3 else "abc" for i in range(N)],
        "gaps": [None if i % 2 else 1.5 * (i % 3) for i in range(N)],
        "color": ["red", "green", None, "blue"] * (N // 4),
        "day": [f"{1 + i % 28:02d}.03.2024" for i in range(N)],
        "row": list(range(100, 100 + N)),
        "name": [f"person {i}" for i in range(N)],
        "same": ["x"] * N,
        "nothing": [None] * N,
        "price": [10.0 * i for i in range(N)],
    }
)


def test_columns_are_told_apart():
    found = columns.told(FRAME, {"price"})
    assert found.numbers == ("size", "mostly", "gaps")
    assert found.dates == {"day": "%d.%m.%Y"}
    assert found.words == {"color": ("", "blue", "green", "red")}
    assert found.left_out == {
        "row": "numbers the rows",
        "name": "over half as many different words as fields",
        "same": "the same in all rows",
        "nothing": "empty",
    }
    assert "columns: 3 of numbers, 1 of dates, 1 of words" in found.in_words()


def test_columns_of_older_runs_have_no_forms_of_numbers():
    found = columns.told(FRAME, {"price"})
    older = {name: value for name, value in asdict(found).items() if name != "forms"}
    assert kept.parsed(json.dumps(older).encode(), columns.Columns) == found


def test_values_are_numbers_with_gaps_and_words():
    found = columns.told(FRAME, {"price"})
    numbers, words = found.values(FRAME)
    # 4 March 2024, a Monday, is day 19,786 since 1970
    np.testing.assert_array_equal(numbers[3], [3.0, np.nan, np.nan, 19_786, 3, 0, 0])
    np.testing.assert_array_equal(words[:4, 0], ["red", "green", "", "blue"])
    assert found.sources() == ["size", "mostly", "gaps", "day", "day", "day", "day"]


def test_what_the_training_has_not_seen_is_counted():
    found = columns.told(FRAME, {"price"})
    new = FRAME.head(4).assign(color=["pink", "pink", None, "red"], mostly=["1", "x", None, "y"])
    assert found.remarks(new, "new.csv") == [
        "new.csv: mostly: 2 fields are no number, such as 'x', 'y': taken as missing",
        "new.csv: color: 2 rows have words that are not told apart: 'pink'",
    ]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2024-02-29", "%Y-%m-%d"),
        ("31/12/2024", "%d/%m/%Y"),
        ("12/31/2024", "%m/%d/%Y"),
        ("2024-02-29 13:45", "%Y-%m-%d %H:%M"),
        ("2024-02-29T13:45:10", "%Y-%m-%dT%H:%M:%S"),
        ("Jan-49", "%b-%y"),
        ("A 7", None),
        ("hello", None),
    ],
)
def test_forms_of_dates(text, form):
    assert dates.form_of(pd.Series([text] * 5)) == form


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        (["04.03.2024", "31.03.2024"], [19_786, 19_813]),
        (["2024-03-04", "2024-03-31"], [19_786, 19_813]),
        (["03/04/2024", "03/31/2024"], [19_786, 19_813]),
        (["04/03/2024", "31/03/2024"], [19_786, 19_813]),
        (["2024-03-04T00:00:00", "2024-03-31T00:00:00"], [19_786, 19_813]),
        (["2024-03-04 00:00:00", None], [19_786, np.nan]),
        (["2024-03-04T00:00:00Z", "2024-03-31T00:00:00Z"], [19_786, 19_813]),
        (["03/04/2024", "01/02/2024"], [np.nan, np.nan]),  # of April or of March
    ],
)
def test_dates_of_another_form_are_read_to_the_same_days(fields, days):
    found = columns.Columns(numbers=(), dates={"day": "%d.%m.%Y"}, words={}, left_out={})
    numbers, _ = found.values(pd.DataFrame({"day": fields}))
    np.testing.assert_array_equal(numbers[:, 0], days)


def test_another_form_of_dates_is_said_and_a_column_that_cannot_be_read_is_refused():
    found = columns.told(FRAME, {"price"})
    new = FRAME.head(4).assign(day=["2024-03-13"] * 4)
    line = "new.csv: day: dates are read as %Y-%m-%d, in training %d.%m.%Y"
    assert line in found.remarks(new, "new.csv")
    for fields, says in (({"day": "03/04/2024"}, "'day' is a d"), ({"size": "x"}, "'size' is a n")):
        with pytest.raises(DataError, match=rf"new\.csv: no field of the column {says}"):
            found.remarks(FRAME.head(4).assign(**fields), "new.csv")


def test_a_column_is_named_or_numbered_and_a_wrong_name_suggests():
    names = ["Age", "Fare", "Survived"]
    assert columns.named("Fare", names, "--target") == "Fare"
    assert columns.named("3", names, "--target") == "Survived"
    with pytest.raises(DataError, match=r"--target 'survive ': .* did you mean 'Survived'\?"):
        columns.named("survive ", names, "--target")
    with pytest.raises(DataError, match=r"--target '4': .* there are the columns 'Age', 'F"):
        columns.named("4", names, "--target")


def test_a_table_that_lacks_a_column_is_refused_with_the_nearest():
    found = columns.told(FRAME, {"price"})
    names = [name if name != "color" else "colour" for name in FRAME]
    with pytest.raises(DataError, match=r"lacks the column 'color' .* mean 'colour'\?"):
        found.require(names, "new.csv")


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([1.5, 2.5, 3.0] * 20, "regression", ()),
        ([0, 1, 1] * 20, "classification", ("0", "1")),
        ([2.0, 10.0, None] * 20, "classification", ("2", "10")),
        (list(range(60)), "regression", ()),
        (["b", "a", "c"] * 20, "classification", ("a", "b", "c")),
        ([True, False] * 20, "classification", ("False", "True")),
    ],
)
def test_the_task_is_told_from_the_target(values, task, classes):
    found = targets.told(pd.Series(values, name="y"), "auto")
    assert (found.task, found.classes) == (task, classes)
    assert task in found.in_words


@pytest.mark.parametrize(
    ("values", "task", "says"),
    [
        (["a"] * 9, "auto", "has only 'a': there is nothing to predict"),
        ([3.5] * 9, "auto", "has only '3.5': there is nothing to predict"),
        ([None] * 9, "auto", "has nothing"),
        ([f"n{i}" for i in range(99)], "auto", "99 different values in 99 rows"),
        (["2024-03-04", "2024-03-05"] * 9, "auto", "has dates, .* --task classification"),
        (pd.to_datetime(["2024-03-04", "2024-03-05"]), "regression", "has dates, such as '2024"),
        (["a", "b"] * 9, "regression", "fields that are no numbers, such as 'a'"),
    ],
)
def test_what_cannot_be_a_target_is_refused(values, task, says):
    with pytest.raises(DataError, match=says):
        targets.told(pd.Series(values, name="y"), task)


def test_answers_are_places_of_classes_or_numbers():
    of_class = targets.Target(name="y", task="classification", classes=("2", "10"))
    assert of_class.values(pd.Series([10.0, 2.0, 3.0])).tolist() == [1, 0, -1]
    number = targets.Target(name="y", task="regression")
    np.testing.assert_array_equal(number.values(pd.Series(["1.5", "x"])), [1.5, np.nan])


FRACTIONS = (0.6, 0.2, 0.2)


def test_random_parts_keep_the_proportions_of_classes():
    labels = np.array([0] * 80 + [1] * 20, np.int32)
    frame = pd.DataFrame({"a": range(100)})
    found = parts.divided(frame, labels, FRACTIONS, Recorder())
    assert [len(p) for p in (found.train, found.validation, found.test)] == [60, 20, 20]
    assert [labels[p].sum() for p in (found.train, found.validation, found.test)] == [12, 4, 4]
    assert sorted(np.concatenate([found.train, found.validation, found.test])) == [*range(100)]


def test_no_group_is_on_two_sides():
    frame = pd.DataFrame({"who": [f"p{i % 10}" for i in range(100)]})
    found = parts.divided(frame, None, FRACTIONS, Recorder(), group="who")
    sides = [set(frame["who"].iloc[p]) for p in (found.train, found.validation, found.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 10
    assert [len(side) for side in sides] == [6, 2, 2]
    with pytest.raises(DataError, match="too few of who"):
        parts.divided(frame.head(2), None, FRACTIONS, Recorder(), group="who")


def test_parts_follow_each_other_in_time_and_a_day_is_not_cut():
    days = [f"2024-01-{1 + i // 4:02d}" for i in range(40)]  # four rows a day
    frame = pd.DataFrame({"day": days[::-1]})
    found = parts.divided(frame, None, (0.65, 0.15, 0.2), Recorder(), time="day")
    sides = [frame["day"].iloc[p] for p in (found.train, found.validation, found.test)]
    assert [sorted({day[-2:] for day in side})[:: len(set(side)) - 1 or 1] for side in sides] == [
        ["01", "06"],
        ["07", "08"],
        ["09", "10"],
    ]
    frame.loc[3, "day"] = None
    with pytest.raises(DataError, match="--time day: 1 rows have no date"):
        parts.divided(frame, None, FRACTIONS, Recorder(), time="day")


TWO_FORMS = ["2024-01-01", "02.01.2024"] * 20


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (TWO_FORMS, "dates of two forms, such as '2024-01-01' and '02.01.2024'"),
        (["13/02/2024", "02/13/2024", "01/02/2024"], "such as '13/02/2024' and '02/13/2024'"),
        (["2024-01-01", "2024-01-02 12:00"], "such as '2024-01-01' and '2024-01-02 12:00'"),
        ([*TWO_FORMS, "Mai 3rd"], "dates of two forms"),
        ([*TWO_FORMS, *["Mai 3rd"] * 5], ""),
        (["2024-01-01"] * 40, ""),
        ([*["2024-01-01"] * 40, "02.01.2024"], ""),  # one form has nearly all
        (["red", "green"], ""),
        (["room 1", "room 2"], ""),
    ],
)
def test_dates_of_two_forms_are_told_from_other_fields(fields, says):
    found = dates.two_forms_of(pd.Series(fields))
    assert says in found
    assert bool(found) == bool(says)


def test_a_time_of_two_forms_is_no_missing_one():
    with pytest.raises(DataError) as error:
        parts.times_of(pd.Series(TWO_FORMS, name="when"))
    assert str(error.value) == (
        "--time when: has dates of two forms, such as '2024-01-01' and '02.01.2024': bring them "
        "to one"
    )
    with pytest.raises(DataError, match=r"when: has fields that are neither .* as 'early'$"):
        parts.times_of(pd.Series([*TWO_FORMS[::2], "early"], name="when"))
    with pytest.raises(
        DataError, match=r"1 rows have no date .* there, but such as '02\.01\.2024'$"
    ):
        parts.times_of(pd.Series([*TWO_FORMS[::2] * 2, TWO_FORMS[1]], name="when"))


def test_a_column_of_dates_of_two_forms_is_left_out_for_that():
    days = [f"2024-01-{1 + n:02}" if n % 2 else f"{1 + n:02}.01.2024" for n in range(30)]
    found = columns.told(pd.DataFrame({"day": days, "size": [n % 7 for n in range(30)]}), set())
    assert found.left_out == {"day": "dates of two forms, such as '2024-01-02' and '01.01.2024'"}


def test_without_any_other_column_the_target_is_named():
    frame = pd.DataFrame({"y": [1.0, 2.0], "same": [3, 3]})
    with pytest.raises(DataError, match=r"^no column is left .*; left out: same$"):
        columns.told(frame, {"y"})
    with pytest.raises(DataError) as error:
        columns.told(frame[["y"]], {"y"})
    assert str(error.value) == (
        "no column is left to learn from: there is none beside the column 'y'"
    )
