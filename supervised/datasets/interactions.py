"""Interactions of people and things in libfm files: frappe (apps) and ml-tag (tags of films).

Xiangnan He and Tat-Seng Chua (2017) published both. Every row has the places of its features and a
target: 1 for an interaction that happened, -1 for one that was drawn at random.
"""

import itertools
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from supervised.datasets import finding, splits
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile, beside, read_bytes

_SOURCE = "https://github.com/hexiangnan/neural_factorization_machine"


def _info(name: str, title: str, size: str) -> Info:
    return Info(
        name=name,
        title=title,
        source=_SOURCE,
        licence="to be cited: He and Chua 2017",
        size=size,
        files=(RemoteFile(name=f"{name}.train.libfm", subsets=(f"{name}.validation.libfm",)),),
        how=f"{name}.train.libfm, .validation.libfm and .test.libfm from {_SOURCE}",
    )


FRAPPE = _info(
    "frappe", "Frappe: 288,609 uses of apps, 4,082 of them by 957 people, in contexts", "21 MB"
)
ML_TAG = _info(
    "ml-tag", "MovieLens tags: 2,006,859 tags of films, each with its film and a person", "60 MB"
)

_SIZES = {"frappe": (202_027, 57_722, 28_860), "ml-tag": (1_404_801, 401_372, 200_686)}
_FEWEST = 100
_MOST = 100_000_000  # place of a feature: each takes factors

Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Sparse rows and their targets.

    Attributes:
        places: [N, M] int32 places of a row's features, from 1; 0 after its last feature.
        values: [N, M] float32, 0 after its last feature.
        targets: [N] float32, 1 or -1.
    """

    places: Places
    values: Floats
    targets: Floats

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: npt.NDArray[np.int64]) -> "Rows":
        """The rows in these places."""
        return Rows(places=self.places[rows], values=self.values[rows], targets=self.targets[rows])


@dataclass(frozen=True, kw_only=True)
class Interactions(Loaded):
    """The rows of a set in its three parts.

    Attributes:
        kind: `real` with the three published files; a `sample` where it is without the training
            file, and the two others are split 70, 20 and 10 %; 6,000 rows where synthetic.
        train: Rows to learn from.
        validation: Rows that choose the epoch.
        test: Rows that are scored once, at the end.
    """

    features: int
    train: Rows
    validation: Rows
    test: Rows


def _read(name: str, path: File) -> Interactions:
    whole = ".train." in path.name
    parts = ("train", "validation", "test") if whole else ("validation", "test")
    files = [path.name.replace(f".{parts[0]}.", f".{part}.") for part in parts]
    found = [read_rows(beside(path, file)) for file in files]
    for file, rows in zip(files, found, strict=True):
        if len(rows) < _FEWEST or not np.all(np.abs(rows.targets) == 1):
            raise DataError(
                f"{beside(path, file)}: has {len(rows):,} rows, expected {_FEWEST} or more, each "
                "with a target of 1 or -1"
            )
    features = max(int(rows.places.max()) for rows in found)
    width = max(rows.places.shape[1] for rows in found)
    found = [widened(rows, width) for rows in found]
    note = ""
    if not whole:
        rows = Rows(
            places=np.concatenate([each.places for each in found]),
            values=np.concatenate([each.values for each in found]),
            targets=np.concatenate([each.targets for each in found]),
        )
        cut = splits.split(len(rows), (0.7, 0.2, 0.1), np.random.default_rng(0), rows.targets)
        found = [rows.take(part) for part in cut]
        note = (
            f"{name}.train.libfm is not there: {len(rows):,} rows of validation and test are split "
            "70, 20 and 10 %"
        )
    train, validation, test = found
    real = whole and tuple(map(len, found)) == _SIZES[name]
    return Interactions(
        name=name,
        kind="real" if real else "sample",
        note=note,
        features=features,
        train=train,
        validation=validation,
        test=test,
    )


def read_rows(path: File) -> Rows:
    """Reads a libfm file: a target, and place:value pairs in any order, on each line.

    Raises:
        DataError: It cannot be read, or has another format.
    """
    places: list[list[int]] = []
    values: list[list[float]] = []
    targets: list[float] = []
    text = read_bytes(path).decode("ascii", "replace")
    for number, line in enumerate(filter(str.strip, text.splitlines()), 1):
        target, *pairs = line.split()
        try:
            found = [pair.split(":") for pair in pairs]
            places.append([int(place) + 1 for place, _ in found])
            values.append([float(value) for _, value in found])
            targets.append(float(target))
        except ValueError:
            raise DataError(
                f"{path}: row {number:,} is {line[:40]!r}, expected such as 1 266:1 1244:1"
            ) from None
    width = max(map(len, places), default=0)
    if not width or min(map(min, filter(None, places))) < 1 or max(map(max, places)) > _MOST:
        raise DataError(f"{path}: expected rows with places from 0, such as 1 266:1 1244:1")
    return Rows(
        places=np.array([row + [0] * (width - len(row)) for row in places], np.int32),
        values=np.array([row + [0.0] * (width - len(row)) for row in values], np.float32),
        targets=np.array(targets, np.float32),
    )


def widened(rows: Rows, width: int) -> Rows:
    """The rows with their columns filled up to `width` features."""
    beside = ((0, 0), (0, width - rows.places.shape[1]))
    return replace(rows, places=np.pad(rows.places, beside), values=np.pad(rows.values, beside))


def synthetic(
    rng: np.random.Generator,
    *,
    name: str = "frappe",
    people: int = 60,
    things: int = 80,
    contexts: int = 6,
    count: int = 6_000,
) -> Interactions:
    """Generates rows of person, thing and context; the target is 1 where taste and kind agree.

    No feature tells anything by itself: half of the rows of each person and of each thing are 1, so
    a linear model learns nothing. One target in ten is wrong. 70, 20 and 10 % of the rows are for
    training, validation and test.
    """
    person, thing = rng.integers(0, people, count), rng.integers(0, things, count)
    context = rng.integers(0, contexts, count)
    tastes, kinds = rng.normal(size=(people, 2)), rng.normal(size=(things, 2))
    agree = (tastes[person] * kinds[thing]).sum(axis=1) > 0
    lies = rng.random(count) < 0.1
    rows = Rows(
        places=np.column_stack(
            [1 + person, 1 + people + thing, 1 + people + things + context]
        ).astype(np.int32),
        values=np.ones((count, 3), np.float32),
        targets=np.where(agree ^ lies, 1, -1).astype(np.float32),
    )
    cuts = (0, round(0.7 * count), round(0.9 * count), count)
    parts = [rows.take(np.arange(a, b)) for a, b in itertools.pairwise(cuts)]
    return Interactions(
        name=name,
        kind="synthetic",
        features=people + things + contexts,
        train=parts[0],
        validation=parts[1],
        test=parts[2],
    )


load_frappe, load_ml_tag = (
    finding.loader(
        info, read=partial(_read, info.name), synthetic=partial(synthetic, name=info.name)
    )
    for info in (FRAPPE, ML_TAG)
)
