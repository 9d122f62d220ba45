"""The Titanic's passengers and who survived."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.source import DataError, DataKind, Info, RemoteFile, Source
from supervised.datasets.tables import Category, Column, Number

INFO = Info(
    name="titanic",
    title="Titanic: 1,309 passengers, six columns of each, who survived",
    source="https://hbiostat.org/data/",
    licence="none stated; published by Vanderbilt University for teaching",
    size="0.1 MB",
    files=(
        RemoteFile(
            name="titanic_dataset.csv",
            urls=("https://hbiostat.org/data/repo/titanic3.csv",),
            alternatives=("titanic3.csv",),
            subsets=("train.csv",),
        ),
    ),
    sample=None,
    how="save https://hbiostat.org/data/repo/titanic3.csv, TFLearn's titanic_dataset.csv, or "
    "Kaggle's train.csv, which is a part; their contents are checked",
)

CLASSES, SEXES = ("1", "2", "3"), ("female", "male")
COLUMNS: dict[str, Column] = {
    "pclass": Category(values=CLASSES),
    "sex": Category(values=SEXES),
    "age": Number(low=0, high=120, gaps=True),
    "sibsp": Number(low=0, high=20),
    "parch": Number(low=0, high=20),
    "fare": Number(low=0, high=1_000, gaps=True),
}
"""The inputs. Age is in years, NaN if it is not known; fare is in pounds of 1912."""
NUMERIC = tables.numeric(COLUMNS)
CATEGORICAL = tables.categorical(COLUMNS)

_TARGET: dict[str, Column] = {"survived": Category(values=("0", "1"))}
_OTHERS = (
    *("name", "ticket", "cabin", "embarked", "boat", "body", "home.dest", "passengerid"),
    "survived",
)
_PUBLISHED: dict[int, tuple[DataKind, str]] = {
    1_309: ("real", "titanic3.csv or titanic_dataset.csv"),
    891: ("sample", "train.csv"),
}
_SURVIVED = {1_309: 500, 891: 342}


@dataclass(frozen=True, kw_only=True)
class Titanic:
    """Passengers, and whether they survived.

    Attributes:
        name: Name of the set.
        kind: 1,309 rows where real; Kaggle's 891 of them as a sample; 1,000 where synthetic.
        frame: The columns of `COLUMNS`: `NUMERIC` as float64, `CATEGORICAL` as str.
        target: [N] int32, 1 for those who survived.
    """

    name: str = INFO.name
    kind: DataKind
    frame: pd.DataFrame
    target: npt.NDArray[np.int32]


def load(source: Source, *, seed: int = 0) -> Titanic:
    """Loads the passengers as the source wants them; `seed` is that of the generated ones.

    Raises:
        DataError: They are missing, or the file is not what was published.
    """
    return finding.load(
        INFO,
        source,
        read=_read,
        synthetic=lambda: synthetic(np.random.default_rng(seed)),
    )


def read_rows(path: Path) -> pd.DataFrame:
    """Reads a user's own passengers: a CSV file with the columns of `COLUMNS`, in any case.

    Raises:
        DataError: The file is not such a table, or a value is wrong.
    """
    return _without_zeros(tables.read(path, COLUMNS, optional=_OTHERS, any_case=True))


def _read(paths: tuple[Path, ...]) -> Titanic:
    """Reads the columns of Vanderbilt's, TFLearn's or Kaggle's file."""
    (path,) = paths
    optional = tuple(name for name in _OTHERS if name not in _TARGET)
    frame = tables.read(path, COLUMNS | _TARGET, optional=optional, any_case=True)
    kind = tables.kind_by_rows(path, frame, _PUBLISHED)
    target = (frame.pop("survived") == "1").to_numpy(np.int32)
    expected = _SURVIVED[len(frame)]
    if target.sum() != expected:
        raise DataError(f"{path}: {target.sum()} survived, expected {expected}")
    return Titanic(kind=kind, frame=_without_zeros(frame), target=target)


def _without_zeros(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with NaN for ages of 0, which mean in TFLearn's file that the age is not known."""
    return frame.assign(age=frame["age"].where(frame["age"] > 0))


def synthetic(rng: np.random.Generator, *, count: int = 1_000) -> Titanic:
    """Generates passengers; women, children and the first class survive more often."""
    place = rng.choice(3, size=count, p=(0.25, 0.21, 0.54))
    woman = rng.random(count) < 0.36
    age = rng.normal(30, 14, count).clip(0.2, 80).round(1)
    score = 2.6 * woman - 0.9 * place - 0.02 * age + 0.2 + rng.logistic(size=count)
    frame = pd.DataFrame(
        {
            "pclass": tables.words(np.array(CLASSES)[place]),
            "sex": tables.words(np.where(woman, *SEXES)),
            "age": np.where(rng.random(count) < 0.2, np.nan, age),
            "sibsp": rng.poisson(0.5, count).astype(np.float64),
            "parch": rng.poisson(0.4, count).astype(np.float64),
            "fare": (rng.lognormal(2.5, 0.6, count) * (3 - place)).clip(0, 512).round(2),
        }
    )
    return Titanic(kind="synthetic", frame=frame, target=(score > 0).astype(np.int32))
