"""Reads files of labelled texts: a label, a tab and a text on each line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from supervised.datasets.source import DataError, DataKind, read_bytes

_FEWEST = 100


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Texts and their labels.

    Attributes:
        texts: [N] str objects, none empty.
        labels: [N] int32, places among the names.
        skipped: Lines without a text.
    """

    texts: npt.NDArray[np.object_]
    labels: npt.NDArray[np.int32]
    skipped: int


@dataclass(frozen=True, kw_only=True)
class LabelledTexts:
    """A data set of texts of two kinds.

    Attributes:
        name: Name of the set.
        kind: Kind of the data.
        note: What was left out, or "".
        texts: [N] str objects; none is empty.
        labels: [N] int32, 0 or 1.
    """

    name: str
    kind: DataKind
    note: str = ""
    texts: npt.NDArray[np.object_]
    labels: npt.NDArray[np.int32]


def require_both(path: Path, found: Labelled, texts: str, ones: str) -> None:
    """Checks that there are enough texts, and that both kinds occur.

    Args:
        path: The file, for the message.
        found: What was read from it.
        texts: What its texts are, in words.
        ones: What the texts with label 1 are, in words.

    Raises:
        DataError: There are too few texts, or one kind is missing.
    """
    count, many = len(found.labels), int(found.labels.sum())
    if min(many, count - many) == 0 or count < _FEWEST:
        raise DataError(
            f"{path}: has {count:,} {texts}, {many:,} of them {ones}; expected {_FEWEST} or more, "
            "of both kinds"
        )


def read(path: Path, names: Sequence[str]) -> Labelled:
    """Reads a file; empty texts are counted and left out.

    Args:
        path: The file, packed with gzip or not.
        names: The labels as the file spells them.

    Raises:
        DataError: It cannot be read, is not UTF-8, or a line has no label.
    """
    texts, labels, skipped = [], [], 0
    for number, line in enumerate(_lines(path), 1):
        label, tab, text = line.partition("\t")
        if not line.strip() or (tab and not text.strip()):
            skipped += 1
            continue
        if not tab or label not in names:
            raise DataError(
                f"{path}: line {number} begins with {line[:20]!r}, expected "
                f"{' or '.join(names)}, a tab and a text"
            )
        texts.append(text.strip())
        labels.append(names.index(label))
    return Labelled(
        texts=np.array(texts, object), labels=np.array(labels, np.int32), skipped=skipped
    )


def _lines(path: Path) -> list[str]:
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: line {line} is not UTF-8; convert the file first, for example with "
            "iconv -f LATIN1 -t UTF-8"
        ) from None
    # Not splitlines, which takes the odd control characters in a message for a line's end.
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
