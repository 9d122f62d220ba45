"""Card payments of two days in 2013, few of them frauds (Dal Pozzolo, Caelen et al. 2015)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.source import DataKind, File, Info, RemoteFile, Source
from supervised.datasets.tables import Column, Number

INFO = Info(
    name="creditcard",
    title="Card payments: 284,807 payments by card, 492 of them frauds; 28 components and amount",
    source="https://www.kaggle.com/mlg-ulb/creditcardfraud",
    licence="ODbL 1.0 (database), DbCL 1.0 (contents)",
    size="150 MB",
    files=(
        RemoteFile(
            name="creditcard.csv",
            urls=("https://storage.googleapis.com/download.tensorflow.org/data/creditcard.csv",),
            subsets=("creditcard_subset.csv", "creditcard_sample.csv"),
        ),
    ),
    folders=("creditcardfraud",),
    sample=None,
    how="from https://www.kaggle.com/mlg-ulb/creditcardfraud, unpack its zip; "
    "nobody published a checksum, so rows and frauds are counted",
)

COMPONENTS: dict[str, Column] = {f"V{i}": Number(low=-1_000, high=1_000) for i in range(1, 29)}
"""Principal components of columns that the bank keeps secret, in order of falling deviation."""

COLUMNS: dict[str, Column] = {
    "Time": Number(low=0, high=1_000_000),
    **COMPONENTS,
    "Amount": Number(low=0, high=1_000_000),
}
"""The inputs in published order. `Time` is in seconds since the first, `Amount` in euros."""

NAMES = ("genuine", "fraud")

_PUBLISHED = (284_807, 492)


@dataclass(frozen=True, kw_only=True)
class CreditCard:
    """Payments and whether they were frauds.

    Attributes:
        name: Name of the set.
        kind: 284,807 rows, 492 of them frauds, where real; every part of them is a sample, and may
            have another share of frauds than 0.17 %; 8,000 where synthetic.
        note: How the rows differ from those published, or "".
        frame: The columns of `COLUMNS` as float64, in the order of the file: that of time.
        target: [N] int32, 1 for a fraud.
    """

    name: str = INFO.name
    kind: DataKind
    note: str = ""
    frame: pd.DataFrame
    target: npt.NDArray[np.int32]


def load(source: Source, *, seed: int = 0) -> CreditCard:
    """Loads the payments as the source wants them; `seed` is that of the generated ones.

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
    """Reads a user's own payments: a CSV file with V1 to V28; other published columns are ignored.

    Raises:
        DataError: The file is not such a table, or a value is wrong.
    """
    return tables.read(path, COMPONENTS, optional=("Time", "Amount", "Class"))


def _read(paths: tuple[File, ...]) -> CreditCard:
    found = tables.labelled(paths[0], COLUMNS, "Class", ("0", "1"), _PUBLISHED)
    return CreditCard(kind=found.kind, note=found.note, frame=found.frame, target=found.target)


_SHIFTS = {"V3": -7.0, "V4": 4.5, "V7": -5.6, "V10": -5.7, "V11": 3.8, "V12": -6.3, "V14": -7.0}
_SHIFTS |= {"V16": -4.1, "V17": -6.7}


def synthetic(rng: np.random.Generator, *, count: int = 8_000) -> CreditCard:
    """Generates payments with the published columns, more of them by day than by night.

    Components have heavy tails, and deviations that fall as the published ones do. 1 % are frauds,
    more than published, so that every part of so few rows has some. Frauds differ in the components
    in which published frauds do, by 0 to 1.5 times as much, so some look like genuine payments.

    Args:
        rng: Draws everything.
        count: Rows.
    """
    days = rng.integers(0, 2, count) + rng.normal(14, 5, count) / 24 % 1
    target = np.zeros(count, np.int32)
    target[rng.choice(count, round(0.01 * count), replace=False)] = 1
    tails = np.sqrt(5 / rng.chisquare(5, (count, 1)))  # of Student's t, shared by a row
    deviations = np.geomspace(1.9, 0.35, len(COMPONENTS))
    values = deviations * tails * rng.standard_normal((count, len(COMPONENTS)))  # [N, 28]
    shift = np.array([_SHIFTS.get(name, 0.0) for name in COMPONENTS])
    values += target[:, None] * shift * rng.uniform(0, 1.5, (count, 1))
    frame = pd.DataFrame(values.clip(-1_000, 1_000), columns=list(COMPONENTS))
    frame.insert(0, "Time", np.sort(days * 86_400).round())
    frame["Amount"] = rng.lognormal(3.1, 1.6, count).clip(0, 25_000).round(2)
    return CreditCard(kind="synthetic", frame=frame, target=target)
