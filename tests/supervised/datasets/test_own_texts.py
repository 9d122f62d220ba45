"""A user's own texts, from the command line, files and tables."""

import gzip

import pytest

from supervised.datasets import own_texts
from supervised.datasets.own_texts import Text

TABLES = [
    ("a.csv", b"id,text\n1,free prize\n2,see you\n"),
    ("a.csv", b"label;message\nham;free prize\nspam;see you\n"),
    ("a.tsv", b"id\tcomment\n1\tfree prize\n2\tsee you\n"),
    ("a.csv", b"ham,free prize\nspam,see you\n"),
    ("a.csv", b'"free prize"\n"see you"\n'),
    ("a.csv", "id,remark\n1,free prize\n2,see you\n".encode("utf-16")),
    ("a.csv.gz", gzip.compress(b"v1,v2\nham,free prize\nspam,see you\n", mtime=0)),
    ("a.txt", b"\xef\xbb\xbffree prize\r\n\r\nsee you\r\n"),
    ("a.csv", b"free prize\nsee you\n"),
    ("a.log", b"free prize\nsee you\n"),
]


def given(inputs: list[str], column: str | None = None) -> list[str]:
    return [each.words for each in own_texts.given(inputs, column)]


@pytest.mark.parametrize(("name", "contents"), TABLES)
def test_texts_of_a_file(tmp_path, name, contents):
    (tmp_path / name).write_bytes(contents)
    assert given(["zero", str(tmp_path / name)]) == ["zero", "free prize", "see you"]


@pytest.mark.parametrize("column", [None, "text"], ids=["found", "named"])
def test_texts_have_the_numbers_of_their_rows_and_empty_ones_are_counted(tmp_path, column):
    table, lines = tmp_path / "a.csv", tmp_path / "b.txt"
    table.write_text("id,text,end\n1,free prize,x\n2,,x\n3\n4,   ,x\n5,see you\n")
    said: list[str] = []
    found = own_texts.given([str(table), "zero"], column, say=said.append)
    assert found == [
        Text(words="free prize", file=str(table), row=1),
        Text(words="see you", file=str(table), row=5),
        Text(words="zero"),
    ]
    assert said == ["a.csv: 3 of 5 rows have no text: left out"]
    lines.write_text("free prize\n\nsee you\n")
    assert [each.row for each in own_texts.given([str(lines)], say=said.append)] == [1, 3]
    assert said[1:] == ["b.txt: 1 of 3 rows have no text: left out"]


def test_files_of_a_folder_that_are_no_texts_are_counted(tmp_path):
    for name, contents in (("1.txt", b"free\nprize"), ("2.txt", b" "), ("3.bin", b"\0\1")):
        (tmp_path / name).write_bytes(contents)
    said: list[str] = []
    found = own_texts.given([str(tmp_path)], say=said.append)
    assert found == [Text(words="free\nprize", file=str(tmp_path / "1.txt"))]
    assert said == [f"{tmp_path.name}: 2 of 3 files are no texts: left out"]


def test_texts_of_folders_in_a_folder_are_read_as_those_of_a_training_are(tmp_path):
    for name in ("ham/1.txt", "spam/2.txt", "3.txt", ".cache/4.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = own_texts.given([str(tmp_path)])
    assert [text.words for text in found] == ["3.txt", "ham/1.txt", "spam/2.txt"]


def test_lines_with_different_numbers_of_commas_are_texts(tmp_path):
    path = tmp_path / "mails.csv"
    path.write_bytes("free, free\nsee you\ncafé".encode("latin-1"))
    assert given([str(path)]) == ["free, free", "see you", "café"]


def test_the_column_is_named_where_there_are_several(tmp_path, says):
    path = tmp_path / "mails.csv"
    path.write_text('from,subject line,body of it\nA B,free prize,"see\nyou"\nC D,now now,hi hi\n')
    says(
        lambda: given([str(path)]), f"{path}: has the columns from, subject line, body", "--column"
    )
    assert given([str(path)], "body of it") == ["see\nyou", "hi hi"]
    says(lambda: given([str(path)], "mail"), "--column mail: there is no such column; it has from")


def test_names_of_two_words_are_no_text(tmp_path):
    path = tmp_path / "mails.csv"
    for count in (1, 5):
        rows = [f"{i},hi,call {i} or me now" for i in range(count)]
        path.write_text("\n".join(["id,subject line,body text", *rows]))
        assert len(given([str(path)])) == count
    path.write_text("ham,free prize\nspam,see you\nham,not now\nham,or never\n")
    assert len(given([str(path)])) == 4  # labels come again: the first row is none of names


@pytest.mark.parametrize(
    ("name", "contents", "said"),
    [
        ("none.txt", None, "none.txt: cannot be read"),
        ("none.csv", None, "none.csv: cannot be read"),
        ("empty.txt", b"\n", "empty.txt: has no text"),
        ("page.csv", b"<!DOCTYPE html>", "page.csv: is not the data but a web page"),
        ("model.txt", b"\x7fELF\x02\0\0\xff", "model.txt: expected texts or a table of them"),
        ("model.csv", b"\x7fELF\x02\0\0\xff", "model.csv: expected texts or a table of them"),
    ],
)
def test_files_without_texts_are_named(tmp_path, says, name, contents, said):
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    says(lambda: given([str(tmp_path / name)]), said)


def test_a_text_is_no_file_because_of_its_end(says):
    assert given(["open the file mine.txt", "x" * 5_000]) == ["open the file mine.txt", "x" * 5_000]
    says(lambda: given(["  "]), "an input is empty")


def test_an_empty_text_is_not_the_folder_that_the_user_is_in(tmp_path, monkeypatch, says):
    (tmp_path / "a.txt").write_text("free prize")
    monkeypatch.chdir(tmp_path)
    says(lambda: given([""]), "an input is empty")
