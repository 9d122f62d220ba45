"""The formats of the recurrent networks' data sets, and what is said of files that have others."""

import numpy as np
import pytest

from supervised.datasets import airline, har, imdb, umich
from supervised.datasets.source import DataError, Source


def lines(values: np.ndarray) -> bytes:
    return "\n".join("  ".join(f"{v: .7e}" for v in row) for row in np.atleast_2d(values)).encode()


@pytest.fixture
def signals(tmp_path):
    """A folder as the archive of har has it, of 18 and 12 windows."""
    data = har.synthetic(np.random.default_rng(0), windows=6, train=3, test=2)
    root = tmp_path / "har" / "UCI HAR Dataset"
    for name, part in (("train", data.train), ("test", data.test)):
        inertial = root / name / "Inertial Signals"
        inertial.mkdir(parents=True)
        for number, signal in enumerate(har.SIGNALS):
            (inertial / f"{signal}_{name}.txt").write_bytes(lines(part.signals[:, :, number]))
        (root / name / f"y_{name}.txt").write_text("\n".join(str(v + 1) for v in part.labels))
        (root / name / f"subject_{name}.txt").write_text("\n".join(map(str, part.volunteers)))
    return data, root


def test_windows_of_motion_are_read_back(signals, tmp_path):
    data, _ = signals
    found = har.load(Source(data_dir=tmp_path))
    assert found.kind == "sample"
    for mine, read in ((data.train, found.train), (data.test, found.test)):
        np.testing.assert_allclose(read.signals, mine.signals, rtol=1e-6)
        assert read.labels.tolist() == mine.labels.tolist()
        assert read.volunteers.tolist() == mine.volunteers.tolist()


@pytest.mark.parametrize(
    ("name", "contents", "said"),
    [
        ("y_train.txt", b"1\n7", "y_train.txt: expected numbers from 1 to 6"),
        ("y_train.txt", b"1\n2", "the files of train have different numbers of lines"),
        ("subject_train.txt", b"1 two", "subject_train.txt: expected"),
        ("Inertial Signals/body_acc_x_train.txt", b"1 2 3", "expected finite numbers, 128 a line"),
        ("Inertial Signals/body_acc_x_train.txt", b"nan " * 128, "expected finite numbers"),
        (
            "Inertial Signals/body_acc_x_train.txt",
            None,
            "1 of 22 files are missing: body_acc_x_train.txt",
        ),
    ],
)
def test_wrong_files_of_motion_are_named(signals, tmp_path, name, contents, said):
    path = signals[1] / "train" / name
    path.unlink() if contents is None else path.write_bytes(contents)
    with pytest.raises(DataError, match=said):
        har.load(Source(data_dir=tmp_path))


@pytest.fixture
def reviews(tmp_path):
    root = tmp_path / "imdb" / "aclImdb"
    for part in ("train", "test"):
        for kind in ("neg", "pos"):
            (root / part / kind).mkdir(parents=True)
            for number in range(50):
                text = f" {part} {kind} {number}<br />"
                (root / part / kind / f"{number}_7.txt").write_text(text)
    (root / "train" / "neg" / "50_1.txt").write_text("  ")
    (root / "train" / "urls_neg.txt").write_text("".join(f"http://{i // 2}\n" for i in range(51)))
    return root


def test_reviews_are_read_in_the_order_of_their_numbers(reviews, tmp_path):
    found = imdb.load(Source(data_dir=tmp_path))
    assert found.kind == "sample"
    assert found.note == "1 empty reviews were left out"
    assert found.train_texts[[0, 2, 50]].tolist() == [
        *("train neg 0<br />", "train neg 2<br />", "train pos 0<br />")
    ]
    assert found.test_labels.tolist() == [0] * 50 + [1] * 50
    films = found.train_films
    assert films[0] == films[1] != films[2] == films[3]
    assert len(set(films[50:])) == 50  # of these nobody knows the films


def test_wrong_reviews_are_named(reviews, tmp_path):
    (reviews / "test" / "pos" / "3_7.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match=r"test/pos/3_7\.txt: is not UTF-8"):
        imdb.load(Source(data_dir=tmp_path))
    (reviews / "test" / "pos" / "3_7.txt").unlink()
    with pytest.raises(DataError, match=r"49 reviews test/pos/NUMBER_STARS\.txt, expected 12,500"):
        imdb.load(Source(data_dir=tmp_path))


def test_sentences_are_read_and_one_kind_alone_is_no_set(tmp_path):
    (tmp_path / "umich").mkdir()
    path = tmp_path / "umich" / "training.txt"
    path.write_text("1\tgood\n0\tbad\n" * 60 + "1\t\n")
    found = umich.load(Source(data_dir=tmp_path))
    assert (found.kind, len(found.texts), found.labels.sum()) == ("sample", 120, 60)
    assert found.note == "120 texts, where 7,086 are published; 1 without a text were left out"
    path.write_text("1\tgood\n" * 120)
    with pytest.raises(DataError, match="has 120 texts, 120 of them 1"):
        umich.load(Source(data_dir=tmp_path))


def series(tmp_path, text: str):
    (tmp_path / "airline").mkdir(exist_ok=True)
    (tmp_path / "airline" / "international-airline-passengers.csv").write_text(text)
    return lambda: airline.load(Source(data_dir=tmp_path))


def rows(count: int) -> list[str]:
    return [f'"{1949 + i // 12}-{i % 12 + 1:02d}",{100 + i}' for i in range(count)]


def test_a_series_has_a_header_and_a_footer(tmp_path):
    footer = "\nInternational airline passengers: monthly totals in thousands\n"
    load = series(tmp_path, "\n".join(['"month","passengers"', *rows(60)]) + footer)
    found = load()
    assert (found.kind, len(found.values)) == ("sample", 60)
    assert found.months[[0, -1]].astype(str).tolist() == ["1949-01", "1953-12"]
    assert found.values[[0, -1]].tolist() == [100, 159]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n".join(rows(10)), "has 10 months, expected 60"),
        ("\n".join([*rows(60)[:20], *rows(60)[21:]]), "1950-08 is followed by 1950-10"),
        ("1949-01,many", "line 1 is '1949-01,many'"),
        ("1949-01,-3", "line 1: -3 is not a positive number"),
        ("1949-01", "expected a month, a number"),
        ("hello", "has no line such as 1949-01,112"),
    ],
)
def test_a_wrong_series_is_named(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        series(tmp_path, text)()
