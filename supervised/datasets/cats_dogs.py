"""Photographs of cats and dogs (Kaggle 2013, from Asirra), and any folder of pictures by class."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from supervised.datasets import archives, finding, listing, own_pictures
from supervised.datasets.own_pictures import LEAST
from supervised.datasets.pictures import OWN, Rgb, Unreadable, check, left_out, read_rgb
from supervised.datasets.source import DataError, File, Info, Loaded, Progress, RemoteFile, Source

CLASSES = ("cat", "dog")

INFO = Info(
    name="dogs_vs_cats",
    title="Dogs vs. Cats: 25,000 pictures of cats and dogs, half and half",
    source="https://www.kaggle.com/c/dogs-vs-cats",
    licence="Kaggle's rules, those of the competition; pictures of Asirra",
    size="570 MB, one zip",
    files=(
        RemoteFile(
            name="train.zip",
            alternatives=("train.tar",),
            subsets=("train_0-499.tar",),
            trees=("train/cat.*.jp*g", "cats/cat.*.jp*g", "cat/*.jp*g", "cat.*.jp*g"),
        ),
    ),
    folders=("dogs-vs-cats", "PetImages", "kagglecatsanddogs_5340"),
    how="log in at https://www.kaggle.com/c/dogs-vs-cats/data and download train.zip",
)

_NAME = re.compile(r"(?:.*/)?(cat|dog)[./](\d+)\.jpe?g", re.IGNORECASE)
_REAL = (12_500, 12_500)
_STEP = 500
_GENERATED_SIDES = (48, 81)
_WARMER = np.array([160, 0, -160])


@dataclass(frozen=True, kw_only=True)
class LabelledPictures(Loaded):
    """Pictures and what they show. They stay encoded, because decoded they need too much memory.

    Attributes:
        kind: 12,500 of each class where real, fewer are a sample; 60 of each where synthetic. A
            user's own folders are real.
        files: [N] the file of each picture.
        encoded: [N] contents of those files.
        labels: [N] int32, places in `classes`.
    """

    name: str = INFO.name
    files: tuple[str, ...]
    encoded: tuple[bytes, ...]
    labels: npt.NDArray[np.int32]
    classes: tuple[str, ...] = CLASSES

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, number: int) -> Rgb:
        """Decodes a picture [H, W, 3]; raises `DataError` if it is broken."""
        return read_rgb(Path(self.files[number]), self.encoded[number])


def load(source: Source, *, seed: int = 0) -> LabelledPictures:
    """Loads cats and dogs as a `finding.Loader` does, and tells the progress of reading them."""
    read = partial(_read, source.progress)
    return finding.loader(INFO, read=read, synthetic=synthetic)(source, seed=seed)


def labelled(folder: Path) -> Callable[[Source], LabelledPictures]:
    """A loader of a user's own pictures, `FOLDER/CLASS/PICTURE`, for `Context.load`.

    Raises:
        DataError: There are fewer than two classes, or fewer than five pictures in one.
    """

    def load(source: Source) -> LabelledPictures:
        if source.want != "auto":
            raise DataError(f"{folder}: your own pictures exclude --data {source.want}")
        listed = own_pictures.listed(folder, "classes")
        found = [
            (int(label), str(file), listing.contents(file))
            for label, file in zip(listed.labels, listed.files, strict=True)
        ]
        whole = _whole(found, source.progress)
        own_pictures.require_enough(listed.classes, whole.labels)
        note = "; ".join(filter(None, [*listed.notes, whole.note]))
        return replace(whole, name=OWN, kind="real", note=note, classes=listed.classes)

    return load


def _read(progress: Progress, path: File) -> LabelledPictures:
    members = archives.files(path, lambda name: _place(name) is not None)
    # Sorted by label and number, so that the order does not depend on the archive's.
    found = sorted((_place(name) or (0, 0), name, contents) for name, contents in members)
    counts = tuple(np.bincount([label for (label, _), _, _ in found], minlength=2).tolist())
    whole = _whole([(label, name, data) for (label, _), name, data in found], progress)
    if np.bincount(whole.labels, minlength=len(CLASSES)).min() < LEAST:
        raise DataError(
            f"{path}: holds {counts[0]} pictures cat.N.jpg and {counts[1]} dog.N.jpg; "
            f"expected 12,500 of each, or {LEAST} at least that can be read"
        )
    whole = replace(whole, files=tuple(f"{path}: {name}" for name in whole.files))
    few = f"{sum(counts):,} pictures, where {sum(_REAL):,} are published"
    return whole.judged(counts == _REAL, few)


def _whole(found: Sequence[tuple[int, str, bytes]], progress: Progress) -> LabelledPictures:
    """The pictures that can be read to their ends; the note names the others.

    Args:
        found: Label, name and contents of each.
        progress: Told how many were read.
    """
    whole, broken = [], []
    for number, picture in enumerate(found, 1):
        _, name, contents = picture
        try:
            check(Path(name), contents)
            whole.append(picture)
        except Unreadable:
            broken.append(name)
        if number % _STEP == 0:
            progress(number, len(found), "looking for broken pictures")
    return LabelledPictures(
        kind="sample",
        note="; ".join(left_out(broken)),
        files=tuple(name for _, name, _ in whole),
        encoded=tuple(contents for _, _, contents in whole),
        labels=np.array([label for label, _, _ in whole], np.int32),
    )


def _place(name: str) -> tuple[int, int] | None:
    """Label and number of a picture by the name of its file; None for any other file."""
    match = _NAME.fullmatch(name)
    return (CLASSES.index(match[1].lower()), int(match[2])) if match else None


def synthetic(rng: np.random.Generator, *, count: int = 120) -> LabelledPictures:
    """Generates pictures of many sizes and two classes that a network can learn to tell apart.

    A cat is a field of horizontal stripes, a dog one of vertical stripes. Each picture has colours,
    width and phase of its own, and noise; cats have warmer colours. Both classes are equally
    frequent.
    """
    labels = np.arange(count, dtype=np.int32) % len(CLASSES)
    return LabelledPictures(
        kind="synthetic",
        files=tuple(f"{CLASSES[label]}.{number}.png" for number, label in enumerate(labels)),
        encoded=tuple(_stripes(rng, upright=bool(label)) for label in labels),
        labels=labels,
    )


def _stripes(rng: np.random.Generator, *, upright: bool) -> bytes:
    height, width = rng.integers(*_GENERATED_SIDES, size=2)
    along = np.arange(width)[None, :] if upright else np.arange(height)[:, None]
    wave = np.sin(2 * np.pi * (along / rng.uniform(6, 14) + rng.random())) / 2 + 0.5
    one, other = rng.uniform(0, 255, size=(2, 3)) + (0 if upright else _WARMER)
    pixels = np.broadcast_to(wave, (height, width))[:, :, None] * (one - other) + other
    pixels = pixels + rng.normal(0, 20, size=pixels.shape)  # [H, W, 3]
    file = BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()
