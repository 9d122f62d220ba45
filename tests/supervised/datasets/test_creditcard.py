"""Card payments, in files as they are published."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from supervised.datasets import creditcard
from supervised.datasets.source import Source

HEADER = ",".join(f'"{name}"' for name in (*creditcard.COLUMNS, "Class")) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "creditcard").mkdir()
    return tmp_path / "creditcard"


def source(folder: Path) -> Source:
    return Source(data_dir=folder.parent, cache=folder / "cache")


def payments(count: int, frauds: int, first: str = "1.5") -> str:
    """Rows as Kaggle writes them: the class in quotes."""
    numbers = ",".join([first] + ["0.25"] * 28 + ["9.99"])
    return HEADER + f'{numbers},"1"\n' * frauds + f'{numbers},"0"\n' * (count - frauds)


def test_the_published_file(folder, says):
    path = folder / "creditcard.csv"
    path.write_text(payments(284_807, 492))
    loaded = creditcard.load(source(folder))
    assert (loaded.name, loaded.kind) == ("creditcard", "real")
    assert loaded.frame.shape == (284_807, 30)
    assert (loaded.target.dtype, loaded.target.sum()) == (np.int32, 492)
    assert loaded.frame.iloc[-1][["Time", "V28", "Amount"]].tolist() == [1.5, 0.25, 9.99]


def test_the_subset_is_a_sample(folder, says):
    path = folder / "creditcard_subset.csv.gz"
    path.write_bytes(gzip.compress(payments(2_973, 492).encode(), mtime=0))
    found = creditcard.load(source(folder))
    assert found.kind == "sample"
    assert found.note == (
        "2,973 rows, 492 of them with Class 1, where 284,807 with 492 are published"
    )
    path.write_bytes(gzip.compress(payments(2_973, 493).encode(), mtime=0))
    says(
        lambda: creditcard.load(source(folder)),
        f"{path}: has 2,973 rows, 493 of them with Class 1, which is no part of the 284,807",
    )


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (payments(10, 1), "has 10 rows, 1 of them with Class 1; expected 100 or more, of both"),
        (payments(10, 1, "-1"), "Time is '-1', expected a number from 0 to 1e+06"),
        (payments(10, 1, ""), "Time is '', expected a number"),
        (payments(10, 1).replace('"0"', '"2"'), "Class is '2', expected one of 0, 1"),
        (payments(10, 1).replace('"V28",', ""), "found rows with more"),
        (payments(10, 1).replace("V28", "V29"), "its header lacks V28 and has besides V29"),
    ],
)
def test_files_that_are_not_it(folder, says, contents, words):
    path = folder / "creditcard.csv"
    path.write_text(contents)
    says(lambda: creditcard.load(source(folder)), f"{path}: ", words)


def test_rows_of_a_user(folder, says):
    """Class, time and amount may be there or not."""
    path = folder / "mine.csv"
    path.write_text(payments(3, 1))
    whole = creditcard.read_rows(path)
    assert list(whole) == list(creditcard.COMPONENTS)
    whole[whole.columns[::-1]].to_csv(path, index=False)
    assert creditcard.read_rows(path).equals(whole)
    whole.drop(columns="V7").to_csv(path, index=False)
    says(lambda: creditcard.read_rows(path), f"{path}: ", "its header lacks V7")
