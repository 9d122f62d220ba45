"""Reads a user's own labelled texts: a table, a label and a text a line, or a folder a class."""

import hashlib
import tarfile
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from supervised.core.job import InputError
from supervised.datasets import archives, messages, own_texts
from supervised.datasets.source import DataError, decoded
from supervised.own import columns, files, targets
from supervised.own.configs import TextConfig
from supervised.own.files import OwnData, OwnFile
from supervised.own.layout import Header
from supervised.own.targets import Target

_AGREED = 0.95  # share of lines with one tab that settles that a line is a label and a text
_LOOKED_AT = 1_000  # rows by which the column of texts is told
_PARTS = {"train", "test", "val", "valid", "validation", "dev"}
_NAMES = ("label", "text")
"""Names of the columns of files and folders that have none."""


@dataclass(frozen=True, kw_only=True)
class Found(OwnData):
    """Texts as they are found.

    Attributes:
        words: How it is laid out, for a reader.
        frame: All rows, all fields as text or missing.
        remarks: What was left out.
    """

    words: str
    frame: pd.DataFrame
    remarks: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(map(str, self.frame.columns))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What new texts are read by.

    Attributes:
        column: The column that has the texts.
        target: What is predicted.
    """

    column: str
    target: Target


def labelled(config: TextConfig) -> tuple[Found, Kept, dict[str, str]]:
    """The texts that the settings name, their columns and classes, and who orders or groups them.

    The last are the columns that `--group` and `--time` name, by those flags.

    Raises:
        InputError: They name none, or the columns cannot be told.
        DataError: There are none, or no labels to learn.
    """
    path = config.csv or config.folder
    if path is None:
        raise InputError(
            "--csv or --folder is missing: the texts, such as --csv mails.csv --text-column body "
            "--target kind, or --folder mails with a folder for each class"
        )
    found = read(path, config.header)
    others = columns.order_of(config, found.names)
    column, name = columns_of(found, config.text_column, config.target, others.values())
    target = targets.told(columns.of(found.frame, name), "classification")
    return found, Kept(column=column, target=target), others


def read(path: Path, header: Header = "auto") -> Found:
    """Reads labelled texts of any form, which is told from the file.

    Args:
        path: A table as `files` opens it; a file with a label, a tab and a text a line, or the text
            first; a folder, zip or tar archive with a folder of texts for each class.
        header: Whether the first line of a file has the names of columns.

    Raises:
        DataError: It is none of these, or has no texts.
    """
    if _has_folders(path):
        return _folder(path)
    file = files.opened(path, header)
    found = _lines(file) or Found(
        name=file.name, sha256=file.sha256, words=file.words, frame=file.frame(file.names)
    )
    if len(found.names) < 2:
        raise DataError(
            f"{path}: has one column only; expected texts and their labels: a table, a label, a "
            "tab and a text on each line, or --folder with a folder for each class"
        )
    return found


def columns_of(
    found: Found, text: str, target: str, others: Collection[str] = ()
) -> tuple[str, str]:
    """The columns of the texts and of their labels: those named, or told from names and fields.

    Args:
        text: The column of the texts as the user names it, or "".
        target: That of the labels, or "".
        others: Columns that are neither.

    Raises:
        DataError: There is no such column.
        InputError: They cannot be told.
    """
    taken = columns.named(target, found.names, "--target") if target else None
    free = [name for name in found.names if name not in (taken, *others)]
    if text:
        column = columns.named(text, found.names, "--text-column")
    else:
        column = _of_sentences(found.frame, free)
    if column is None:
        raise InputError(
            f"--text-column is missing: {found.name} has the {columns.quoted(found.names)}; which "
            "has the texts?"
        )
    if taken is None:
        free = [name for name in free if name != column]
        place = messages.place_of(free, messages.LABELS)
        taken = free[0] if len(free) == 1 else None if place is None else free[place]
    if taken is None:
        raise InputError(
            f"--target is missing: which column has the labels; there are the "
            f"{columns.quoted(found.names)}"
        )
    if taken == column:
        raise InputError(f"--text-column and --target are both {column!r}: texts and their labels")
    return column, taken


def _of_sentences(frame: pd.DataFrame, free: Sequence[str]) -> str | None:
    """The column that is called as columns of texts are, or else the only one with sentences.

    Of two columns it is the one with more different fields where both have sentences, or none has
    two words in a row, as in languages without gaps between words.
    """
    place = messages.place_of(free, messages.TEXTS)
    if place is not None:
        return free[place]
    some = {name: columns.of(frame, name).dropna().iloc[:_LOOKED_AT].astype(str) for name in free}
    sentences = [
        name
        for name, fields in some.items()
        if len(fields) and fields.str.contains(own_texts.TWO_WORDS).mean() > 0.5
    ]
    if len(sentences) == 1:
        return sentences[0]
    if len(frame.columns) != 2 or len(free) != 2:
        return None
    return max(free, key=lambda name: some[name].nunique())


def _lines(file: OwnFile) -> Found | None:
    """The lines of a file with a tab in each, whose quotes are part of texts; None of another."""
    if file.layout is None or file.layout.separator != "\t" or len(file.names) != 2:
        return None
    text = file.data.decode(file.encoding, errors="replace")
    lines = [line.removesuffix("\r") for line in text.split("\n")]  # of all line breaks only these
    lines = [line for line in lines if line.strip()][file.layout.header :]
    fields = [line.split("\t") for line in lines if line.count("\t") == 1]
    if len(fields) < _AGREED * len(lines) or not fields:
        return None
    frame = pd.DataFrame(fields, columns=list(file.names), dtype=str).map(str.strip)
    if not file.layout.header:
        column = _of_sentences(frame, file.names)
        frame.columns = [_NAMES[name == column] for name in file.names]
    stray = len(lines) - len(fields)
    remarks = (f"{stray:,} lines have no tab, or several: left out",) * bool(stray)
    return Found(
        name=file.name,
        sha256=file.sha256,
        words=f"{file.words}; a text and its label on each line",
        frame=frame.mask(frame == ""),
        remarks=remarks,
    )


def _has_folders(path: Path) -> bool:
    """Whether a path is a folder, or an archive with some."""
    try:
        if path.is_dir():
            return True
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if "__MACOSX" not in name]
            return len(names) > 1 and any("/" in name for name in names)
        return path.is_file() and tarfile.is_tarfile(path)
    except (OSError, zipfile.BadZipFile):  # told where it is read
        return False


def _folder(path: Path) -> Found:
    """The texts of a folder or archive, a file each; the class is the folder that they are in."""
    digest = hashlib.sha256()
    found: list[tuple[list[str], str]] = []
    binary = 0
    for name, contents in archives.files(path, _is_shown):
        line = f"{name}\0{hashlib.sha256(contents).hexdigest()}\n"
        digest.update(line.encode(errors="surrogateescape"))
        text = decoded(contents)
        if "\0" in text:
            binary += 1
        else:
            found.append((_steps(name), text.strip()))
    if not path.is_dir():  # what is packed is often one folder with all others
        while len({steps[0] for steps, _ in found}) == 1 and max(len(s) for s, _ in found) > 2:
            found = [(steps[1:], text) for steps, text in found]
    within = [(steps[0], text) for steps, text in found if len(steps) > 1]
    classes = sorted({label for label, _ in within})
    _refuse_others(path, classes)
    frame = pd.DataFrame(within, columns=list(_NAMES), dtype=str)
    outside = len(found) - len(within)
    remarks = [f"{binary:,} files are no texts: left out"] * bool(binary)
    remarks += [f"{outside:,} files are in no folder of a class: left out"] * bool(outside)
    return Found(
        name=path.absolute().name,
        sha256=digest.hexdigest(),
        words=f"{len(classes):,} folders, {len(frame):,} files, of which each is a text",
        frame=frame.mask(frame == ""),
        remarks=tuple(remarks),
    )


def _refuse_others(path: Path, classes: Sequence[str]) -> None:
    if len(classes) < 2:
        has = f"only {classes[0]!r}" if classes else "none"
        raise DataError(
            f"{path}: expected a folder with texts for each class, two or more; it has {has}"
        )
    if {label.lower() for label in classes} <= _PARTS:
        unpack = "" if path.is_dir() else "unpack it; then "
        raise DataError(
            f"{path}: has the folders {', '.join(classes)}, not one for each class: {unpack}"
            f"--folder {path / classes[-1]} --test {path / classes[0]}"
        )


def _steps(name: str) -> list[str]:
    """The folders and the file of a name, without the . that some archives begin with."""
    return [step for step in name.split("/") if step not in ("", ".")]


def _is_shown(name: str) -> bool:
    return not any(step.startswith(".") or step == "__MACOSX" for step in _steps(name))
