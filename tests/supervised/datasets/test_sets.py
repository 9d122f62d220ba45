"""The bank, Boston and the houses, in files as they are published."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlxtend.data import boston_housing_data

from supervised.datasets import bank, boston, houses
from supervised.datasets.source import Source


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("bank", "boston", "houses"):
        (tmp_path / name).mkdir()
    return tmp_path


def source(data: Path) -> Source:
    return Source(data_dir=data, cache=data / "cache")


def calls(count: int, yes: int) -> pd.DataFrame:
    frame = bank.synthetic(np.random.default_rng(0), count=count).frame
    return frame.assign(y=np.where(np.arange(count) < yes, "yes", "no"))


def test_bank_real_and_subset(data, says):
    path = data / "bank" / "bank-additional-full.csv"
    calls(41_188, 4_640).to_csv(path, sep=";", index=False)
    loaded = bank.load(source(data))
    assert (loaded.kind, loaded.frame.shape, loaded.target.sum()) == ("real", (41_188, 20), 4_640)
    assert (len(bank.NUMERIC), len(bank.CATEGORICAL)) == (10, 10)
    calls(41_188, 4_641).to_csv(path, sep=";", index=False)
    says(lambda: bank.load(source(data)), "has 41,188 rows, 4,641 of them with y yes, which is")
    path.unlink()
    calls(4_119, 451).to_csv(path.with_name("bank-additional.csv"), sep=";", index=False)
    assert bank.load(source(data)).kind == "sample"


def test_bank_files_that_are_not_it(data, says):
    path = data / "bank" / "bank-additional-full.csv"
    few = calls(10, 3)

    def write(frame: pd.DataFrame, *words: str) -> None:
        frame.to_csv(path, sep=";", index=False)
        says(lambda: bank.load(source(data)), f"{path}: ", *words)

    write(few, "has 10 rows, 3 of them with y yes; expected 100 or more, of both kinds")
    write(few.drop(columns=["y", "euribor3m"]), "its header lacks euribor3m, y")
    write(few.assign(y="maybe"), "data row 1: y is 'maybe', expected one of no, yes")
    write(few.assign(job="pilot"), "job is 'pilot', expected one of admin., blue-collar")
    write(few.assign(pdays=np.nan), "pdays is '', expected a number from 0 to 999")


def test_bank_rows_of_a_user(data, says):
    path = data / "mine.csv"
    few = calls(3, 1)
    few.to_csv(path, index=False)
    pd.testing.assert_frame_equal(bank.read_rows(path), few.drop(columns="y"))
    few[[*few.columns[::-1]]].drop(columns="y").to_csv(path, sep=";", index=False)
    pd.testing.assert_frame_equal(bank.read_rows(path), few.drop(columns="y"))
    few.assign(age=-1).to_csv(path, index=False)
    says(
        lambda: bank.read_rows(path), f"{path}: data row 1: age is '-1', expected a number from 10"
    )


def uci(rows: np.ndarray) -> str:
    return "".join(" " + "  ".join(f"{value:.6g}" for value in row) + "\n" for row in rows)


def statlib(rows: np.ndarray) -> str:
    header = " The Boston house-price data\n of 1978.\n\n CRIM  per capita crime rate by town\n"
    return header + "".join(uci(row[None, :11]) + uci(row[None, 11:]) for row in rows)


@pytest.mark.parametrize(
    ("name", "write"), [("housing.data", uci), ("boston", statlib), ("boston.txt", statlib)]
)
def test_boston_published_files(data, name, write):
    features, target = boston_housing_data()
    (data / "boston" / name).write_text(write(np.column_stack([features, target])))
    loaded = boston.load(source(data))
    assert loaded.kind == "real"
    np.testing.assert_allclose(loaded.features, features, rtol=1e-5)
    assert loaded.target.mean() == pytest.approx(22.5328, abs=1e-4)
    assert boston.load(source(data / "boston")).kind == "real"


def test_boston_files_that_are_not_it(data, says):
    path = data / "boston" / "housing.data"
    rows = np.column_stack(boston_housing_data())
    for text, words in (
        (uci(rows[:-1]), "holds 7,070 numbers, expected 7,084 (506 rows of 14)"),
        (uci(rows) + "the end\n", "line 507: expected numbers, found 'the end'"),
        ("numbers", "holds 0 numbers"),
        (uci(rows + np.eye(1, 14, 13)), "the mean of MEDV is 23.5328, as published 22.5328"),
        (uci(np.where(rows == 18, np.nan, rows)), "the mean of ZN is nan"),
    ):
        path.write_text(text)
        says(lambda: boston.load(source(data)), f"{path}: ", words)


def test_boston_rows_of_a_user(data, says):
    path = data / "mine.csv"
    features, target = boston_housing_data()
    frame = pd.DataFrame(features[:4], columns=list(boston.NUMERIC)).assign(MEDV=target[:4])
    frame.to_csv(path, index=False)
    np.testing.assert_allclose(boston.read_rows(path), features[:4])
    frame.drop(columns="LSTAT").to_csv(path, index=False)
    says(lambda: boston.read_rows(path), "the 13 columns CRIM", "its header lacks LSTAT")


def sales(count: int = 1_460) -> pd.DataFrame:
    """A table as Kaggle's: NA in words, and in the numbers of houses without a garage."""
    columns = {
        name: np.arange(count) % 7
        if name in houses.NUMERIC
        else np.array(["NA", "x"] * count)[:count]
        for name in houses.COLUMNS
    }
    frame = pd.DataFrame(columns).astype({"GarageYrBlt": "str"})
    frame.loc[frame.index[0], "GarageYrBlt"] = "NA"
    frame.insert(0, "Id", np.arange(1, count + 1))
    return frame.assign(SalePrice=100_000 + np.arange(count))


def test_houses_published_file(data, says):
    path = data / "houses" / "train.csv"
    sales().to_csv(path, index=False)
    loaded = houses.load(source(data))
    assert (loaded.name, loaded.kind, loaded.frame.shape) == ("houses", "real", (1_460, 79))
    assert (len(loaded.numeric), len(loaded.categorical)) == (35, 44)
    assert loaded.target[:2].tolist() == [100_000, 100_001]
    assert loaded.frame["Alley"].tolist()[:2] == ["NA", "x"]
    assert np.flatnonzero(loaded.frame["GarageYrBlt"].isna()).tolist() == [0]
    assert not loaded.frame.drop(columns="GarageYrBlt").isna().any(axis=None)
    sales(1_459).drop(columns="Id").to_csv(path, index=False)
    assert houses.load(source(data)).note == "1,459 sales, where 1,460 are published"
    sales(1_461).to_csv(path, index=False)
    says(lambda: houses.load(source(data)), f"{path}: has 1,461 rows, expected 1,460, or a part")
    sales().assign(LotArea=np.nan).to_csv(path, index=False)
    says(lambda: houses.load(source(data)), "LotArea is '', expected a number")
    sales().drop(columns="SalePrice").to_csv(path, index=False)
    says(lambda: houses.load(source(data)), "its header lacks SalePrice")


def test_the_sample_of_houses_says_what_it_is(says):
    loaded = houses.load(Source(want="sample"))
    assert (loaded.title, loaded.kind) == ("boston in place of houses", "sample")
    assert loaded.target.mean() == pytest.approx(22_532.8, abs=0.1)
    assert loaded.numeric == tuple(loaded.frame)
    says(lambda: houses.load(Source(want="synthetic")), "houses: there is no generator", "Kaggle")
