"""What holds for every data set."""

import io
import subprocess
import sys
from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest

from supervised.datasets import (
    airline,
    bank,
    boston,
    catalog,
    cats_dogs,
    creditcard,
    faces,
    har,
    houses,
    imdb,
    interactions,
    iris,
    mnist,
    movielens,
    rating_store,
    sms,
    style_pictures,
    titanic,
    umich,
    yoochoose,
)
from supervised.datasets.source import Source

GENERATED = (
    *(mnist, bank, boston, cats_dogs, faces, creditcard, sms),
    *(airline, imdb, umich, har, yoochoose, iris, titanic),
)
MODULES = (
    *(mnist, bank, boston, houses, cats_dogs, faces, style_pictures, creditcard, sms),
    *(airline, imdb, umich, har),
)
SEVERAL = (
    (movielens.ML_1M, movielens.load_1m),
    (movielens.ML_100K, movielens.load_100k),
    (rating_store.ML_20M, rating_store.load),
    (interactions.FRAPPE, interactions.load_frappe),
    (interactions.ML_TAG, interactions.load_ml_tag),
    (yoochoose.INFO, yoochoose.load),
    (iris.INFO, iris.load),
    (titanic.INFO, titanic.load),
)
"""Sets of modules that have two."""


def contents(dataset: object) -> dict[str, bytes]:
    found = {}
    for field in fields(dataset):  # type: ignore[arg-type]
        value = getattr(dataset, field.name)
        if isinstance(value, pd.DataFrame):
            value = value.to_csv()
        if is_dataclass(value):
            value = contents(value)
        if isinstance(value, io.IOBase):
            value.seek(0)
            value = value.read()
        if isinstance(value, np.ndarray) and value.dtype == object:
            value = value.tolist()  # its bytes are addresses
        found[field.name] = (
            value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
        )
    return found


def schema(dataset: object) -> dict[str, object]:
    """Types, shapes without the number of rows, columns."""
    found: dict[str, object] = {}
    for field in fields(dataset):  # type: ignore[arg-type]
        value = getattr(dataset, field.name)
        if isinstance(value, np.ndarray):
            found[field.name] = (value.dtype, value.shape[1:])
        elif isinstance(value, pd.DataFrame):
            found[field.name] = value.dtypes.to_dict()
    return found


def test_the_catalog_has_them_all():
    known = (*(module.INFO for module in MODULES), *(info for info, _ in SEVERAL))
    assert known == catalog.ALL
    assert len({info.name for info in catalog.ALL}) == len(known)
    for info in catalog.ALL:
        for text in (info.title, info.source, info.licence, info.size, info.how):
            assert text
            assert "\n" not in text


@pytest.mark.parametrize(
    ("info", "load"), [*((module.INFO, module.load) for module in GENERATED), *SEVERAL]
)
def test_the_same_seed_generates_the_same_bytes(info, load):
    one, again, other = (load(Source(want="synthetic"), seed=seed) for seed in (1, 1, 2))
    assert (one.name, one.kind) == (info.name, "synthetic")
    assert contents(one) == contents(again)
    assert contents(one) != contents(other)


@pytest.mark.parametrize("module", [mnist, boston])
def test_generated_data_has_the_schema_of_the_sample(module):
    sample = module.load(Source(want="sample"))
    assert sample.kind == "sample"
    assert schema(module.load(Source(want="synthetic"))) == schema(sample)


def test_generated_calls_pass_the_checks_of_the_published_file(tmp_path):
    generated = bank.load(Source(want="synthetic"))
    assert generated.target.mean() == pytest.approx(0.11, abs=0.001)
    generated.frame.to_csv(tmp_path / "calls.csv", index=False)
    read = bank.read_rows(tmp_path / "calls.csv")
    pd.testing.assert_frame_equal(read, generated.frame)
    longer = generated.frame["duration"] > generated.frame["duration"].median()
    assert generated.target[longer].mean() > 3 * generated.target[~longer].mean()


def test_generated_tracts_pass_the_checks_of_a_users_file(tmp_path):
    generated = boston.load(Source(want="synthetic"))
    frame = pd.DataFrame(generated.features, columns=list(generated.columns))
    frame.to_csv(tmp_path / "tracts.csv", index=False)
    np.testing.assert_array_equal(boston.read_rows(tmp_path / "tracts.csv"), generated.features)
    assert np.corrcoef(generated.features[:, 12], generated.target)[0, 1] < -0.6


def test_generated_payments_pass_the_checks_of_a_users_file(tmp_path):
    generated = creditcard.load(Source(want="synthetic"))
    assert list(generated.frame) == list(creditcard.COLUMNS)
    assert generated.target.sum() == 80
    assert generated.frame["Time"].is_monotonic_increasing
    assert generated.frame["Time"].max() < 2 * 86_400
    path = tmp_path / "payments.csv"
    generated.frame.assign(Class=generated.target).to_csv(path, index=False)
    read = creditcard.read_rows(path)
    pd.testing.assert_frame_equal(read, generated.frame[list(creditcard.COMPONENTS)])
    frauds = generated.target == 1
    assert generated.frame.loc[frauds, "V14"].mean() < -3
    assert abs(generated.frame.loc[~frauds, "V14"].mean()) < 0.1


def test_none_of_it_imports_what_it_may_not():
    code = (
        "import sys; import supervised.datasets.catalog, supervised.datasets.images, "
        "supervised.datasets.splits; "
        "heavy = {'tensorflow', 'keras', 'ray', 'sklearn', 'launch', 'agents'}; "
        "assert not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
