"""Card payments of two days in 2013, few of them frauds (Dal Pozzolo, Caelen et al. 2015)."""

from functools import partial

import numpy as np
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.layouts import Layout, Table
from supervised.datasets.source import Info, RemoteFile
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

_LAYOUT = Layout(columns=COLUMNS, target="Class", published=(284_807, 492))


read_rows = partial(tables.read, columns=COMPONENTS, optional=("Time", "Amount", "Class"))
"""Reads a user's own payments, a CSV file with V1 to V28."""

_SHIFTS = {"V3": -7.0, "V4": 4.5, "V7": -5.6, "V10": -5.7, "V11": 3.8, "V12": -6.3, "V14": -7.0}
_SHIFTS |= {"V16": -4.1, "V17": -6.7}


def synthetic(rng: np.random.Generator, *, count: int = 8_000) -> Table:
    """Generates payments with the published columns, more of them by day than by night.

    Components have heavy tails, and deviations that fall as the published ones do. 1 % are frauds,
    more than published, so that every part of so few rows has some. Frauds differ in the components
    in which published frauds do, by 0 to 1.5 times as much, so some look like genuine payments.
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
    return Table(name=INFO.name, kind="synthetic", frame=frame, target=target)


load = finding.loader(INFO, read=partial(_LAYOUT.table, INFO.name), synthetic=synthetic)
"""Loads the payments in the order of time. Parts may have another share of frauds than 0.17 %."""
