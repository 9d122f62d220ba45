"""What `predict` prints of many rows, and how it reads a stream."""

import pandas as pd
import pytest

from common.errors import UsageError
from launch.cli import main
from launch.commands import predict
from launch.jobs.supervised.streams import batches
from tests.launch.made_runs import made


def test_a_stream_comes_in_batches_below_its_names():
    lines = [b"a,b\n", b"1,2\n", b"\n", b'3,"x\n', b'y"\n', b"5,6"]
    assert list(batches(lines, has_names=True, size=2)) == [
        b'a,b\n1,2\n3,"x\ny"\n',
        b"a,b\n5,6\n",
    ]
    assert list(batches(lines, has_names=False, size=10)) == [b'a,b\n1,2\n3,"x\ny"\n5,6\n']
    assert list(batches([b"a,b\n"], has_names=True)) == []


def _tables(*sizes: int) -> list[pd.DataFrame]:
    return [pd.DataFrame({"row": range(size), "p_no": [6.1e-11] * size}) for size in sizes]


def test_of_many_rows_the_first_are_printed_and_a_count(capsys, tmp_path):
    out = tmp_path / "out.csv"
    predict._print(*predict._written(_tables(60_000, 40_000), out), out)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 10 + 2
    assert lines[1].split() == ["0", "<0.001"]
    assert lines[-2:] == ["... and 99,990 more rows", f"written to {out}"]
    assert len(pd.read_csv(out)) == 100_000
    predict._print(*predict._written(_tables(21), None))
    assert capsys.readouterr().out.endswith("11 more rows; --out FILE.csv writes them all\n")


def test_few_rows_are_all_printed(capsys):
    predict._print(*predict._written(_tables(20), None))
    assert len(capsys.readouterr().out.splitlines()) == 21


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0.000"), (1e-9, "<0.001"), (0.25, "0.250"), (1.0, "1.000")]
)
def test_a_probability_is_readable(value, shown):
    assert predict._chance(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see  you\n tonight", "see you tonight"),
        ("x" * 50, "x" * 50),
        ("x" * 51, "x" * 46 + " ..."),
        ("迷惑" * 40, "迷惑" * 23 + " ..."),
    ],
    ids=["lines", "whole", "long", "no_gaps"],
)
def test_of_a_long_text_the_beginning_is_printed_and_all_of_it_is_written(
    capsys, tmp_path, text, shown
):
    out = tmp_path / "out.csv"
    table = pd.DataFrame({"text": [text], "answer": ["ham"]})
    predict._print(*predict._written([table], out), out)
    assert capsys.readouterr().out.splitlines()[1].strip() == f"{shown}    ham"
    assert pd.read_csv(out)["text"].tolist() == [text]


def test_texts_and_chances_leave_room_for_each_other(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = pd.DataFrame(
        {"file": ["mails/later.csv"], "text": ["so " * 40], "answer": ["ham"], "p_ham": [0.9]}
    )
    predict._print(table, 1)
    shown = capsys.readouterr().out.splitlines()
    assert 75 < max(map(len, shown)) <= 80
    assert "so so s ..." in shown[1]
    wide = table.assign(**{f"p_a_very_long_name_{n}": 0.1 for n in range(2)})
    predict._print(wide, 1)
    names = capsys.readouterr().out.splitlines()[0].split()
    assert names == ["file", "text", "answer"]


def test_a_stream_without_rows_and_one_beside_files_are_refused(capsys):
    with pytest.raises(UsageError, match="no rows to predict"):
        predict._written([], None)
    assert main(["predict", "run", "-", "a.csv"]) == 2
    assert "is the only input" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused_before_the_model_is_read(capsys, tmp_path):
    numbers = made(tmp_path / "numbers", "mlp_mnist_relu")
    texts = made(tmp_path / "texts", "rnn_spam")
    for run, name in (
        (numbers, str(tmp_path / "absent.CSV")),
        (numbers, "absent.png"),
        (numbers, f"{'a' * 300}.jpg"),
        (texts, "absent.csv"),
    ):
        assert main(["predict", str(run), name]) == 2
        assert capsys.readouterr().err == f"error: {name}: no such file\n"
    predict._refuse_absent(texts, ["https://example.com/cat.csv", "you won.csv", "package.json"])
    predict._refuse_absent(texts, ["cat.jpg"])  # a model of texts takes it for one
