import gzip
from pathlib import Path

import numpy as np
import pytest

from supervised.datasets import mnist
from supervised.datasets.labelled import LabelledImages
from supervised.datasets.source import Source

TRAIN = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def idx(values: np.ndarray) -> bytes:
    sizes = np.array(values.shape, ">u4").tobytes()
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Black pictures with the labels of MNIST; two files packed, one in its other name."""
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    labels = {"train": np.repeat(np.arange(10), TRAIN), "t10k": np.repeat(np.arange(10), TEST)}
    images = np.zeros((60_000, 28, 28), np.uint8)
    images[0, 3, 5] = 200
    packed = gzip.compress(idx(images), compresslevel=1)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(packed)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels["train"])))
    (folder / "t10k-images.idx3-ubyte").write_bytes(idx(images[:10_000]))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels["t10k"]))
    return folder


def load(folder: Path) -> LabelledImages:
    return mnist.load(Source(data_dir=folder.parent, cache=folder.parent / "cache"))


def test_published_files_are_read(folder):
    digits = load(folder)
    assert (digits.name, digits.kind) == ("mnist", "real")
    assert digits.train_images.shape == (60_000, 28, 28)
    assert digits.train_images[0, 3, 5] == 200
    assert digits.test_images.shape == (10_000, 28, 28)
    assert np.bincount(digits.train_labels).tolist() == list(TRAIN)
    assert digits.test_labels.dtype == np.int32


def test_wrong_images_are_named(folder, says):
    path = folder / "train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for contents, words in (
        (whole[:-100], "expected a whole gzip file"),
        (
            gzip.compress(gzip.decompress(whole)[:-1], 1),
            "47,040,015 bytes unpacked, expected 47,040,016",
        ),
        (b"hello", "starts with 0x68656c6c, expected 0x00000803"),
        (b"", "expected 0x00000803, the IDX format of unsigned bytes in 3 dimensions"),
        (b"\0\0\x08\x03\0\0", "6 bytes unpacked, expected 16 of 0 x 0 x 0 items"),
        (idx(np.zeros((2, 28, 28))), "holds 2 x 28 x 28 values of uint8 for 60,000 labels"),
    ):
        path.write_bytes(contents)
        says(lambda: load(folder), str(path), words)


def test_wrong_labels_are_named(folder, says):
    path = folder / "t10k-labels-idx1-ubyte"
    labels = np.repeat(np.arange(10), TEST)
    labels[17] = 10
    path.write_bytes(idx(labels))
    says(lambda: load(folder), f"{path}: label 17 is 10, expected 0 to 9")
    path.write_bytes(idx(np.arange(10_000) % 10))
    says(lambda: load(folder), f"{path}: ", "not the labels of MNIST", "980")


def test_the_sample_is_stratified():
    digits = mnist.load(Source(want="sample"))
    assert np.bincount(digits.train_labels).tolist() == [400] * 10
    assert np.bincount(digits.test_labels).tolist() == [100] * 10
    assert len({image.tobytes() for image in digits.train_images}) == 4_000


def test_generated_digits_can_be_learned():
    digits = mnist.synthetic(np.random.default_rng(3), train=600, test=200)
    centres = np.stack(
        [digits.train_images[digits.train_labels == label].mean(0) for label in range(10)]
    )
    shapes = centres / np.linalg.norm(centres, axis=(1, 2), keepdims=True)
    nearest = np.einsum("nij,kij->nk", digits.test_images.astype(float), shapes).argmax(1)
    assert 0.6 < (nearest == digits.test_labels).mean() < 1
