"""Published sets in the forms in which people have them: small made-up files, and what is read."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from supervised.datasets import (
    airline,
    bank,
    cats_dogs,
    creditcard,
    faces,
    har,
    imdb,
    mnist,
    movielens,
    rating_store,
    sms,
    titanic,
)
from supervised.datasets.source import Source
from tests.supervised.recorder import Recorder


def put(path: Path, contents: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())


def zipped(**files: str | bytes) -> bytes:
    """A zip; `__` stands for a slash in a name, `_dot_` for a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__MACOSX/._rubbish", "x")
        for name, contents in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), contents)
    return packed.getvalue()


def load(module, root: Path, load: str = "load"):
    return getattr(module, load)(Source(data_dir=root, cache=root / "cache"))


# Digits: the n-th has its label in its first pixel.
_LABELS = np.repeat(np.arange(10, dtype=np.uint8), 12)
_DIGITS = np.zeros((120, 28, 28), np.uint8)
_DIGITS[:, 0, 0] = 20 * _LABELS


def idx(values: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.tobytes()
    )


def raw(root: Path, folder: str, spell: Callable[[str], str] = str) -> None:
    for part in ("train", "t10k"):
        put(root / folder / spell(f"{part}-images-idx3-ubyte"), idx(_DIGITS))
        put(root / folder / spell(f"{part}-labels-idx1-ubyte"), idx(_LABELS))


def npz(root: Path) -> None:
    (root / "mnist").mkdir()
    parts = {"x_train": _DIGITS, "y_train": _LABELS, "x_test": _DIGITS, "y_test": _LABELS}
    np.savez(root / "mnist" / "mnist.npz", **parts)


def digits_csv(root: Path, *, header: bool) -> None:
    rows = pd.DataFrame(np.column_stack([_LABELS, _DIGITS.reshape(120, -1)]))
    for part in ("train", "test"):
        text = rows.to_csv(
            index=False, header=["label", *map(str, range(784))] if header else False
        )
        put(root / "mnist" / "download" / f"mnist_{part}.csv", text)


@pytest.mark.parametrize(
    "write",
    [
        lambda root: raw(root, "MNIST/raw"),  # torchvision's
        lambda root: raw(root, "mnist", lambda name: name.replace("-idx", ".idx")),
        lambda root: raw(root, "mnist/a/b"),
        npz,
        lambda root: digits_csv(root, header=True),
        lambda root: digits_csv(root, header=False),
        lambda root: put(
            root / "mnist.zip",
            zipped(
                **{
                    f"{part}-{what}-ubyte": idx(values)
                    for part in ("train", "t10k")
                    for what, values in (("images-idx3", _DIGITS), ("labels-idx1", _LABELS))
                }
            ),
        ),
    ],
    ids=["torchvision", "dots", "nested", "npz", "csv", "csv without header", "zip"],
)
def test_digits(tmp_path, write):
    write(tmp_path)
    found = load(mnist, tmp_path)
    assert (found.kind, found.train_labels.dtype) == ("sample", np.int32)
    assert found.note == "120 and 120 digits, where 60,000 and 10,000 are published"
    np.testing.assert_array_equal(found.train_labels, _LABELS)
    np.testing.assert_array_equal(found.test_images, _DIGITS)


# Messages: every tenth is spam.
_TEXTS = [("spam" if n % 10 == 0 else "ham", f"text {n}, it costs £{n}") for n in range(200)]
_LINES = "".join(f"{label}\t{text}\n" for label, text in _TEXTS)
_KAGGLE = "v1,v2,,,\n" + "".join(f'{label},"{text}",,,\n' for label, text in _TEXTS)


@pytest.mark.parametrize(
    ("path", "contents"),
    [
        ("sms/spam.csv", _KAGGLE.encode("latin-1")),
        ("sms/archive.zip", zipped(spam_dot_csv=_KAGGLE.encode("latin-1"))),
        ("sms/SMSSpamCollection", _LINES.encode("utf-16")),
        ("sms/SMSSpamCollection", _LINES.encode("utf-16-le")),
        ("sms/SMSSpamCollection", _LINES.encode("cp1252")),
        ("sms/sms+spam+collection/SMSSpamCollection", _LINES),
        ("sms+spam+collection.zip", zipped(SMSSpamCollection=_LINES, readme="hello")),
        ("sms/SMSSpamCollection.txt", "label\tmessage\n" + _LINES),
    ],
    ids=["kaggle", "kaggle's zip", "utf-16", "no mark", "latin-1", "nested", "zip", "header"],
)
def test_messages(tmp_path, path, contents):
    put(tmp_path / path, contents)
    found = load(sms, tmp_path)
    assert (found.kind, found.note) == ("sample", "200 texts, where 5,574 are published")
    assert found.texts.tolist() == [text for _, text in _TEXTS]
    assert np.flatnonzero(found.labels).tolist() == [*range(0, 200, 10)]


def test_a_message_that_goes_on_behind_its_column(tmp_path):
    put(tmp_path / "sms" / "spam.csv", _KAGGLE + "ham,one,two,three,\nham,,,,\n")
    found = load(sms, tmp_path)
    assert found.texts[-1] == "one,two,three"
    assert found.note == "201 texts, where 5,574 are published; 1 without a text were left out"


def test_reviews_in_one_table_have_halves_by_chance_without_copies_across(tmp_path):
    rows = [(f"film {n}, <br />good", "positive") for n in range(130)]
    rows += [(f"film {n}\n bad", "negative") for n in range(130)] + rows[:20]
    frame = pd.DataFrame(rows, columns=["review", "sentiment"])
    put(tmp_path / "imdb" / "IMDB Dataset.csv", frame.to_csv(index=False))
    found = load(imdb, tmp_path)
    assert found.kind == "sample"
    assert found.note.startswith("280 reviews without the published halves: ")
    assert len(found.train_texts) + len(found.test_texts) == 280
    assert not set(found.train_texts) & set(found.test_texts)
    for texts, labels in (
        (found.train_texts, found.train_labels),
        (found.test_texts, found.test_labels),
    ):
        assert ["good" in text for text in texts] == (labels == 1).tolist()


@pytest.mark.parametrize("where", ["aclImdb", "imdb/aclImdb", "imdb/data/aclImdb", "imdb", "zip"])
def test_unpacked_reviews(tmp_path, where):
    files = {
        f"{part}/{kind}/{number}_7.txt": f"{part} {kind} {number}"
        for part in ("train", "test")
        for kind in ("neg", "pos")
        for number in range(50)
    }
    if where == "zip":
        names = {f"aclImdb/{name}": text for name, text in files.items()}
        put(tmp_path / "aclImdb.zip", zipped(**names))
    else:
        for name, text in files.items():
            put(tmp_path / where / name, text)
    found = load(imdb, tmp_path)
    assert found.train_texts[[0, 50]].tolist() == ["train neg 0", "train pos 0"]
    assert len(found.test_texts) == 100


def calls() -> pd.DataFrame:
    frame = bank.synthetic(np.random.default_rng(0), count=150).frame
    return frame.assign(y=np.where(np.arange(150) < 40, "yes", "no"))


def nested_zip(frame: pd.DataFrame) -> bytes:
    name = "bank-additional__bank-additional-full_dot_csv"
    inner = zipped(**{name: frame.to_csv(sep=";", index=False)})
    return zipped(bank_dot_zip="broken", **{"bank-additional_dot_zip": inner})


@pytest.mark.parametrize(
    ("path", "write"),
    [
        ("bank/bank-additional-full.csv", lambda frame: frame.to_csv()),
        ("bank/bank-additional-full.csv", lambda frame: frame.to_csv(sep="\t", index=False)),
        (
            "bank/bank-additional-full.csv",
            lambda frame: frame.to_csv(sep=";").removeprefix(";"),  # as R writes it
        ),
        (
            "bank/bank-additional-full.csv",
            lambda frame: frame.rename(
                columns=lambda name: name.replace(".", "_").upper()
            ).to_csv(),
        ),
        ("bank/bank-additional/bank-additional-full.csv", lambda frame: frame.to_csv(sep=";")),
        ("bank+marketing.zip", nested_zip),
        ("bank/bank.zip", nested_zip),
    ],
    ids=["index", "tabs", "row names", "other names", "nested", "uci's zip", "zip in its folder"],
)
def test_calls(tmp_path, path, write):
    put(tmp_path / path, write(calls()))
    found = load(bank, tmp_path)
    assert found.kind == "sample"
    assert found.note == "150 rows, 40 of them with y yes, where 41,188 with 4,640 are published"
    pd.testing.assert_frame_equal(found.frame, calls().drop(columns="y"))
    assert np.flatnonzero(found.target).tolist() == [*range(40)]


def test_columns_that_are_not_used_are_named(tmp_path, caplog):
    path = tmp_path / "bank" / "bank-additional-full.csv"
    put(path, calls().assign(extra=1).to_csv())
    load(bank, tmp_path)
    assert caplog.messages == [f"{path}: columns that are not used: one without a name, extra"]


def put_older_calls(root: Path) -> None:
    older = calls().drop(columns=[n for n in bank.COLUMNS if n not in bank.OLDER_COLUMNS])
    older = older.assign(education="tertiary", contact="unknown", poutcome="other", pdays=-1)
    older = older.assign(balance=-372, day=5)
    put(root / "bank" / "bank-full.csv", older.to_csv(sep=";", index=False))


def test_the_older_calls_are_learned_from_and_known_again(tmp_path):
    from supervised.core import bank_calls  # TensorFlow

    put_older_calls(tmp_path)
    context = Recorder(source=Source(data_dir=tmp_path))
    found = bank_calls.prepare(context, validation=0.2, scaling="standard")
    assert len(found.train) + len(found.validation) + len(found.test) == 150
    assert bank_calls.of_the_test(context).y.tolist() == found.test.y.tolist()


def test_the_older_calls_have_columns_of_their_own(tmp_path):
    put_older_calls(tmp_path)
    found = load(bank, tmp_path)
    assert found.kind == "sample"
    assert found.note.startswith("the older calls of bank-full.csv, with other inputs than those")
    assert found.frame["balance"].tolist() == [-372.0] * 150
    assert list(bank.read_rows(tmp_path / "bank" / "bank-full.csv", bank.OLDER_COLUMNS)) == list(
        bank.OLDER_COLUMNS
    )


def passengers() -> pd.DataFrame:
    """The columns of the published file, in its words."""
    made = titanic.synthetic(np.random.default_rng(0), count=200)
    return made.frame.assign(survived=made.target)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("train.csv", lambda f: f.rename(columns={"pclass": "Pclass", "sibsp": "SibSp"})),
        ("titanic.csv", lambda f: f.assign(**{"class": "Third", "who": "man", "alone": True})),
        (
            "titanic.csv",
            lambda f: f.rename(
                columns={"sibsp": "Siblings/Spouses Aboard", "parch": "Parents/Children Aboard"}
            ),
        ),
    ],
    ids=["kaggle", "seaborn", "stanford"],
)
def test_passengers_of_the_titanic(tmp_path, name, change, caplog):
    frame = passengers()
    put(tmp_path / "titanic" / name, change(frame).to_csv(index=False))
    found = load(titanic, tmp_path)
    assert found.kind == "sample"
    assert found.note.startswith("200 rows, ")
    pd.testing.assert_frame_equal(found.frame, frame.drop(columns="survived"))
    assert found.target.tolist() == frame["survived"].tolist()
    assert not caplog.messages


def test_a_part_of_the_payments(tmp_path):
    made = creditcard.synthetic(np.random.default_rng(0), count=400)
    table = made.frame.assign(Class=made.target).to_csv(index=False)
    put(tmp_path / "creditcard" / "archive.zip", zipped(creditcard_dot_csv=table))
    found = load(creditcard, tmp_path)
    assert found.note == "400 rows, 4 of them with Class 1, where 284,807 with 492 are published"
    assert found.target.tolist() == made.target.tolist()


_MONTHS = pd.date_range("1949-01-01", periods=72, freq="MS")


def monthly(written: str, between: str = ",") -> str:
    rows = (f"{month.strftime(written)}{between}{100 + n}" for n, month in enumerate(_MONTHS))
    return "\n".join([f"Month{between}Passengers", *rows]) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AirPassengers.csv", monthly("%b-%y")),
        ("AirPassengers.csv", monthly("%d/%m/%Y")),
        ("AirPassengers.csv", monthly("%m/%d/%Y")),
        ("AirPassengers.csv", monthly("%Y-%m-%d", "\t")),
        (
            "international-airline-passengers.csv",
            monthly("%Y-%m", ";") + "\nPassengers: totals; in thousands. Jan 49 ? Dec 54\n",
        ),
        ("flights.csv", monthly("%Y,%B").replace("Month", "year,month")),
        ("flights.csv", monthly("%Y,%b").replace("Month", "year,month")),
        (
            "AirPassengers.csv",
            '"","time","value"\n'
            + "".join(f'"{n + 1}",{1949 + n / 12:.12g},{100 + n}\n' for n in range(72)),
        ),
    ],
    ids=["Jan-49", "day first", "month first", "tabs", "footer", "seaborn", "short", "R"],
)
def test_passengers_by_month(tmp_path, name, text):
    put(tmp_path / "airline" / name, text)
    found = load(airline, tmp_path)
    assert (found.kind, found.note) == (
        "sample",
        "72 months from 1949-01 on, not the published 144",
    )
    assert found.months[[0, -1]].astype(str).tolist() == ["1949-01", "1954-12"]
    assert found.values.tolist() == [*range(100, 172)]


def pixels(number: int) -> np.ndarray:
    return np.full((48, 48), number, np.uint8)


def faces_csv(columns: list[str]) -> str:
    parts = ["Training"] * 14 + ["PublicTest"] * 7 + ["PrivateTest"] * 7
    frame = pd.DataFrame(
        {
            "emotion": [n % 7 for n in range(28)],
            "pixels": [" ".join(map(str, pixels(n).ravel())) for n in range(28)],
            "Usage": parts,
        }
    )
    frame.columns = ["emotion", " pixels", " Usage"] if " pixels" in columns else frame.columns
    return frame[columns].to_csv(index=False)


@pytest.mark.parametrize(
    ("path", "contents"),
    [
        ("fer2013/fer2013.csv", faces_csv(["emotion", "pixels", "Usage"])),
        ("fer2013/fer2013/icml_face_data.csv", faces_csv(["emotion", " Usage", " pixels"])),
        ("fer2013.zip", zipped(icml_face_data_dot_csv=faces_csv(["emotion", " Usage", " pixels"]))),
    ],
    ids=["fer2013.csv", "icml_face_data.csv", "zip"],
)
def test_faces(tmp_path, path, contents):
    put(tmp_path / path, contents)
    found = load(faces, tmp_path)
    assert found.train_images[:, 5, 5].tolist() == [*range(14)]
    assert found.test_labels.tolist() == [*range(7)]


def picture(shade: int, form: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("L", (9, 8), shade).save(file, form)
    return file.getvalue()


def test_cats_and_dogs_of_microsoft_with_a_broken_one(tmp_path):
    for number in range(6):
        put(tmp_path / "PetImages" / "Cat" / f"{number}.jpg", picture(10 + number))
        put(tmp_path / "PetImages" / "Dog" / f"{number}.jpg", picture(90 + number))
    put(tmp_path / "PetImages" / "Cat" / "5.jpg", b"")
    put(tmp_path / "PetImages" / "Dog" / "Thumbs.db", b"x")
    found = load(cats_dogs, tmp_path)
    assert found.labels.tolist() == [0] * 5 + [1] * 6
    assert found.note == (
        "12 pictures, where 25,000 are published; 1 broken pictures were left out: Cat/5.jpg"
    )


def test_a_zip_in_the_zip_of_cats_and_dogs(tmp_path):
    inner = zipped(
        **{
            f"train__{name}_dot_{n}_dot_jpg": picture(n)
            for name in ("cat", "dog")
            for n in range(5)
        }
    )
    put(tmp_path / "dogs-vs-cats.zip", zipped(train_dot_zip=inner, test1_dot_zip=b"x"))
    assert load(cats_dogs, tmp_path).labels.tolist() == [0] * 5 + [1] * 5


def test_motion_in_a_zip_in_a_zip(tmp_path):
    made = har.synthetic(np.random.default_rng(0), windows=6, train=2, test=1)
    files = {}
    for part, rows in (("train", made.train), ("test", made.test)):
        for number, signal in enumerate(har.SIGNALS):
            text = "\n".join(" ".join(map(str, row)) for row in rows.signals[:, :, number])
            files[f"UCI HAR Dataset/{part}/Inertial Signals/{signal}_{part}.txt"] = text
        files[f"UCI HAR Dataset/{part}/y_{part}.txt"] = "\n".join(str(n + 1) for n in rows.labels)
        files[f"UCI HAR Dataset/{part}/subject_{part}.txt"] = "\n".join(map(str, rows.volunteers))
    outer = zipped(**{"UCI HAR Dataset.zip": zipped(**files)})
    put(tmp_path / "human+activity+recognition+using+smartphones.zip", outer)
    assert load(har, tmp_path).train.labels.tolist() == made.train.labels.tolist()


_RATED = "userId,movieId,rating,timestamp\n1,7,0.5,10\n1,9,4.5,11\n2,7,5.0,12\n"
_FILMS = 'movieId,title,genres\n7,"Heat, The (1995)",Crime|Drama\n9,Café (1990),Drama\n'


@pytest.mark.parametrize("where", ["ml-latest-small", "ml-100k/ml-latest-small", "zip"])
def test_the_latest_movielens_has_half_stars_and_describes_nobody(tmp_path, where):
    if where == "zip":
        files = zipped(ratings_dot_csv=_RATED, movies_dot_csv=_FILMS)
        put(tmp_path / "ml-latest-small.zip", files)
    else:
        put(tmp_path / where / "ratings.csv", _RATED)
        put(tmp_path / where / "movies.csv", _FILMS)
    found = load(movielens, tmp_path, "load_100k")
    assert (found.kind, found.note) == ("sample", "3 ratings, where 100,000 are published")
    assert found.ratings.tolist() == [0.5, 4.5, 5.0]
    assert found.films["title"].tolist() == ["Heat, The (1995)", "Café (1990)"]
    assert found.people["user"].tolist() == [1, 2]
    assert found.people.dtypes["user"] == np.int64


@pytest.mark.parametrize("packed", [True, False])
def test_the_25_million_stand_for_the_20(tmp_path, packed):
    if packed:
        put(tmp_path / "ml-25m.zip", zipped(**{"ml-25m__ratings_dot_csv": _RATED}))
    else:
        put(tmp_path / "ml-20m" / "ml-25m" / "ratings.csv", _RATED)
    found = load(rating_store, tmp_path)
    assert found.note == "3 ratings, where 20,000,263 are published"
    assert found.block(0)["rating"].tolist() == [0.5, 4.5, 5.0]


def test_the_million_in_its_own_nested_folder(tmp_path):
    folder = tmp_path / "ml-1m" / "ml-1m"
    put(folder / "ratings.dat", "1::3::5::10\n")
    put(folder / "movies.dat", "3::Heat (1995)::Crime\n")
    put(folder / "users.dat", "1::F::25::4::02139\n")
    assert load(movielens, tmp_path, "load_1m").films["title"].tolist() == ["Heat (1995)"]


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS"),
        ("\n<!DOCTYPE html><p>log in</p>", "a web page (HTML)"),
        ("<html>", "a web page (HTML)"),
    ],
)
def test_what_stands_in_a_files_place_is_named(tmp_path, says, contents, what):
    path = tmp_path / "sms" / "spam.csv"
    put(path, contents)
    says(lambda: load(sms, tmp_path), f"{path}: is not the data but {what}")


def test_where_nothing_fits_what_is_there_is_listed_beside_the_nearest_form(tmp_path, says):
    put(tmp_path / "mnist" / "mnist_trian.csv", "x")
    put(tmp_path / "mnist" / "notes.txt", "x")
    says(
        lambda: load(mnist, tmp_path),
        f"{tmp_path / 'mnist'}: holds no mnist_train.csv, mnist_test.csv; ",
        "there are mnist_trian.csv, notes.txt; is mnist_trian.csv meant to be mnist_train.csv?",
        " or mnist.npz would do, too",
    )
    os.remove(tmp_path / "mnist" / "mnist_trian.csv")
    raw(tmp_path, "mnist")
    os.remove(tmp_path / "mnist" / "t10k-labels-idx1-ubyte")
    says(lambda: load(mnist, tmp_path), "mnist: holds no t10k-labels-idx1-ubyte.gz; there are")
