"""The Titanic's passengers and who survived."""

from dataclasses import replace

import numpy as np
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.layouts import Layout, Table
from supervised.datasets.source import File, Info, RemoteFile
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
_LAYOUT = Layout(
    columns=COLUMNS,
    target="survived",
    published=(1_309, 500),
    optional=_OTHERS,
    aliases={"Siblings/Spouses Aboard": "sibsp", "Parents/Children Aboard": "parch"},
)


read_rows = _LAYOUT.rows
"""Reads a user's own passengers, a CSV file with these columns."""


def _read(path: File) -> Table:
    """Reads the columns of Vanderbilt's, TFLearn's, Kaggle's, Stanford's or seaborn's file."""
    found = _LAYOUT.table(INFO.name, path)
    return replace(found, frame=with_known_ages(found.frame))


def with_known_ages(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with NaN for ages of 0, which mean in TFLearn's file that the age is not known."""
    return frame.assign(age=frame["age"].where(frame["age"] > 0))


def synthetic(rng: np.random.Generator, *, count: int = 1_000) -> Table:
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
    survived = (score > 0).astype(np.int32)
    return Table(name=INFO.name, kind="synthetic", frame=frame, target=survived)


load = finding.loader(INFO, read=_read, synthetic=synthetic)
"""Loads the passengers; parts of them are a sample, such as Kaggle's 891."""
