"""Reviews of films, good and bad (Maas et al. 2011)."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from supervised.datasets import archives, finding, messages, splits
from supervised.datasets.messages import Labels, Texts
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile

INFO = Info(
    name="imdb",
    title="IMDB: 50,000 reviews of films, half of them good, in published halves",
    source="https://ai.stanford.edu/~amaas/data/sentiment/",
    licence="to be cited: Maas et al. 2011",
    size="84 MB packed, 130 MB",
    files=(
        RemoteFile(
            name="aclImdb_v1.tar.gz",
            urls=("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
            sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
            size=84_125_825,
            alternatives=("aclImdb_v1_labelled.tar.xz",),
            subsets=("IMDB Dataset.csv", "IMDB-Dataset.csv"),
            trees=("train/neg/*_*.txt",),
        ),
    ),
    folders=("aclImdb", "aclImdb_v1", "imdb-dataset-of-50k-movie-reviews"),
    how="download https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
)

NAMES = ("negative", "positive")

_FILMS = re.compile(r"(?:.*/)?train/urls_(neg|pos)\.txt")
_NAME = re.compile(r"(?:.*/)?(train|test)/(neg|pos)/(\d+)_\d+\.txt")
_SPELLED = {"negative": 0, "positive": 1, "neg": 0, "pos": 1, "0": 0, "1": 1}
_REAL = 12_500  # of each kind, in training and in test
_FEWEST = 50


@dataclass(frozen=True, kw_only=True)
class Reviews(Loaded):
    """Reviews and whether they are good.

    Attributes:
        kind: 12,500 of each kind for training and as many for the test where real; other numbers
            are a sample; 600 and 300 where synthetic.
        train_texts: [N] str objects; none is empty.
        train_labels: [N] int32, places in `NAMES`.
        train_films: [N] int32, the film of each review; all different if the files of addresses are
            missing.
        test_texts: [M] str objects.
        test_labels: [M] int32.
    """

    name: str = INFO.name
    train_texts: Texts
    train_labels: Labels
    train_films: Labels
    test_texts: Texts
    test_labels: Labels


def _read(path: File) -> Reviews:
    return _from_table(path) if ".csv" in path.name.lower() else _from_files(path)


def _from_table(path: File) -> Reviews:
    """Reviews without published halves: a random half of them, always the same, is for the test.

    Equal reviews are in the same half.
    """
    texts, labels, skipped = messages.read(path, _SPELLED)
    same = pd.factorize(texts)[0]
    groups = len(np.unique(same))
    test = splits.aside(same, groups // 2, np.random.default_rng(0))
    kept = min(np.bincount(labels[part], minlength=2).min() for part in (test, ~test))
    if kept < _FEWEST:
        raise DataError(
            f"{path}: has {len(labels):,} reviews, {labels.sum():,} of them good; "
            f"expected {4 * _FEWEST} or more, of both kinds"
        )
    note = f"{len(test):,} reviews without the published halves: {test.sum():,} test, by chance"
    return Reviews(
        kind="sample",
        note=note + (f"; {skipped:,} empty ones were left out" if skipped else ""),
        train_texts=texts[~test],
        train_labels=labels[~test],
        train_films=same[~test].astype(np.int32),
        test_texts=texts[test],
        test_labels=labels[test],
    )


def _from_files(path: File) -> Reviews:
    found: dict[tuple[str, str], dict[int, str]] = {
        (part, kind): {} for part in ("train", "test") for kind in ("neg", "pos")
    }
    films: dict[str, list[str]] = {"neg": [], "pos": []}
    empty = 0
    for name, contents in archives.files(path, _wanted):
        addresses, match = _FILMS.fullmatch(name), _NAME.fullmatch(name)
        if addresses:
            films[addresses[1]] = _text(path, name, contents).split()
        if not match:
            continue
        text = _text(path, name, contents)
        empty += not text
        if text:
            found[match[1], match[2]][int(match[3])] = text
    few = {f"{'/'.join(key)}": len(texts) for key, texts in found.items() if len(texts) < _FEWEST}
    if few:
        name, count = next(iter(few.items()))
        raise DataError(
            f"{path}: has {count:,} reviews {name}/NUMBER_STARS.txt, expected {_REAL:,}, or "
            f"{_FEWEST} at least"
        )
    real = all(len(texts) == _REAL for texts in found.values())
    note = f"{empty:,} empty reviews were left out" if empty else ""
    train_texts, train_labels = _part(found["train", "neg"], found["train", "pos"])
    test_texts, test_labels = _part(found["test", "neg"], found["test", "pos"])
    return Reviews(
        kind="real" if real else "sample",
        note=note,
        train_texts=train_texts,
        train_labels=train_labels,
        train_films=_films(films, found["train", "neg"], found["train", "pos"]),
        test_texts=test_texts,
        test_labels=test_labels,
    )


def _wanted(name: str) -> bool:
    return bool(_NAME.fullmatch(name) or _FILMS.fullmatch(name))


def _films(addresses: dict[str, list[str]], bad: dict[int, str], good: dict[int, str]) -> Labels:
    """A number for the film of each training review, from the lines of the files of addresses."""
    names = [
        addresses[kind][number] if number < len(addresses[kind]) else f"{kind}/{number}"
        for kind, by_number in (("neg", bad), ("pos", good))
        for number in sorted(by_number)
    ]
    return np.unique(names, return_inverse=True)[1].astype(np.int32)


def _text(path: File, name: str, contents: bytes) -> str:
    try:
        return contents.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise DataError(f"{path}: {name}: is not UTF-8") from None


def _part(bad: dict[int, str], good: dict[int, str]) -> tuple[Texts, Labels]:
    """The bad reviews, then the good ones, each in the order of their numbers."""
    texts = [by_number[number] for by_number in (bad, good) for number in sorted(by_number)]
    return np.array(texts, object), np.repeat(np.arange(2, dtype=np.int32), [len(bad), len(good)])


# fmt: off
_COMMON = (
    "the", "film", "movie", "and", "a", "of", "actors", "plot", "with", "it", "was", "scene", "in",
    "story", "this", "is", "director", "music", "that", "end",
)
_WORDS = (
    ("awful", "boring", "waste", "worst", "dull", "poor", "bad", "fails"),
    ("wonderful", "moving", "masterpiece", "best", "brilliant", "superb", "good", "shines"),
)
# fmt: on


def synthetic(rng: np.random.Generator, *, train: int = 600, test: int = 300) -> Reviews:
    """Generates reviews in which the order of words matters: "not bad" is good.

    Each review has 8 to 60 common words and two words of its own kind. In every third review the
    two words are of the other kind, each after a "not", which a bag of words cannot tell.
    """
    count = train + test
    labels = rng.permutation(np.arange(count, dtype=np.int32) % 2)
    texts = []
    for label, turned in zip(labels, rng.random(count) < 1 / 3, strict=True):
        words = list(rng.choice(_COMMON, rng.integers(8, 61)))
        for word in rng.choice(_WORDS[label ^ turned], 2):
            place = rng.integers(len(words) + 1)
            words.insert(place, f"not {word}" if turned else word)
        texts.append(" ".join(words) + ".")
    found = np.array(texts, object)
    return Reviews(
        kind="synthetic",
        train_texts=found[:train],
        train_labels=labels[:train],
        train_films=np.arange(train, dtype=np.int32) // 3,
        test_texts=found[train:],
        test_labels=labels[train:],
    )


load = finding.loader(INFO, read=_read, synthetic=synthetic)
