"""A user's own pictures by class: which files of a folder are pictures of which class and part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from common.text import reason
from supervised.datasets.listing import files_in
from supervised.datasets.pictures import SUFFIXES
from supervised.datasets.source import DataError, some

Layout = Literal["auto", "classes", "parts"]
Part = Literal["", "train", "validation", "test"]
"""A part of the pictures; "" where the folder does not tell it."""

_WORDS: dict[str, Part] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_PARTS: tuple[Part, ...] = ("", "train", "validation", "test")
LEAST = 5
"""Pictures of a class: training, validation and test each need one."""
_SHOWN = 8  # classes


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The pictures of a folder, not opened yet.

    Attributes:
        files: [N] the file of each picture: by part, class and name.
        labels: [N] int32, places in `classes`.
        parts: [N] the part of each picture.
        notes: What was left out, in lines.
    """

    folder: Path
    classes: tuple[str, ...]
    files: tuple[Path, ...]
    labels: npt.NDArray[np.int32]
    parts: tuple[Part, ...]
    notes: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """How many pictures of which classes there are, in a line."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        each = [f"{name} {count:,}" for name, count in zip(self.classes, counts, strict=True)]
        parts = [part for part in _PARTS if part in self.parts]
        where = f"folders for {', '.join(parts)}" if parts[1:] else "a folder for each class"
        return (
            f"{where}: {len(self.files):,} pictures of {len(self.classes):,} classes: "
            f"{some(each, _SHOWN)}"
        )


def listed(folder: Path, layout: Layout = "auto") -> Listing:
    """Finds pictures, `FOLDER/CLASS/PICTURE` or `FOLDER/train/CLASS/PICTURE` and `FOLDER/test/...`.

    What is in folders of a class belongs to it, too. Hidden files are passed over; files that are
    no pictures by their names, and folders without pictures, are left out and noted.

    Args:
        layout: Whether its folders are classes, or parts with classes in them; `auto` takes them
            for parts if all have names of parts, one is of training, and there are folders in each.

    Raises:
        DataError: It cannot be read, or there are fewer than two classes in it.
    """
    inside = _folders(folder)
    parts = {path: _WORDS.get(path.name.lower(), "") for path in inside}
    named = set(parts.values())
    whole = len(named) > 1 and "" not in named and "train" in named
    if layout == "parts" and not ("train" in named and len(named - {""}) > 1):
        raise DataError(
            f"--layout parts: {folder} needs a folder train and a folder test, with a folder for "
            f"each class in them; found {_named([path.name for path in inside]) or 'none'}"
        )
    if layout == "parts" or (layout == "auto" and whole and all(map(_folders, inside))):
        classes: list[tuple[Part, Path]] = [
            (part, path)
            for part in _PARTS[1:]
            for outer in inside
            if parts[outer] == part
            for path in _folders(outer)
        ]
        found = _of_classes(folder, classes)
        if "train" not in found.parts:
            raise DataError(
                f"{folder}: its folder for training has no pictures in folders of classes"
            )
        return found
    found = _of_classes(folder, [("", path) for path in inside])
    loose = _loose(folder)
    if not loose:
        return found
    note = f"left out, pictures in no folder of a class: {len(loose):,}: {_named(loose)}"
    return replace(found, notes=(*found.notes, note))


def of_test(folder: Path, classes: Sequence[str]) -> Listing:
    """Finds the pictures of a folder with test pictures, `FOLDER/CLASS/PICTURE`.

    Args:
        classes: Names of the classes that are known; folders of others are left out and noted.

    Raises:
        DataError: It cannot be read, or has no picture of a known class.
    """
    found = _of_classes(folder, [("test", path) for path in _folders(folder)], classes)
    if not found.files:
        raise DataError(
            f"{folder}: expected a folder of pictures for each class, such as {classes[0]!r}; "
            f"found {_named([path.name for path in _folders(folder)]) or 'no folders'}"
        )
    return found


def require_enough(classes: Sequence[str], labels: npt.NDArray[np.int32]) -> None:
    """Makes sure that each class has enough pictures to be divided.

    Raises:
        DataError: One has fewer than five.
    """
    counts = np.bincount(labels, minlength=len(classes))
    if counts.min() < LEAST:
        raise DataError(
            f"{classes[int(counts.argmin())]}: {counts.min()} pictures of a class that can be "
            f"read are too few: each class needs {LEAST}"
        )


def _of_classes(
    folder: Path, found: Sequence[tuple[Part, Path]], known: Sequence[str] = ()
) -> Listing:
    """The pictures in folders of classes.

    Args:
        folder: The folder around all of them.
        found: The part and the folder of each class.
        known: The classes; without them, those that there are.
    """
    files: dict[tuple[Part, Path], list[Path]] = {}
    others: list[Path] = []
    for part, path in found:
        inside = files_in(path)
        pictures = [file for file in inside if file.suffix.lower() in SUFFIXES]
        others += [file for file in inside if file.suffix.lower() not in SUFFIXES]
        if pictures:
            files[part, path] = pictures
    first = min((_PARTS.index(part) for part, _ in files), default=0)
    names = {text_of(path.name) for part, path in files if _PARTS.index(part) == first}
    classes = tuple(known) or tuple(sorted(names))
    if len(classes) < 2:
        inner = next((path for _, path in found if len(_folders(path)) > 1), None)
        loose = len(_loose(folder))
        hint = f"; did you mean {inner}?" if inner is not None else ""
        hint = hint or f", and {loose:,} pictures in no such folder" * bool(loose)
        only = "".join(f", {name}" for name in classes)
        raise DataError(
            f"{folder}: expected a folder of pictures for each class, two or more, "
            f"found {len(classes)}{only}{hint}"
        )
    places = {name: place for place, name in enumerate(classes)}
    strange = [path for _, path in files if text_of(path.name) not in places]
    chosen: list[tuple[Part, int, Path]] = [
        (part, places[text_of(path.name)], file)
        for (part, path), inside in files.items()
        if text_of(path.name) in places
        for file in inside
    ]
    empty = [path for part, path in found if (part, path) not in files]
    notes = [
        (others, "files that are no pictures by their names"),
        (empty, "folders without pictures"),
        (strange, "folders of classes that the training has not"),
    ]
    return Listing(
        folder=folder,
        classes=classes,
        files=tuple(file for _, _, file in chosen),
        labels=np.array([label for _, label, _ in chosen], np.int32),
        parts=tuple(part for part, _, _ in chosen),
        notes=tuple(
            f"left out, {what}: {len(paths):,}: "
            f"{_named([str(path.relative_to(folder)) for path in paths])}"
            for paths, what in notes
            if paths
        ),
    )


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, without hidden ones, in order of name."""
    if folder.is_file():
        raise DataError(f"{folder}: is a file; expected a folder (unpack an archive first)")
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        return [path for path in inside if path.is_dir()]
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({reason(error)})") from None


def _loose(folder: Path) -> list[str]:
    """Names of the pictures that are in the folder itself, without hidden ones."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return [path.name for path in files if path.is_file() and not path.name.startswith(".")]


def text_of(name: str) -> str:
    """A name as text: bytes that are no UTF-8, which a file's name may have, become marks."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _named(names: Sequence[str]) -> str:
    return some([text_of(name) for name in names])
