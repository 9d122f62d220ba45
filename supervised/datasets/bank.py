"""Bank marketing: who takes a term deposit after a call (Moro, Cortez and Rita 2014)."""

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.layouts import Layout, Table
from supervised.datasets.source import File, Info, RemoteFile
from supervised.datasets.tables import Category, Column, Number, one_of

INFO = Info(
    name="bank",
    title="Bank marketing: 41,188 calls of a bank, 20 inputs, did the client subscribe",
    source="https://archive.ics.uci.edu/dataset/222/bank+marketing",
    licence="CC BY 4.0",
    size="0.5 MB packed, 5.8 MB",
    files=(
        RemoteFile(
            name="bank-additional-full.csv",
            urls=("https://archive.ics.uci.edu/static/public/222/bank+marketing.zip",),
            sha256="74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8",
            members=("bank-additional.zip", "bank-additional/bank-additional-full.csv"),
            subsets=("bank-additional.csv", "bank-full.csv", "bank.csv"),
        ),
    ),
    folders=("bank+marketing", "bank-marketing", "bank-additional"),
    how="from https://archive.ics.uci.edu/dataset/222, unpack bank-additional.zip in its zip",
)

_ASKED = one_of("no yes unknown")

COLUMNS: dict[str, Column] = {
    "age": Number(low=10, high=120),
    "job": one_of(
        "admin. blue-collar entrepreneur housemaid management retired self-employed services "
        "student technician unemployed unknown"
    ),
    "marital": one_of("divorced married single unknown"),
    "education": one_of(
        "basic.4y basic.6y basic.9y high.school illiterate professional.course university.degree "
        "unknown"
    ),
    "default": _ASKED,
    "housing": _ASKED,
    "loan": _ASKED,
    "contact": one_of("cellular telephone"),
    "month": one_of("jan feb mar apr may jun jul aug sep oct nov dec"),
    "day_of_week": one_of("mon tue wed thu fri"),
    "duration": Number(low=0, high=86_400),
    "campaign": Number(low=1, high=1_000),
    "pdays": Number(low=0, high=999),
    "previous": Number(low=0, high=1_000),
    "poutcome": one_of("failure nonexistent success"),
    "emp.var.rate": Number(low=-50, high=50),
    "cons.price.idx": Number(low=0, high=1_000),
    "cons.conf.idx": Number(low=-200, high=200),
    "euribor3m": Number(low=-10, high=50),
    "nr.employed": Number(low=0, high=100_000),
}
"""The inputs in published order. `duration` is in seconds; `pdays` 999 means not called before."""

NUMERIC = tables.numeric(COLUMNS)
CATEGORICAL = tables.categorical(COLUMNS)

_ONLY_NEWER = ("day_of_week", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m")
_ONLY_NEWER += ("nr.employed",)
OLDER_COLUMNS: dict[str, Column] = {
    **{name: column for name, column in COLUMNS.items() if name not in _ONLY_NEWER},
    "education": one_of("primary secondary tertiary unknown"),
    "contact": one_of("cellular telephone unknown"),
    "pdays": Number(low=-1, high=999),
    "poutcome": one_of("failure other success unknown"),
    "balance": Number(low=-1e6, high=1e7),
    "day": Number(low=1, high=31),
}
"""The inputs of the older `bank-full.csv`. `balance` is in euros; `pdays` -1 means not called
before."""

_LAYOUT = Layout(columns=COLUMNS, target="y", words=("no", "yes"), published=(41_188, 4_640))
_OLDER = replace(_LAYOUT, columns=OLDER_COLUMNS, published=(45_211, 5_289))


def columns_of(names: Container[str]) -> dict[str, Column]:
    """`OLDER_COLUMNS` where the names of a table's columns have one that only these have."""
    return OLDER_COLUMNS if "balance" in names else COLUMNS


def read_rows(path: Path, columns: dict[str, Column] = COLUMNS) -> pd.DataFrame:
    """Reads a user's own calls: a CSV file with these columns; `y` is left out.

    Raises:
        DataError: The file is not such a table, or a value is wrong.
    """
    return tables.read(path, columns, optional=("y",))


def _read(path: File) -> Table:
    if columns_of(tables.header(path)) is COLUMNS:
        return _LAYOUT.table(INFO.name, path)
    said = "the older calls of bank-full.csv, with other inputs than those of the published figures"
    return _OLDER.table(INFO.name, path).judged(False, said)


# Of the published set: weight, emp.var.rate, cons.price.idx, cons.conf.idx, euribor3m, nr.employed.
_ECONOMY = np.array(
    [
        (0.39, 1.4, 94.05, -41.0, 4.96, 5228.1),
        (0.19, 1.1, 93.99, -36.4, 4.86, 5191.0),
        (0.09, -0.1, 93.20, -42.0, 4.08, 5195.8),
        (0.22, -1.8, 92.95, -45.5, 1.33, 5099.1),
        (0.04, -2.9, 92.60, -32.5, 0.95, 5076.2),
        (0.04, -3.4, 92.45, -28.5, 0.75, 5017.5),
        (0.03, -1.7, 94.20, -40.0, 0.80, 4991.6),
    ]
)

_WEIGHTS: dict[str, tuple[float, ...]] = {
    "job": (0.253, 0.225, 0.035, 0.026, 0.071, 0.042, 0.035, 0.096, 0.021, 0.164, 0.024, 0.008),
    "marital": (0.112, 0.605, 0.281, 0.002),
    "education": (0.101, 0.056, 0.147, 0.231, 0.001, 0.127, 0.295, 0.042),
    "default": (0.791, 0.001, 0.208),
    "housing": (0.452, 0.524, 0.024),
    "loan": (0.824, 0.152, 0.024),
    "contact": (0.635, 0.365),
    "month": (0, 0, 0.013, 0.064, 0.334, 0.129, 0.174, 0.150, 0.014, 0.018, 0.100, 0.004),
    "day_of_week": (0.207, 0.196, 0.198, 0.209, 0.190),
    "poutcome": (0.103, 0.864, 0.033),
}


def synthetic(rng: np.random.Generator, *, count: int = 8_000) -> Table:
    """Generates calls with the published columns and about the published shares of each value.

    A yes is the likelier, the longer the call, the weaker the economy and the better the result of
    the last campaign; 11 % of the calls are a yes.
    """
    drawn: dict[str, npt.NDArray] = {
        name: rng.choice(_values(name), size=count, p=np.array(weights) / sum(weights))
        for name, weights in _WEIGHTS.items()
    }
    called = drawn["poutcome"] != "nonexistent"
    economy = _ECONOMY[rng.choice(len(_ECONOMY), size=count, p=_ECONOMY[:, 0]), 1:]
    euribor = economy[:, 3] + rng.uniform(-0.1, 0.1, count)
    drawn |= {
        "age": rng.normal(40, 10.4, count).clip(17, 98).round(),
        "duration": rng.lognormal(5.2, 0.85, count).clip(1, 4_918).round(),
        "campaign": rng.geometric(0.39, count).clip(1, 56),
        "pdays": np.where(drawn["poutcome"] == "success", rng.integers(2, 15, count), 999),
        "previous": np.where(called, 1 + rng.poisson(0.25, count), 0),
        "emp.var.rate": economy[:, 0],
        "cons.price.idx": economy[:, 1],
        "cons.conf.idx": economy[:, 2],
        "euribor3m": euribor.round(3),
        "nr.employed": economy[:, 4],
    }
    score = (
        1.7 * np.log(drawn["duration"] / 180)
        - 0.7 * euribor
        + 1.8 * (drawn["poutcome"] == "success")
        + 0.5 * (drawn["contact"] == "cellular")
        + rng.logistic(size=count)
    )
    frame = pd.DataFrame(
        {
            name: drawn[name].astype(np.float64) if name in NUMERIC else tables.words(drawn[name])
            for name in COLUMNS
        }
    )
    target = (score > np.quantile(score, 0.89)).astype(np.int32)
    return Table(name=INFO.name, kind="synthetic", frame=frame, target=target)


def _values(name: str) -> tuple[str, ...]:
    column = COLUMNS[name]
    assert isinstance(column, Category)
    assert column.values is not None
    return column.values


load = finding.loader(INFO, read=_read, synthetic=synthetic)
"""Loads the calls; a part of them, or the older `bank-full.csv`, is a sample."""
