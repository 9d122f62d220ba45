"""The Titanic's passengers and who survived."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.source import DataKind, File, Info, RemoteFile, Source
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
            subsets=("titanic.csv", "train.csv", "titanic-dataset.csv"),
        ),
    ),
    sample=None,
    how="save https://hbiostat.org/data/repo/titanic3.csv, TFLearn's titanic_dataset.csv, or "
    "a part: Kaggle's train.csv, seaborn's titanic.csv; their contents are checked",
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

_OTHERS = (
    *("name", "ticket", "cabin", "embarked", "boat", "body", "home.dest", "passengerid"),
    *("class", "who", "adult_male", "deck", "embark_town", "alive", "alone"),  # seaborn's
)
_ALIASES = {"Siblings/Spouses Aboard": "sibsp", "Parents/Children Aboard": "parch"}
_PUBLISHED = (1_309, 500)


@dataclass(frozen=True, kw_only=True)
class Titanic:
    """Passengers, and whether they survived.

    Attributes:
        name: Name of the set.
        kind: 1,309 rows where real; a part of them, such as Kaggle's 891, is a sample; 1,000 where
            synthetic.
        note: How the rows differ from those published, or "".
        frame: The columns of `COLUMNS`: `NUMERIC` as float64, `CATEGORICAL` as str.
        target: [N] int32, 1 for those who survived.
    """

    name: str = INFO.name
    kind: DataKind
    note: str = ""
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
    """Reads a user's own passengers: a CSV file with the columns of `COLUMNS`.

    Raises:
        DataError: The file is not such a table, or a value is wrong.
    """
    optional = (*_OTHERS, "survived")
    return _without_zeros(tables.read(path, COLUMNS, optional=optional, aliases=_ALIASES))


def _read(paths: tuple[File, ...]) -> Titanic:
    """Reads the columns of Vanderbilt's, TFLearn's, Kaggle's, Stanford's or seaborn's file."""
    found = tables.labelled(
        paths[0],
        COLUMNS,
        "survived",
        ("0", "1"),
        _PUBLISHED,
        optional=_OTHERS,
        aliases=_ALIASES,
    )
    frame = _without_zeros(found.frame)
    return Titanic(kind=found.kind, note=found.note, frame=frame, target=found.target)


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
