"""A user's own files: whatever their form, the same table comes out, and the form is said."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from common import optional
from supervised.datasets.source import DataError
from supervised.own import files, layout

PLAIN = "name,size,price\nÄpfel,1.5,10\nBirnen,2.25,20\nÖl,3,30\n"
POINTS = {"name": ["Äpfel", "Birnen", "Öl"], "size": [1.5, 2.25, 3.0], "price": [10, 20, 30]}


def _file(tmp_path: Path, contents: bytes, name: str = "own.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(contents)
    return path


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (PLAIN.encode(), "UTF-8, separated by commas, names in the first line"),
        (PLAIN.encode("utf-8-sig"), "UTF-8, separated by commas"),
        (PLAIN.encode("latin-1"), "Windows-1252, as Latin-1, separated by commas"),
        (PLAIN.encode("utf-16"), "UTF-16, separated by commas"),
        (PLAIN.encode("utf-16-le"), "UTF-16-LE, separated by commas"),
        (PLAIN.replace(",", ";").encode(), "separated by semicolons"),
        (PLAIN.replace(".", ",,").replace(",", ";").replace(";;", ",").encode(), "semicolons"),
        (PLAIN.replace(",", "\t").encode(), "separated by tabs"),
        (PLAIN.replace(",", "|").encode(), "separated by bars"),
        (PLAIN.replace("\n", "\r\n").encode(), "separated by commas"),
        (PLAIN.replace(",", ", ").encode(), "separated by commas"),
        (PLAIN.replace("\n", "\n\n").encode(), "separated by commas"),
        (gzip.compress(PLAIN.encode(), mtime=0), "separated by commas"),
        (bz2.compress(PLAIN.encode()), "separated by commas"),
        (lzma.compress(PLAIN.encode()), "separated by commas"),
    ],
)
def test_every_form_gives_the_same_table(tmp_path, contents, says):
    found = files.opened(_file(tmp_path, contents))
    assert says in found.words
    frame = found.frame()
    assert frame.to_dict("list") == POINTS
    assert found.names == ("name", "size", "price")
    assert found.kind == "real"


_NOTED = "".join(f"{n},one; two,{n % 2}\n" for n in range(40))  # a semicolon in each row's text


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        (f"price,note,kind\n{_NOTED}", ","),
        (f"Sales of May\nprice,note,kind\n{_NOTED}", ","),
        (f"Sales; May\nprice,note,kind\n{_NOTED}", ","),
        (f"1,none,0\n{_NOTED}", ","),
        ("1,5;2,5\n" * 3, ";"),
        ("a;b\n" + "1,5;2,5\n" * 3, ";"),
        ("Prices, in EUR, net\na;b\n" + "1,5;2,5\n" * 3, ";"),
        ("a;b\n" + "1;Smith, John\n" * 40, ";"),
        ("a|b\n" + "1,5;2,5|3\n" * 40, "|"),
        ("one\ntwo\n", ","),
    ],
)
def test_the_separator_is_the_one_that_most_lines_agree_on(text, separator):
    assert layout.told(text, "auto").separator == separator


def test_a_zip_of_one_file_is_unpacked_and_of_two_refused(tmp_path):
    path = tmp_path / "own.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/own.csv", PLAIN)
    assert files.opened(path).frame().to_dict("list") == POINTS
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("data/other.csv", PLAIN)
    with pytest.raises(DataError, match=r"holds 2 files \(data/own.csv, data/other.csv\)"):
        files.opened(path)


@pytest.mark.parametrize(
    ("text", "header", "names"),
    [
        ("1,a\n2,b\n", "auto", ("column_1", "column_2")),
        ("a,b\nc,d\na,e\n", "auto", ("column_1", "column_2")),  # a comes again in its column
        ("a,b\nc,d\n", "auto", ("a", "b")),
        ("2019,2020\n1,2\n", "auto", ("column_1", "column_2")),
        ("2019,2020\n1,2\n", "yes", ("2019", "2020")),
        ("a,b\n1,2\n", "no", ("column_1", "column_2")),
        (",b,b\n0,1,2\n1,1,2\n", "auto", ("column_1", "b", "b_3")),
        ("b_3,b,b\n0,1,2\n", "yes", ("b_3", "b", "b_3_3")),
    ],
)
def test_names_are_told_from_the_first_line(tmp_path, text, header, names):
    assert files.opened(_file(tmp_path, text.encode()), header).names == names


@pytest.mark.parametrize("header", ["auto", "yes"])
def test_a_name_that_comes_again_is_told_and_what_its_column_is_called(tmp_path, header):
    file = files.opened(_file(tmp_path, b"a,b ,,b\n0,1,2,3\n1,1,2,3\n"), header)
    assert file.words.endswith(
        "names in the first line, of which 'b' comes again: column 4 is called 'b_4'"
    )
    assert file.frame()["b_4"].tolist() == [3, 3]


def test_line_breaks_in_quotes_are_part_of_a_field(tmp_path):
    path = _file(tmp_path, b'text,size\n"two\nlines, one comma",1\nplain,2\n')
    frame = files.opened(path).frame()
    assert frame["text"].tolist() == ["two\nlines, one comma", "plain"]
    assert frame["size"].tolist() == [1, 2]


def test_grouped_digits_and_missing_fields_are_read(tmp_path):
    path = _file(tmp_path, b"a;b\n1.234,5;x\n?;NA\n2,5;\n")
    frame = files.opened(path).frame()
    assert frame["a"].isna().tolist() == [False, True, False]
    assert frame["a"].dropna().tolist() == [1234.5, 2.5]
    assert frame["b"].isna().tolist() == [False, True, True]


def test_columns_may_be_read_as_text_whatever_they_look_like(tmp_path):
    frame = files.opened(_file(tmp_path, b"code,n\n01,1\n002,2\n")).frame(words=["code"])
    assert frame["code"].tolist() == ["01", "002"]


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"", "is empty"),
        (b"a,b\n", "has no rows below its names"),
        (b"<!doctype html><html></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a pointer of Git LFS"),
        (b"\xd0\xcf\x11\xe0rest", "an Excel file"),
        (b'{"text": "good", "label": 1}\n', "JSON: write it as CSV"),
        (b'[{"text": "good", "label": 1}]', "JSON: write it as CSV"),
        (bytes(range(256)) * 20, "found other bytes"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-9], "is packed, and broken or cut off"),
        (b"a,b\n1,2\n" + b"3,4\n" * 300 + b"1,2,3\n", "not a table that can be read"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, contents, says):
    with pytest.raises(DataError, match=says):
        files.opened(_file(tmp_path, contents), "yes").frame()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: cannot be read"):
        files.opened(tmp_path / "nowhere.csv")


def test_parquet_needs_its_package(tmp_path, monkeypatch):
    path = _file(tmp_path, b"PAR1rest", "own.parquet")
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.setattr(optional, "is_missing", lambda module: module == "pyarrow")
    with pytest.raises(DataError, match=r'pip install "actorlab\[parquet\]"'):
        files.opened(path)


def test_parquet_is_read(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "own.parquet"
    pd.DataFrame(POINTS).to_parquet(path)
    found = files.opened(path)
    assert found.words == "Parquet"
    assert found.frame().to_dict("list") == POINTS
