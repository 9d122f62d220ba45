"""How numbers are written is told from whole columns, and kept for later files."""

import pandas as pd
import pytest

from supervised.own import files, numbers


def _read(tmp_path, text, forms=None, name="own.csv"):
    path = tmp_path / name
    path.write_text(text)
    return files.opened(path).read(forms=forms)


@pytest.mark.parametrize(
    ("fields", "form", "certain", "values"),
    [
        (["1,5", "2", "1.234,5"], "comma", True, [1.5, 2, 1234.5]),
        (["1.234.567", "1"], "comma", True, [1234567, 1]),
        (["0,125", "1,250"], "comma", True, [0.125, 1.25]),  # no thousand begins with 0
        (["950", "1,234", "25,563"], "grouped", False, [950, 1234, 25563]),
        (["1,234.5", "7"], "grouped", True, [1234.5, 7]),
        (["1,234,567"], "grouped", True, [1234567]),
        (["-1,5", "+2,25", None], "comma", True, [-1.5, 2.25, None]),
    ],
)
def test_a_column_tells_how_it_is_written(fields, form, certain, values):
    column = pd.Series(fields, dtype="str")
    found = numbers.told(column)
    assert found == numbers.Told(form=form, is_certain=certain)
    read = numbers.converted(column, form)
    pd.testing.assert_series_equal(read, pd.Series(values), check_dtype=False)


@pytest.mark.parametrize(
    "fields", [["1.5", "2"], ["a, b", "c"], ["20.11.2022", "1.12.2022"], ["10.0.0.1", "10.0.0.12"]]
)
def test_what_is_no_such_number_stays_as_it_is(fields):
    assert numbers.told(pd.Series(fields, dtype="str")) is None


def test_a_field_that_is_no_number_stays_among_numbers():
    column = pd.Series(["1,5", "unknown", "2.000,5"], dtype="str")
    assert numbers.converted(column, "comma").tolist() == ["1.5", "unknown", "2000.5"]


def test_each_column_is_told_for_itself_and_from_all_rows(tmp_path):
    early = "".join(f"{i},5;{i};20.11.20{10 + i % 10};a\n" for i in range(300))
    late = "1.500,25;1.499;01.02.2023;b\n2,75;1.234;02.02.2023;a\n"
    frame, forms = _read(tmp_path, f"price;count;day;kind\n{early}{late}")
    assert forms == {"price": "comma", "count": "comma"}
    assert frame["count"].iloc[-3:].tolist() == [299, 1499, 1234]
    assert frame["price"].iloc[-2:].tolist() == [1500.25, 2.75]
    assert frame["day"].iloc[-1] == "02.02.2023"
    frame, forms = _read(tmp_path, "price;count\n1,5;1.499\n2,5;2.500\n")
    assert forms == {"price": "comma", "count": "comma"}
    assert frame["count"].tolist() == [1499, 2500]


def test_three_digits_behind_commas_are_thousands_unless_another_column_has_decimals(tmp_path):
    frame, forms = _read(tmp_path, "area\tprice\n950\t1,234\n1,100\t25,563\n")
    assert forms == {"area": "grouped", "price": "grouped"}
    assert frame["price"].tolist() == [1234, 25563]
    frame, forms = _read(tmp_path, "area\tprice\n9,5\t1,234\n1,25\t25,563\n")
    assert forms == {"area": "comma", "price": "comma"}
    assert frame["price"].tolist() == [1.234, 25.563]
    assert numbers.in_words(forms) == ["numbers with decimal commas: area, price"]


def test_a_later_file_is_read_as_the_training_was(tmp_path):
    frame, _ = _read(tmp_path, "price;other\n1.234;1.5\n2.500;2.5\n", {"price": "comma"})
    assert frame["price"].tolist() == [1234, 2500]
    assert frame["other"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("gap", ["", "x"])
def test_true_and_false_are_words_as_they_are_written(tmp_path, gap):
    text = f"member,kind\ntrue,TRUE\nfalse,FALSE\n{gap},TRUE\n"
    frame, _ = _read(tmp_path, text)
    assert frame["member"].tolist()[:2] == ["true", "false"]
    assert frame["kind"].tolist() == ["TRUE", "FALSE", "TRUE"]
    later = files.opened(tmp_path / "own.csv").frame(["member", "kind"])
    pd.testing.assert_frame_equal(frame, later)


@pytest.mark.parametrize(
    ("text", "names", "above"),
    [
        (",,\na,b,kind\n1,2,x\n3,4,y\n", ("a", "b", "kind"), 1),
        ("sep=;\na;b\n1,5;2\n3;4\n", ("a", "b"), 1),
        ("Sales of 2024\n\na;b;kind\n1;2;x\n3;4;y\n", ("a", "b", "kind"), 2),
        ("Sales,,\na,b,kind\n1,2,x\n3,4,y\n", ("a", "b", "kind"), 1),
        ('"Sales\nof us",,\na,b,kind\n1,2,x\n3,4,y\n', ("a", "b", "kind"), 1),
        ("a,b,kind\n1,2,x\n3,4,y\n", ("a", "b", "kind"), 0),
    ],
)
def test_lines_above_the_names_are_left_out(tmp_path, text, names, above):
    path = tmp_path / "own.csv"
    path.write_text(text)
    file = files.opened(path)
    assert file.names == names
    assert file.layout is not None
    assert file.layout.above == above
    assert len(file.frame()) == 2
    assert file.frame()["b"].tolist() == [2, 4]
    assert ("lines above that are left out" in file.words) == (above > 0)


def test_a_header_that_is_one_name_short_names_the_columns_behind_the_first(tmp_path):
    frame, _ = _read(tmp_path, "age,income,bought\n1,21,1000,0\n2,35,2000,1\n")
    assert list(frame) == ["column_1", "age", "income", "bought"]
    assert frame["age"].tolist() == [21, 35]
    frame, _ = _read(tmp_path, "age,income\n21,1000,\n35,2000,\n")  # lines end with a comma
    assert frame["age"].tolist() == [21, 35]


def test_empty_lines_of_one_column_are_missing_fields(tmp_path):
    frame, _ = _read(tmp_path, "value\n1\n\n3\n\n\n")
    assert frame["value"].isna().tolist() == [False, True, False]
