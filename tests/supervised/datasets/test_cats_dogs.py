import io
import tarfile
import zipfile

import numpy as np
import pytest

from supervised.datasets import cats_dogs
from supervised.datasets.pictures import OWN
from supervised.datasets.source import Source

PICTURES = cats_dogs.synthetic(np.random.default_rng(0), count=12)
NAMES = [f"train/{name.replace('.png', '.jpg')}" for name in PICTURES.files]  # cat.0, dog.1, ...


def load(folder):
    return cats_dogs.load(Source(data_dir=folder, cache=folder / "cache"))


def packed(path, names=NAMES):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, contents in zip(names, PICTURES.encoded, strict=True):
                archive.writestr(name, contents)
    else:
        with tarfile.open(path, "w") as archive:
            for name, contents in zip(names, PICTURES.encoded, strict=True):
                member = tarfile.TarInfo(name)
                member.size = len(contents)
                archive.addfile(member, io.BytesIO(contents))


def unpacked(path):
    path.mkdir()
    for name, contents in zip(NAMES, PICTURES.encoded, strict=True):
        (path / name.rpartition("/")[2]).write_bytes(contents)


@pytest.mark.parametrize("name", ["train.zip", "train_0-499.tar", "train"])
def test_every_layout_is_read_in_the_order_of_its_numbers(tmp_path, name):
    folder = tmp_path / "dogs_vs_cats"
    folder.mkdir()
    path = folder / name
    unpacked(path) if name == "train" else packed(path)
    found = load(tmp_path)
    assert (found.name, found.kind, found.classes) == ("dogs_vs_cats", "sample", ("cat", "dog"))
    assert found.labels.tolist() == [0] * 6 + [1] * 6
    assert found.encoded == PICTURES.encoded[::2] + PICTURES.encoded[1::2]
    assert found.files[1].endswith("cat.2.jpg")
    np.testing.assert_array_equal(found.picture(1), PICTURES.picture(2))


def test_what_is_wrong_is_named(tmp_path, says):
    path = tmp_path / "train.zip"
    packed(path, [name.replace("dog", "cow") for name in NAMES])
    says(lambda: load(tmp_path), f"{path}: holds 6 pictures cat.N.jpg and 0 dog.N.jpg")
    path.write_bytes(path.read_bytes()[:2000])
    says(lambda: load(tmp_path), f"{path}: cannot be read, or is broken or cut off")
    path.unlink()
    says(lambda: load(tmp_path), "log in at https://www.kaggle.com", "--data synthetic")


def own(tmp_path, counts):
    for name, count in counts.items():
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.png").write_bytes(PICTURES.encoded[number])
    return lambda: cats_dogs.labelled(tmp_path)(Source())


def test_ones_own_folders_are_classes(tmp_path):
    found = own(tmp_path, {"owl": 5, "ant": 6, ".cache": 2})()
    assert found.classes == ("ant", "owl")
    assert found.labels.tolist() == [0] * 6 + [1] * 5
    assert (found.kind, found.name) == ("real", OWN)


def test_too_few_classes_or_pictures_are_named(tmp_path, says):
    says(own(tmp_path, {"ant": 5}), "two or more, found 1")
    says(own(tmp_path, {"owl": 4}), "owl: 4 pictures of a class that can be read are too few")
    says(lambda: cats_dogs.labelled(tmp_path / "none")(Source()), "none: cannot be read")
    says(
        lambda: cats_dogs.labelled(tmp_path)(Source(want="synthetic")),
        "exclude --data synthetic",
    )


def test_a_broken_picture_is_named(tmp_path, says):
    found = own(tmp_path, {"owl": 5, "ant": 5})()
    broken = cats_dogs.LabelledPictures(
        kind="real", files=found.files, encoded=(b"hello",) * 10, labels=found.labels
    )
    says(lambda: broken.picture(3), "3.png: expected a picture that Pillow can read")
