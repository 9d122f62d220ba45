"""Irises: 150 flowers of three species, four lengths of each (Fisher 1936)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import finding, tables
from supervised.datasets.source import (
    DataError,
    DataKind,
    File,
    Info,
    RemoteFile,
    Source,
    read_bytes,
)
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


@dataclass(frozen=True, kw_only=True)
class Iris:
    """Flowers and their species.

    Attributes:
        name: Name of the set.
        kind: `real` is the published file; what scikit-learn ships counts as a `sample`, although
            it has every flower.
        frame: [150] rows of `COLUMNS`, float64.
        target: [150] int32, places in `NAMES`.
    """

    name: str = INFO.name
    kind: DataKind
    frame: pd.DataFrame
    target: npt.NDArray[np.int32]


def load(source: Source, *, seed: int = 0) -> Iris:
    """Loads the flowers as the source wants them; `seed` is that of the generated ones.

    Raises:
        DataError: They are missing, or the file is not what was published.
    """
    return finding.load(
        INFO,
        source,
        read=_read,
        sample=sample,
        synthetic=lambda: synthetic(np.random.default_rng(seed)),
    )


def read_rows(path: Path) -> pd.DataFrame:
    """Reads a user's own flowers: a CSV file with the columns of `COLUMNS`; `species` is left out.

    Raises:
        DataError: The file is not such a table, or a value is wrong.
    """
    return tables.read(path, COLUMNS, optional=("species",))


def sample() -> Iris:
    """The flowers that scikit-learn ships."""
    from sklearn import datasets  # slow to import

    features, target = datasets.load_iris(return_X_y=True)
    return _of("sample", np.asarray(features), np.asarray(target))


def _read(paths: tuple[File, ...]) -> Iris:
    """Reads UCI's file: lines of four lengths and `Iris-` with the species, no header."""
    (path,) = paths
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


def synthetic(rng: np.random.Generator) -> Iris:
    """Generates flowers with about the published means and deviations of each species."""
    target = np.repeat(np.arange(len(NAMES)), _OF_EACH)
    features = rng.normal(_MEANS[target], _DEVIATIONS[target]).clip(0.1, 10).round(1)
    return _of("synthetic", features, target)


def _of(kind: DataKind, features: npt.NDArray[np.float64], target: npt.NDArray) -> Iris:
    frame = pd.DataFrame(features.astype(np.float64), columns=list(NUMERIC))
    return Iris(kind=kind, frame=frame, target=target.astype(np.int32))
