import gzip

import numpy as np
import pytest

from supervised.datasets import tables
from supervised.datasets.tables import Category, Number

COLUMNS = {
    "size": Number(low=0, high=10),
    "colour": Category(values=("red", "blue")),
    "note": Category(),
    "gap": Number(low=0, high=10, gaps=True),
}
HEADER = b"size,colour,note,gap\n"


def read(path, contents: bytes, **options):
    path.write_bytes(contents)
    return tables.read(path, COLUMNS, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.csv"


@pytest.mark.parametrize(
    "contents",
    [
        HEADER + b"1,red,NA,2\n2.5,blue,x,NA\n",
        b"\xef\xbb\xbf" + HEADER + b"1, red, NA, 2\r\n2.5, blue, x,\r\n",
        b'"gap";"note";"colour";"size"\n2;"NA";"red";1\n;"x";"blue";2.5\n',
        gzip.compress(HEADER + b"1,red,NA,2\n2.5,blue,x,NA", mtime=0),
    ],
)
def test_spellings_of_one_table(path, contents):
    frame = read(path, contents)
    assert list(frame) == list(COLUMNS)
    assert frame["size"].tolist() == [1.0, 2.5]
    assert frame["colour"].tolist() == ["red", "blue"]
    assert frame["note"].tolist() == ["NA", "x"]
    assert frame["gap"].iloc[0] == 2
    assert np.isnan(frame["gap"].iloc[1])
    assert [str(kind) for kind in frame.dtypes] == ["float64", "str", "str", "float64"]


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (
            HEADER + b"1,red,x,1\nbig,red,x,1\n",
            "data row 2: size is 'big', expected a number from 0",
        ),
        (
            HEADER + b"11,red,x,1\n12,red,x,1\n",
            "size is '11', expected a number from 0 to 10 (and 1",
        ),
        (HEADER + b"nan,red,x,1\n", "size is 'nan', expected a number"),
        (HEADER + b"inf,red,x,1\n", "size is 'inf', expected a number"),
        (HEADER + b",red,x,1\n", "size is '', expected a number"),
        (HEADER + b"1,green,x,1\n", "colour is 'green', expected one of red, blue"),
        (HEADER + b"1,red,,1\n", "note is '', expected a word"),
        (HEADER + b"1,red,x,ten\n", "gap is 'ten', expected a number"),
        (HEADER + b"1,red\n", "data row 1: note is ''"),
        (HEADER + b"1,red,x,1\n1,red,x,1,5\n", "Expected 4 fields in line 3, saw 5"),
        (HEADER + b"1,red,x,1,5\n1,red,x,1,5\n", "found rows with more"),
        (HEADER, "expected rows under the header, found none"),
        (b"", "expected a CSV file (No columns"),
        (b"\n <!DOCTYPE html><p>log in</p>", "is not the data but a web page (HTML)"),
        (
            b"size,colour,gap\n1,red,1\n",
            "the 4 columns size, colour, note, gap; its header lacks note",
        ),
        (b"size,colour,gap,a,b\n1,red,1,1,1\n", "its header lacks note and has besides a, b"),
    ],
)
def test_what_is_wrong_is_named(path, contents, words, says):
    says(lambda: read(path, contents), f"{path}: ", words)


def test_optional_columns_are_left_out(path):
    assert list(read(path, b"y,size,colour,note,gap\n?,1,red,x,1\n", optional=("y",))) == list(
        COLUMNS
    )


def test_files_that_cannot_be_read(tmp_path, says):
    says(lambda: tables.read(tmp_path / "no.csv", COLUMNS), "no.csv: cannot be read (No such file")
    says(lambda: tables.read(tmp_path, COLUMNS), f"{tmp_path}: cannot be read (Is a directory)")


def test_a_row_may_be_a_text(says):
    assert tables.row("1, red,x,2", COLUMNS).to_dict("records") == [
        {"size": 1.0, "colour": "red", "note": "x", "gap": 2.0}
    ]
    for unknown in ("", "NA", "nan"):
        assert np.isnan(tables.row(f"1,red,x,{unknown}", COLUMNS)["gap"].iloc[0])
    says(lambda: tables.row("11,red,x,2", COLUMNS), "size is '11', expected a number from 0 to 10")
    with pytest.raises(ValueError, match="shorter"):
        tables.row("1,red,x", COLUMNS)
