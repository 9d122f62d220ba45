"""Reads labelled texts: a label, a tab and a text on each line, or a table with columns of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from supervised.datasets import tables
from supervised.datasets.source import DataError, File, Loaded, read_text

TEXTS = ("v2", "text", "message", "review", "sentence", "sms")
"""What columns of texts are called, in small letters."""
LABELS = ("v1", "label", "category", "sentiment", "class")
"""What columns of labels are called."""
_FEWEST = 100

Texts = npt.NDArray[np.object_]
Labels = npt.NDArray[np.int32]


class Labelled(NamedTuple):
    """Texts, none of them empty, their labels, and how many rows have no text."""

    texts: Texts
    labels: Labels
    skipped: int


@dataclass(frozen=True, kw_only=True)
class LabelledTexts(Loaded):
    """A data set of texts of two kinds.

    Attributes:
        texts: [N] str objects; none is empty.
        labels: [N] int32, 0 or 1.
    """

    texts: Texts
    labels: Labels


def read_set(
    name: str, path: File, words: Mapping[str, int], published: tuple[int, int]
) -> LabelledTexts:
    """Reads a published set of texts of two kinds, or any part of it.

    Args:
        words: The label of each word that the file may have for one.
        published: How many texts are published, and how many of them have label 1.

    Raises:
        DataError: It cannot be read, is no such file, has too few texts, or one kind is missing.
    """
    texts, labels, skipped = read(path, words)
    count, ones = len(labels), int(labels.sum())
    if min(ones, count - ones) == 0 or count < _FEWEST:
        one = next(word for word, label in words.items() if label == 1)
        raise DataError(
            f"{path}: has {count:,} texts, {ones:,} of them {one}; expected {_FEWEST} "
            "or more, of both kinds"
        )
    note = f"{skipped:,} without a text were left out" if skipped else ""
    found = LabelledTexts(name=name, kind="sample", note=note, texts=texts, labels=labels)
    said = f"{count:,} texts, where {published[0]:,} are published"
    return found.judged((count, ones) == published, said)


def read(path: File, words: Mapping[str, int]) -> Labelled:
    """Reads a file; empty texts are counted and left out.

    Args:
        path: The file, packed with gzip or not.
        words: The label of each word that the file may have for one.

    Raises:
        DataError: It cannot be read, or a line has no label.
    """
    texts, labels, skipped = [], [], 0
    for where, label, text in _rows(path, words):
        if not text.strip():
            skipped += 1
            continue
        if label not in words:
            raise DataError(
                f"{path}: {where} begins with {label[:20]!r}, expected {' or '.join(words)}, a tab "
                f"and a text, or a table with columns such as label and text"
            )
        texts.append(text.strip())
        labels.append(words[label])
    return Labelled(np.array(texts, object), np.array(labels, np.int32), skipped)


def place_of(names: Sequence[str], usual: Sequence[str]) -> int | None:
    """The place of the column that is called as usual; None where none is."""
    lower = [name.strip().lower() for name in names]
    return next((lower.index(name) for name in usual if name in lower), None)


def _rows(path: File, words: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    """Where each row is, its label and its text."""
    text = read_text(path)
    names = tables.fields(text.partition("\n")[0])
    label, column = place_of(names, LABELS), place_of(names, TEXTS)
    if label is None or column is None:
        yield from _lines(text, 1)
    elif (label, column) == (0, 1) and "\t" in text.partition("\n")[0]:
        yield from _lines(text.partition("\n")[2], 2)  # of which none is in quotes
    else:
        # A text with a comma may go on in columns without a name.
        beside = [n for n, name in enumerate(names) if not name.strip() and n > column]
        for number, row in enumerate(tables.records(path, text, text[:200])):
            if number and row:
                if len(row) <= label:
                    raise DataError(f"{path}: data row {number:,} has no {names[label].strip()}")
                parts = [row[n] for n in (column, *beside) if n < len(row) and row[n]]
                yield f"data row {number:,}", row[label].strip().lower(), ",".join(parts)


def _lines(text: str, first: int) -> Iterator[tuple[str, str, str]]:
    # Not splitlines, which takes the odd control characters in a message for a line's end.
    for number, line in enumerate(text.removesuffix("\n").split("\n"), first):
        label, tab, rest = line.removesuffix("\r").partition("\t")
        yield f"line {number}", label if tab else line, rest if tab else line
