"""House prices in Ames (De Cock 2011), as Kaggle's "House Prices" gives them out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.datasets import boston, finding, tables
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile
from supervised.datasets.tables import Category, Column, Number

INFO = Info(
    name="houses",
    title="House prices in Ames: 1,460 sales of houses, 79 inputs, the price",
    source="https://www.kaggle.com/c/house-prices-advanced-regression-techniques",
    licence="Kaggle's rules, those of the competition",
    size="0.5 MB",
    files=(RemoteFile(name="train.csv"),),
    folders=("house-prices-advanced-regression-techniques",),
    sample="its sibling, the 506 rows of Boston housing, in mlxtend",
    synthetic=False,
    how="with a Kaggle login, from the data page of house-prices-advanced-regression-techniques",
)

_PUBLISHED = """
    MSSubClass MSZoning LotFrontage LotArea Street Alley LotShape LandContour Utilities LotConfig
    LandSlope Neighborhood Condition1 Condition2 BldgType HouseStyle OverallQual OverallCond
    YearBuilt YearRemodAdd RoofStyle RoofMatl Exterior1st Exterior2nd MasVnrType MasVnrArea
    ExterQual ExterCond Foundation BsmtQual BsmtCond BsmtExposure BsmtFinType1 BsmtFinSF1
    BsmtFinType2 BsmtFinSF2 BsmtUnfSF TotalBsmtSF Heating HeatingQC CentralAir Electrical 1stFlrSF
    2ndFlrSF LowQualFinSF GrLivArea BsmtFullBath BsmtHalfBath FullBath HalfBath BedroomAbvGr
    KitchenAbvGr KitchenQual TotRmsAbvGrd Functional Fireplaces FireplaceQu GarageType GarageYrBlt
    GarageFinish GarageCars GarageArea GarageQual GarageCond PavedDrive WoodDeckSF OpenPorchSF
    EnclosedPorch 3SsnPorch ScreenPorch PoolArea PoolQC Fence MiscFeature MiscVal MoSold YrSold
    SaleType SaleCondition
"""

_NUMBERS = """
    LotFrontage LotArea OverallQual OverallCond YearBuilt YearRemodAdd MasVnrArea BsmtFinSF1
    BsmtFinSF2 BsmtUnfSF TotalBsmtSF 1stFlrSF 2ndFlrSF LowQualFinSF GrLivArea BsmtFullBath
    BsmtHalfBath FullBath HalfBath BedroomAbvGr KitchenAbvGr TotRmsAbvGrd Fireplaces GarageYrBlt
    GarageCars GarageArea WoodDeckSF OpenPorchSF EnclosedPorch 3SsnPorch ScreenPorch PoolArea
    MiscVal MoSold YrSold
"""
_GAPS = ("LotFrontage", "MasVnrArea", "GarageYrBlt")

COLUMNS: dict[str, Column] = {
    name: Number(low=0, high=1e6, gaps=name in _GAPS) if name in _NUMBERS.split() else Category()
    for name in _PUBLISHED.split()
}
"""The inputs in published order. In a categorical column NA is a word of its own: the house has no
such thing. MSSubClass is categorical: its numbers are names of classes of buildings."""

NUMERIC = tables.numeric(COLUMNS)
CATEGORICAL = tables.categorical(COLUMNS)

_TARGET: dict[str, Column] = {"SalePrice": Number(low=1, high=1e8)}
_ROWS, _FEWEST = 1_460, 100


@dataclass(frozen=True, kw_only=True)
class Houses(Loaded):
    """Houses and what they sold for.

    Attributes:
        title: What a reader has to call it; of the sample it says that it is another set.
        kind: 1,460 rows where real; a part of them, or the 506 of Boston housing, as a sample.
        frame: The columns of `numeric` as float64, where LotFrontage, MasVnrArea and GarageYrBlt
            may be NaN; those of `categorical` as str.
        target: [N] float64, the price in dollars.
        categorical: The columns of words; none in the sample.
    """

    name: str = INFO.name
    title: str = INFO.name
    frame: pd.DataFrame
    target: npt.NDArray[np.float64]
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]


def _read(path: File) -> Houses:
    frame = tables.read(path, COLUMNS | _TARGET, optional=("Id",))
    if not _FEWEST <= len(frame) <= _ROWS:
        raise DataError(
            f"{path}: has {len(frame):,} rows, expected {_ROWS:,}, or a part, {_FEWEST} at least"
        )
    said = f"{len(frame):,} sales, where {_ROWS:,} are published"
    return Houses(
        kind="sample",
        target=frame.pop("SalePrice").to_numpy(np.float64),
        frame=frame,
        numeric=NUMERIC,
        categorical=CATEGORICAL,
    ).judged(len(frame) == _ROWS, said)


def _sample() -> Houses:
    tracts = boston.sample()
    return Houses(
        title="boston in place of houses",
        kind="sample",
        frame=pd.DataFrame(tracts.features, columns=list(tracts.columns)),
        target=tracts.target * 1_000,
        numeric=tracts.columns,
        categorical=(),
    )


load = finding.loader(INFO, read=_read, sample=_sample)
