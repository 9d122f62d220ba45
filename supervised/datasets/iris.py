"""Irises: 150 flowers of three species, four lengths of each (Fisher 1936)."""

from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.layouts import Table
from supervised.datasets.source import DataError, DataKind, File, Info, RemoteFile, read_bytes
from supervised.datasets.tables import Column, Number

INFO = Info(
    name="iris",
    title="Irises: 150 flowers, 4 lengths in cm, three species",
    source="https://archive.ics.uci.edu/dataset/53/iris",
    licence="CC BY 4.0",
    size="5 kB",
    files=(
        RemoteFile(
            name="iris.data",
            urls=("https://archive.ics.uci.edu/ml/machine-learning-databases/iris/iris.data",),
            alternatives=("bezdekIris.data",),
        ),
    ),
    sample="the same 150 flowers, in scikit-learn, two of which UCI has with other numbers",
    how="save https://archive.ics.uci.edu/static/public/53/iris.zip and unpack iris.data; "
    "nobody published a checksum, so its contents are checked",
)

NAMES = ("setosa", "versicolor", "virginica")
_LENGTHS = ("sepal_length", "sepal_width", "petal_length", "petal_width")
COLUMNS: dict[str, Column] = dict.fromkeys(_LENGTHS, Number(low=0.01, high=30))
"""The inputs in published order, in cm."""
NUMERIC = tables.numeric(COLUMNS)

_OF_EACH = 50
_MEANS = np.array([[5.006, 3.42, 1.46, 0.25], [5.936, 2.77, 4.26, 1.33], [6.588, 2.97, 5.55, 2.03]])
_DEVIATIONS = np.array([[0.35, 0.38, 0.17, 0.1], [0.52, 0.31, 0.47, 0.2], [0.64, 0.32, 0.55, 0.27]])


read_rows = partial(tables.read, columns=COLUMNS, optional=("species",))
"""Reads a user's own flowers, a CSV file with the columns of `COLUMNS`."""


def sample() -> Table:
    """The flowers that scikit-learn ships."""
    from sklearn import datasets  # slow to import

    features, target = datasets.load_iris(return_X_y=True)
    return _of("sample", np.asarray(features), np.asarray(target))


def _read(path: File) -> Table:
    """Reads UCI's file: lines of four lengths and `Iris-` with the species, no header."""
    features, target = [], []
    lines = read_bytes(path).decode("utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        *lengths, species = line.split(",")
        name = species.strip().removeprefix("Iris-")
        try:
            values = [float(word) for word in lengths]
        except ValueError:
            values = []
        if len(values) != len(NUMERIC) or name not in NAMES:
            raise DataError(
                f"{path}: line {number}: expected four lengths and a species such as Iris-setosa, "
                f"found {line.strip()[:40]!r}"
            )
        features.append(values)
        target.append(NAMES.index(name))
    counts = np.bincount(target, minlength=len(NAMES)).tolist()
    if counts != [_OF_EACH] * len(NAMES):
        raise DataError(f"{path}: has {counts} flowers of {', '.join(NAMES)}, expected 50 each")
    return _of("real", np.array(features), np.array(target))


def synthetic(rng: np.random.Generator) -> Table:
    """Generates flowers with about the published means and deviations of each species."""
    target = np.repeat(np.arange(len(NAMES)), _OF_EACH)
    features = rng.normal(_MEANS[target], _DEVIATIONS[target]).clip(0.1, 10).round(1)
    return _of("synthetic", features, target)


def _of(kind: DataKind, features: npt.NDArray[np.float64], target: npt.NDArray) -> Table:
    frame = pd.DataFrame(features.astype(np.float64), columns=list(NUMERIC))
    return Table(name=INFO.name, kind=kind, frame=frame, target=target.astype(np.int32))


load = finding.loader(INFO, read=_read, sample=sample, synthetic=synthetic)
"""Loads the flowers; those of scikit-learn count as a sample, although they are all."""
