"""Sentences about films and cars, good and bad: UMICH SI650 (Kaggle in class, 2011)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from supervised.datasets import finding, imdb, messages
from supervised.datasets.source import DataError, DataKind, Info, RemoteFile, Source

INFO = Info(
    name="umich",
    title="UMICH SI650: 7,086 sentences of opinion, four in five of them copies",
    source="https://www.kaggle.com/c/si650winter11",
    licence="Kaggle's rules of the competition",
    size="0.4 MB",
    files=(RemoteFile(name="training.txt"),),
    sample=None,
    how="with a Kaggle login, training.txt of https://www.kaggle.com/c/si650winter11/data",
)

_PUBLISHED = 7_086
_FEWEST = 100


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """Sentences and whether they are good; most are there several times.

    Attributes:
        name: Of the set.
        kind: 7,086 sentences where real; every other file of the format is a sample; 900 where
            synthetic.
        note: What was left out, or "".
        texts: [N] str objects; none is empty.
        labels: [N] int32, 1 where good.
    """

    name: str = INFO.name
    kind: DataKind
    note: str = ""
    texts: npt.NDArray[np.object_]
    labels: npt.NDArray[np.int32]


def load(source: Source, *, seed: int = 0) -> Sentences:
    """Loads the sentences as the source wants them; `seed` is that of the generated ones.

    Raises:
        DataError: They are missing, or the file is not in the published format.
    """
    return finding.load(
        INFO,
        source,
        read=_read,
        synthetic=lambda: synthetic(np.random.default_rng(seed)),
    )


def _read(paths: tuple[Path, ...]) -> Sentences:
    (path,) = paths
    found = messages.read(path, ("0", "1"))
    count, good = len(found.labels), int(found.labels.sum())
    if min(good, count - good) == 0 or count < _FEWEST:
        raise DataError(
            f"{path}: has {count:,} sentences, {good:,} of them good (1); expected {_FEWEST} or "
            "more, of both kinds"
        )
    note = f"{found.skipped:,} empty lines or sentences were left out" if found.skipped else ""
    kind: DataKind = "real" if count == _PUBLISHED else "sample"
    return Sentences(kind=kind, note=note, texts=found.texts, labels=found.labels)


def synthetic(rng: np.random.Generator) -> Sentences:
    """The generated reviews, without their parts."""
    reviews = imdb.synthetic(rng)
    return Sentences(
        kind="synthetic",
        texts=np.concatenate([reviews.train_texts, reviews.test_texts]),
        labels=np.concatenate([reviews.train_labels, reviews.test_labels]),
    )
