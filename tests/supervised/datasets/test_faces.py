"""Faces in the formats that they are published in."""

import gzip
import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from supervised.datasets import faces
from supervised.datasets.faces import CLASSES
from supervised.datasets.labelled import LabelledImages
from supervised.datasets.source import Source

PARTS = ("Training", "PublicTest", "PrivateTest")


def face(number: int) -> np.ndarray:
    """A face of one shade, its first pixel black."""
    pixels = np.full((48, 48), 3 * number + 1, np.uint8)
    pixels[0, 0] = 0
    return pixels


def words(pixels: np.ndarray) -> str:
    return " ".join(map(str, pixels.ravel()))


def row(number: int, part: str) -> str:
    return f"{number % 7},{words(face(number))},{part}"


@pytest.fixture
def rows(monkeypatch) -> list[str]:
    """14 rows for training, 7 for validation, 7 for the test, which here are the published set."""
    monkeypatch.setattr(faces, "_SIZES", (14, 7, 7))
    return [row(number, PARTS[max(0, number // 7 - 1)]) for number in range(28)]


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "fer2013").mkdir()
    return tmp_path / "fer2013"


def load(folder: Path, **more) -> LabelledImages:
    return faces.load(Source(data_dir=folder.parent, cache=folder.parent / "cache", **more))


def test_the_published_csv(folder, rows):
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]) + "\n")
    found = load(folder, want="real")
    assert (found.name, found.kind, found.note) == ("fer2013", "real", "")
    assert found.train_labels.tolist() == [*range(7), *range(7)]
    assert found.validation_images[:, 20, 20].tolist() == [3 * n + 1 for n in range(14, 21)]
    assert found.test_images[:, 20, 20].tolist() == [3 * n + 1 for n in range(21, 28)]
    np.testing.assert_array_equal(found.test_images[-1], face(27))


def test_other_columns_spaces_and_gzip(folder, rows):
    turned = [",".join((label, part, pixels)) for label, pixels, part in map(_cells, rows)]
    text = "\n".join(["emotion, Usage, pixels", *turned, ",,"])
    (folder / "icml_face_data.csv.gz").write_bytes(gzip.compress(text.encode()))
    found = load(folder)
    assert found.kind == "real"
    assert found.test_images[:, 20, 20].tolist() == [3 * n + 1 for n in range(21, 28)]


def _cells(line: str) -> list[str]:
    return line.split(",")


def test_fewer_rows_are_a_sample(folder, rows, says):
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows[1:]]))
    found = load(folder)
    assert found.kind == "sample"
    assert "27 faces" in found.note
    says(lambda: load(folder, want="real"), "fer2013.csv: is a sample of fer2013")
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows[:21]]))
    says(lambda: load(folder), "fer2013.csv: has no faces for PrivateTest")


def test_the_books_csv_is_split_the_same_way_each_time(folder, says):
    rows = [f"{n % 7},{words(face(n % 80))}" for n in range(140)]
    path = folder / "train.csv"
    path.write_text("\n".join(["Emotion,Pixels", *rows]))
    found, again = load(folder), load(folder)
    assert found.kind == "sample"
    assert "140 faces without published parts" in found.note
    parts = (found.train_labels, found.validation_labels, found.test_labels)
    assert [np.bincount(labels).tolist() for labels in parts] == [[16] * 7, [2] * 7, [2] * 7]
    np.testing.assert_array_equal(found.test_images, again.test_images)
    path.write_text("\n".join(["Emotion,Pixels", *rows[:99]]))
    says(lambda: load(folder), f"{path}: has 99 faces, expected 100 or more")


def test_rows_that_are_wrong_are_named(folder, rows, says):
    path = folder / "fer2013.csv"

    def write(line: str, *expected: str) -> None:
        path.write_text("\n".join(["emotion,pixels,Usage", rows[0], line]))
        says(lambda: load(folder), f"{path}: ", *expected)

    write(f"7,{words(face(1))},Training", "data row 2: emotion is '7', expected 0 to 6")
    write(f"1,{words(face(1))},Later", "data row 2: Usage is 'Later', expected one of Training")
    write(f"1,{words(face(1))[:-2]},Training", "2,304 numbers from 0 to 255, found 2,303 words")
    write(f"1,{words(face(1))[:-1]}900,Training", "data row 2: expected pixels to be 2,304 numbers")
    write(f"1,{words(face(1))[:-1]}x,Training", "data row 2: expected pixels to be 2,304 numbers")
    path.write_text("<!DOCTYPE html><html>")
    says(lambda: load(folder), f"{path}: is not the data but a web page (HTML)")
    path.write_text("")
    says(lambda: load(folder), "and Usage, found nothing")
    path.write_bytes(gzip.compress("\n".join(["emotion,pixels,Usage", *rows]).encode())[:-20])
    says(lambda: load(folder), f"{path}: cannot be read, or is broken or cut off")
    path.write_bytes(b"emotion,pixels,Usage\n\xff\xfe\n")
    says(lambda: load(folder), f"{path}: cannot be read, or is broken or cut off")


def _unpack(folder: Path, rows: list[str], parts: tuple[str, str, str]) -> None:
    for number, line in enumerate(rows):
        label, _, part = _cells(line)
        path = folder / parts[PARTS.index(part)] / CLASSES[int(label)] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face(number)).save(path)


@pytest.mark.parametrize(
    "parts", [("train", "validation", "test"), ("train", "val", "PrivateTest")]
)
def test_folders_and_their_archive_are_the_same(folder, rows, parts):
    _unpack(folder, rows, parts)
    (folder / "train" / "angry" / "notes.txt").write_text("not a picture")
    found = load(folder)
    assert found.kind == "real"
    assert "JPEG copies" in found.note
    by_class = np.argsort(found.validation_labels)
    shades = found.validation_images[by_class, 20, 20].tolist()
    assert shades == [3 * number + 1 for number in range(14, 21)]  # row n shows class n % 7
    with tarfile.open(folder / "fer2013_images_jpg.tar.xz", "w:xz") as archive:
        for part in reversed(parts):
            archive.add(folder / part, arcname=part)
    shutil.rmtree(folder / "train")
    packed = load(folder)
    for part in ("train", "validation", "test"):
        for what in ("images", "labels"):
            name = f"{part}_{what}"
            np.testing.assert_array_equal(getattr(packed, name), getattr(found, name))


def test_a_file_name_says_the_part(folder, rows):
    for number, line in enumerate(rows):
        label, _, part = _cells(line)
        place = "train" if part == "Training" else "test"
        path = folder / place / CLASSES[int(label)] / f"{part}_{number:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face(number)).convert("RGB").save(path, quality=95)
    found = load(folder)
    assert found.kind == "real"
    assert len(found.validation_labels) == len(found.test_labels) == 7


def test_pictures_that_are_wrong_are_named(folder, rows, says):
    _unpack(folder, rows, ("train", "val", "test"))
    path = folder / "train" / "angry" / "00.png"
    Image.new("L", (40, 48)).save(path)
    says(lambda: load(folder), "train/angry/00.png: is 40x48 pixels, expected 48x48")
    path.write_bytes(b"no picture")
    found = load(folder)
    assert (len(found.train_labels), found.kind) == (13, "sample")
    assert found.note.endswith("1 broken pictures were left out: train/angry/00.png")
    path.unlink()
    (folder / "train" / "bored").mkdir()
    Image.new("L", (48, 48)).save(folder / "train" / "bored" / "x.png")
    says(
        lambda: load(folder), "train/bored/x.png: expected train, validation or test", "angry, dis"
    )
    shutil.rmtree(folder / "train")
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:xz") as archive:
        archive.add(folder / "val", arcname="val")
    path = folder / "fer2013_images_jpg.tar.xz"
    for contents in (whole.getvalue()[:-200], b"none", b""):
        path.write_bytes(contents)
        says(lambda: load(folder), f"{path}: cannot be read, or is broken or cut off")


def test_generated_faces_can_be_told_apart():
    found = faces.load(Source(want="synthetic"))
    assert found.train_images.shape == (1_400, 48, 48)
    assert np.bincount(found.train_labels).min() > 150
    means = [found.train_images[found.train_labels == label].mean(axis=0) for label in range(7)]
    shades = np.stack(means).reshape(7, -1)
    shades = shades - shades.mean(axis=1, keepdims=True)
    pixels = found.test_images.reshape(350, -1).astype(float)
    nearest = ((pixels - pixels.mean(axis=1, keepdims=True)) @ shades.T).argmax(axis=1)
    assert np.mean(nearest == found.test_labels) > 0.3
