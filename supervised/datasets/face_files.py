"""Reads labelled faces from their published formats: a CSV file, and JPEG in folders or an archive.

Each reader returns the faces of each part; parts have the names of FER2013's column `Usage`.
"""

import csv
import io
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from common.text import reason
from supervised.datasets import archives
from supervised.datasets.pictures import SUFFIXES, Unreadable, open_picture
from supervised.datasets.source import DataError, File, Progress, unpacked

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The emotions, in the order of FER2013's numbers and of the book's columns."""
SIDE = 48
"""Height and width of a face in pixels."""
PARTS = ("Training", "PublicTest", "PrivateTest")
"""Training, validation and test."""

_WORDS_FOR_PARTS = {
    **dict.fromkeys(("training", "train"), "Training"),
    **dict.fromkeys(("publictest", "validation", "val", "valid"), "PublicTest"),
    **dict.fromkeys(("privatetest", "test"), "PrivateTest"),
}
_PUBLISHED = 35_887  # faces in all, for the progress
_STEP = 1_000


@dataclass
class Faces:
    """Faces of one part, in the order of reading: [48, 48] bytes each, and their classes."""

    images: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)

    def arrays(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        """The faces [N, 48, 48], and their classes [N]."""
        return np.stack(self.images), np.array(self.labels, np.int32)


def read_csv(path: File, progress: Progress) -> dict[str, Faces]:
    """Reads `emotion`, `pixels` and, where there is one, `Usage`, packed with gzip or not.

    Spaces and capitals in the header do not matter: there are files with ` pixels`, and the book's
    has `Emotion`. Rows that lack either are left out, as the book does.

    Returns:
        The faces of each part; all of them under "" if there is no `Usage`.

    Raises:
        DataError: It is not such a file; the message names row and value.
    """
    parts: dict[str, Faces] = {}
    try:
        with unpacked(path) as file:  # a line at a time, since it has 300 MB
            rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
            columns = [name.strip().lower() for name in next(rows, [])]
            if not {"emotion", "pixels"} <= set(columns):
                raise DataError(
                    f"{path}: expected a CSV file with the columns emotion, pixels and Usage, "
                    f"found {', '.join(columns)[:60] or 'nothing'}"
                )
            for number, values in enumerate(rows, 1):
                row = dict(zip(columns, (value.strip() for value in values), strict=False))
                if row.get("emotion") and row.get("pixels"):
                    where = f"{path}: data row {number:,}"
                    part = parts.setdefault(_usage(row, where), Faces())
                    part.labels.append(_label(row["emotion"], where))
                    part.images.append(_pixels(row["pixels"], where))
                if number % _STEP == 0:
                    progress(number, max(number, _PUBLISHED), path.name)
    except csv.Error as error:
        raise DataError(f"{path}: expected a CSV file ({reason(error)})") from None
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be read, or is broken or cut off ({reason(error)})"
        ) from None
    return parts


def read_pictures(path: File, progress: Progress) -> tuple[dict[str, Faces], list[str]]:
    """Reads pictures called `.../PART/CLASS/NAME.jpg` in a folder or an archive, in order of name.

    A name that starts as FER2013's do, such as `PublicTest_1234.jpg`, says the part itself.

    Returns:
        The faces of each part, and the names of broken files, which are left out.

    Raises:
        DataError: A file is no face of 48x48 pixels, or is in a folder of another name.
    """
    found: list[tuple[str, str, npt.NDArray[np.uint8]]] = []
    broken = []
    for name, contents in archives.files(path, lambda name: name.lower().endswith(SUFFIXES)):
        part = _part(path, name)
        try:
            found.append((name, part, _image(f"{path}: {name}", contents)))
        except Unreadable:
            broken.append(name)
        if len(found) % _STEP == 0:
            progress(len(found), max(len(found), _PUBLISHED), path.name)
    parts: dict[str, Faces] = {}
    for name, part, image in sorted(found, key=lambda face: face[0]):
        faces = parts.setdefault(part, Faces())
        faces.images.append(image)
        faces.labels.append(CLASSES.index(PurePosixPath(name).parent.name.lower()))
    return parts, broken


def _part(where: File, name: str) -> str:
    path = PurePosixPath(name)
    prefix, folder = path.name.partition("_")[0].lower(), path.parent.parent.name.lower()
    part = _WORDS_FOR_PARTS.get(prefix) or _WORDS_FOR_PARTS.get(folder)
    if part is None or path.parent.name.lower() not in CLASSES:
        raise DataError(
            f"{where}: {name}: expected train, validation or test, then one of "
            f"{', '.join(CLASSES)}, then the picture"
        )
    return part


def _image(where: str, contents: bytes) -> npt.NDArray[np.uint8]:
    image = np.asarray(open_picture(Path(where), "L", contents))
    if image.shape != (SIDE, SIDE):
        height, width = image.shape
        raise DataError(f"{where}: is {width}x{height} pixels, expected {SIDE}x{SIDE}")
    return image


def _usage(row: dict[str, str], where: str) -> str:
    if "usage" not in row:
        return ""
    part = row["usage"]
    if part not in PARTS:
        raise DataError(f"{where}: Usage is {part!r}, expected one of {', '.join(PARTS)}")
    return part


def _label(text: str, where: str) -> int:
    if text not in map(str, range(len(CLASSES))):
        raise DataError(f"{where}: emotion is {text[:20]!r}, expected 0 to {len(CLASSES) - 1}")
    return int(text)


def _pixels(text: str, where: str) -> npt.NDArray[np.uint8]:
    try:
        values = np.fromstring(text, np.int32, sep=" ")
    except ValueError:  # a word that is no number
        values = np.array([], np.int32)
    if len(values) != SIDE**2 or not np.all((values >= 0) & (values <= 255)):
        raise DataError(
            f"{where}: expected pixels to be {SIDE**2:,} numbers from 0 to 255, found "
            f"{len(text.split()):,} words, {text[:20]!r}..."
        )
    return values.astype(np.uint8).reshape(SIDE, SIDE)
