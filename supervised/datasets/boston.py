"""Boston housing: prices of homes in 506 census tracts (Harrison and Rubinfeld 1978)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from common import optional
from supervised.datasets import finding, tables
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile, read_bytes
from supervised.datasets.tables import Number

Floats = npt.NDArray[np.float64]

INFO = Info(
    name="boston",
    title="Boston housing: 506 census tracts, 13 inputs, median price of a home",
    source="http://lib.stat.cmu.edu/datasets/boston",
    licence="none stated; published in StatLib for any use",
    size="50 kB",
    files=(
        RemoteFile(
            name="housing.data",
            urls=(
                "https://archive.ics.uci.edu/ml/machine-learning-databases/housing/housing.data",
                "http://lib.stat.cmu.edu/datasets/boston",
            ),
            alternatives=("boston", "boston.txt"),
        ),
    ),
    sample="the same 506 rows, in mlxtend",
    how="save http://lib.stat.cmu.edu/datasets/boston under that name; "
    "nobody published a checksum, so its contents are checked",
)

COLUMNS: dict[str, tables.Column] = {
    "CRIM": Number(low=0, high=1_000),
    "ZN": Number(low=0, high=100),
    "INDUS": Number(low=0, high=100),
    "CHAS": Number(low=0, high=1),
    "NOX": Number(low=0, high=10),
    "RM": Number(low=1, high=50),
    "AGE": Number(low=0, high=100),
    "DIS": Number(low=0, high=100),
    "RAD": Number(low=0, high=100),
    "TAX": Number(low=0, high=10_000),
    "PTRATIO": Number(low=0, high=1_000),
    "B": Number(low=0, high=400),
    "LSTAT": Number(low=0, high=100),
}
"""The inputs in published order: rates per town and, for RM, rooms per home; TAX per $10,000."""

NUMERIC = tables.numeric(COLUMNS)

_ROWS, _WIDTH = 506, len(COLUMNS) + 1
_MEANS = np.array(
    [
        *(3.6135236, 11.3636364, 11.1367787, 0.0691700, 0.5546951, 6.2846344, 68.5749012),
        *(3.7950427, 9.5494071, 408.2371542, 18.4555336, 356.6740316, 12.6530632, 22.5328063),
    ]
)
_DEVIATIONS = np.array(
    [
        *(8.5930414, 23.2993957, 6.8535706, 0.2537429, 0.1157631, 0.7019225, 28.1210326),
        *(2.1036284, 8.6986511, 168.3704950, 2.1628052, 91.2046075, 7.1340016, 9.1880115),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Boston(Loaded):
    """Census tracts and the price of a home there.

    Attributes:
        kind: `real` is the published file; what mlxtend ships counts as a `sample`, although it has
            every row.
        features: [506, 13] float64, the columns of `columns`.
        target: [506] float64, the median price in thousand dollars of 1978.
    """

    name: str = INFO.name
    features: Floats
    target: Floats
    columns: tuple[str, ...] = NUMERIC


def read_rows(path: Path) -> Floats:
    """Reads a user's own tracts: a CSV file with the columns of `COLUMNS`; MEDV is left out.

    Returns:
        [N, 13] float64, in the order of `COLUMNS`.

    Raises:
        DataError: The file is not such a table, or a value is wrong.
    """
    return tables.read(path, COLUMNS, optional=("MEDV",)).to_numpy(np.float64)


def sample() -> Boston:
    """The rows that mlxtend ships.

    Raises:
        DataError: mlxtend is not installed.
    """
    with optional.imported("mlxtend", DataError):
        from mlxtend.data import boston_housing_data
    features, target = boston_housing_data()
    return Boston(kind="sample", features=features, target=target)


def _read(path: File) -> Boston:
    """Reads UCI's `housing.data` or StatLib's `boston`: the same numbers in the same order.

    StatLib's file has text above the numbers, and every row on two lines.
    """
    numbers = _numbers(path)
    if len(numbers) != _ROWS * _WIDTH:
        raise DataError(
            f"{path}: holds {len(numbers):,} numbers, expected {_ROWS * _WIDTH:,} "
            f"({_ROWS} rows of {_WIDTH})"
        )
    rows = np.array(numbers).reshape(_ROWS, _WIDTH)
    names = (*NUMERIC, "MEDV")
    for name, mean, expected in zip(names, rows.mean(axis=0), _MEANS, strict=True):
        if not abs(mean - expected) <= 1e-4 * abs(expected):
            raise DataError(
                f"{path}: the mean of {name} is {mean:.4f}, as published {expected:.4f}"
            )
    return Boston(kind="real", features=rows[:, :-1].copy(), target=rows[:, -1].copy())


def _numbers(path: File) -> list[float]:
    numbers: list[float] = []
    lines = read_bytes(path).decode("utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            numbers += [float(word) for word in line.split()]
        except ValueError:
            if numbers:
                raise DataError(
                    f"{path}: line {number}: expected numbers, found {line.strip()[:40]!r}"
                ) from None
    return numbers


def synthetic(rng: np.random.Generator) -> Boston:
    """Generates tracts with the published means and deviations; wealth moves all columns together.

    The price goes up with RM and down with LSTAT, NOX and PTRATIO, with noise.
    """
    wealth = rng.standard_normal((_ROWS, 1))
    sign = np.array([-1, 1, -1, 0, -1, 1, -1, 1, -1, -1, -1, 1, -1])
    scores = 0.6 * sign * wealth + 0.8 * rng.standard_normal((_ROWS, len(COLUMNS)))
    features = _MEANS[:-1] + _DEVIATIONS[:-1] * scores
    features[:, 3] = rng.random(_ROWS) < _MEANS[3]
    features[:, 8:10] = features[:, 8:10].round()
    bounds = [(c.low, c.high) for c in COLUMNS.values() if isinstance(c, Number)]
    low, high = np.array(bounds).T
    scores = (features - _MEANS[:-1]) / _DEVIATIONS[:-1]
    effect = np.zeros(len(COLUMNS))
    effect[[4, 5, 10, 12]] = -1.5, 3.5, -1.5, -4.0
    target = _MEANS[-1] + scores @ effect + rng.normal(0, 3, _ROWS)
    return Boston(
        kind="synthetic", features=features.clip(low, high), target=target.clip(5, 50).round(1)
    )


load = finding.loader(INFO, read=_read, sample=sample, synthetic=synthetic)
