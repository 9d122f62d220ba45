"""Faces and their emotions: FER2013 (Goodfellow et al. 2013), or a smaller set like the book's."""

from functools import partial

import numpy as np
import numpy.typing as npt

from supervised.datasets import face_files, finding, pictures, splits
from supervised.datasets.face_files import CLASSES, PARTS, SIDE
from supervised.datasets.labelled import LabelledImages, varied
from supervised.datasets.source import DataError, File, Info, Progress, RemoteFile, Source

INFO = Info(
    name="fer2013",
    title="FER2013: 35,887 faces and their emotions, 7; 48x48 grey pixels; as CSV or JPEG",
    source="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-"
    "recognition-challenge",
    licence="Kaggle's rules, those of the competition",
    size="0.3 GB of CSV, or 60 MB of JPEG",
    files=(
        RemoteFile(
            name="fer2013.csv",
            alternatives=("icml_face_data.csv", "fer2013_images_jpg.tar.xz"),
            subsets=("train.csv",),
            trees=("train/angry/*", "training/angry/*"),
        ),
    ),
    folders=("challenges-in-representation-learning-facial-expression-recognition-challenge",),
    how="with a Kaggle login, from the competition's data page; folders train/angry/NAME.jpg and "
    "so on will do as well",
)

_SIZES = (28_709, 3_589, 3_589)  # of training, validation and test
_FEWEST = 100  # faces of a set without parts, so that a tenth of it is some of each class
_JPEG = (
    "the faces are JPEG copies: not FER2013's own pixels, and in some the histogram is equalized"
)


def load(source: Source, *, seed: int = 0) -> LabelledImages:
    """Loads the faces as a `finding.Loader` does, and tells the progress of reading them.

    They are `real` with 28,709, 3,589 and 3,589 faces; every other set of faces, such as the book's
    4,178, is a `sample`; `synthetic` has 1,400, 210 and 350. Labels are places in `CLASSES`.
    """
    read = partial(_read, source.progress)
    return finding.loader(INFO, read=read, synthetic=synthetic)(source, seed=seed)


def _read(progress: Progress, path: File) -> LabelledImages:
    if ".csv" in path.name.lower():
        parts = face_files.read_csv(path, progress)
        return _split(path, parts[""]) if "" in parts else _in_parts(path, parts, "")
    parts, broken = face_files.read_pictures(path, progress)
    return _in_parts(path, parts, "; ".join([_JPEG, *pictures.left_out(broken)]))


def _in_parts(path: File, parts: dict[str, face_files.Faces], note: str) -> LabelledImages:
    """The data set of faces that are published with their parts."""
    missing = [part for part in PARTS if part not in parts]
    if missing:
        raise DataError(
            f"{path}: has no faces for {', '.join(missing)}; expected all of {', '.join(PARTS)}"
        )
    sizes = tuple(len(parts[part].labels) for part in PARTS)
    faces = LabelledImages.of(
        INFO.name, "sample", *(parts[part].arrays() for part in PARTS), note=note
    )
    said = f"{sum(sizes):,} faces, which are not FER2013's {sum(_SIZES):,}"
    return faces.judged(sizes == _SIZES, said)


def _split(path: File, faces: face_files.Faces) -> LabelledImages:
    """The data set of faces without parts: random tenths, always the same, validate and test."""
    count = len(faces.labels)
    if count < _FEWEST:
        raise DataError(f"{path}: has {count:,} faces, expected {_FEWEST} or more")
    images, labels = faces.arrays()
    cut = splits.split(count, (0.8, 0.1, 0.1), np.random.default_rng(0), labels)
    note = f"{count:,} faces without published parts; a tenth is for the test"
    return LabelledImages.of(
        INFO.name, "sample", *((images[part], labels[part]) for part in cut), note=note
    )


# Of each emotion: slope of the brows, height of the eyes, bend and height of the mouth.
_FEATURES = {
    "angry": (0.6, 0.06, -0.6, 0.05),
    "disgust": (0.6, 0.03, -0.9, 0.14),
    "fear": (-0.6, 0.16, -0.3, 0.12),
    "happy": (0.0, 0.07, 1.0, 0.08),
    "sad": (-0.7, 0.05, -1.0, 0.05),
    "surprise": (0.0, 0.18, 0.0, 0.24),
    "neutral": (0.0, 0.09, 0.0, 0.05),
}


def synthetic(
    rng: np.random.Generator, *, train: int = 1_400, validation: int = 210, test: int = 350
) -> LabelledImages:
    """Generates drawings of faces that a network can learn to tell apart by brows, eyes and mouth.

    Each face is the drawing of its class, shifted by up to 2 pixels, with a contrast of its own and
    noise. All classes have equal numbers.
    """
    count = train + validation + test
    labels = rng.permutation(np.arange(count, dtype=np.int32) % len(CLASSES))
    images = varied(_drawings(), labels, rng, noise=0.1)
    cuts = (train, train + validation)
    parts = zip(np.split(images, cuts), np.split(labels, cuts), strict=True)
    return LabelledImages.of(INFO.name, "synthetic", *parts)


def _drawings() -> npt.NDArray[np.float32]:
    """A drawing of each class, [7, 48, 48] from 0 to 1."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    aside = abs(x) - 0.35  # from the middle of an eye
    drawn = []
    for slope, eye, bend, mouth in (_FEATURES[name] for name in CLASSES):
        picture = np.where((x / 0.8) ** 2 + (y / 0.98) ** 2 < 1, 0.75, 0.2)
        brows = (abs(y + 0.5 + slope * aside) < 0.05) & (abs(aside) < 0.2)
        eyes = (aside / 0.14) ** 2 + ((y + 0.2) / eye) ** 2 < 1
        lips = (abs(y - 0.5 + bend * (1.9 * x**2 - 0.15)) < mouth) & (abs(x) < 0.4)
        picture[brows | eyes | lips] = 0.05
        drawn.append(picture)
    return np.stack(drawn).astype(np.float32)
