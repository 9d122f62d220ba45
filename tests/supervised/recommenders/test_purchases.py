"""Visits and their fields by hand, and that a machine foretells purchases where no other does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets import movielens, yoochoose
from supervised.datasets.source import DataError, Source
from supervised.datasets.yoochoose import BRAND, SPECIAL, Yoochoose
from supervised.recommenders import fields, purchases, visits
from supervised.recommenders.configs import PurchaseConfig
from supervised.recommenders.visits import BESIDE, ITEM
from tests.supervised.recorder import Recorder, beside

SMALL = PurchaseConfig(
    factors=8,
    dropout=0.1,
    optimizer=OptimizerConfig(learning_rate=1e-2),
    fit=FitConfig(epochs=12, batch_size=128, keep="best"),
)
CLICKS = """\
7,2014-04-07T10:51:09.277Z,500,S
7,2014-04-07T10:51:39.277Z,501,3
7,2014-04-07T10:52:09.000Z,500,S
7,2014-04-07T11:00:00.000Z,502,2089046600
8,2014-04-12T00:00:00.000Z,501,0
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "yoochoose").mkdir()
    (tmp_path / "yoochoose" / "yoochoose-clicks.dat").write_text(CLICKS * 40)
    buys = "7,2014-04-07T10:53:00.000Z,500,1046,2\n7,2014-04-07T10:54:00.000Z,999,1046,1\n"
    (tmp_path / "yoochoose" / "yoochoose-buys.dat").write_text(buys)
    return tmp_path


def test_files_are_read_as_published(folder):
    data = yoochoose.load(Source(data_dir=folder))
    assert (data.kind, data.note, len(data.clicks)) == ("sample", "", 200)
    assert data.clicks["category"][:5].tolist() == [SPECIAL, 3, SPECIAL, BRAND, 0]
    assert data.clicks["time"][0] == pd.Timestamp("2014-04-07T10:51:09Z").timestamp()
    assert data.buys["quantity"].tolist() == [2, 1]
    clicks = folder / "yoochoose" / "yoochoose-clicks.dat"
    clicks.write_text(CLICKS * 40 + "9,yesterday,501,0\n")
    assert yoochoose.load(Source(data_dir=folder)).note == "left out: 1 broken lines of clicks"
    clicks.write_text(CLICKS + "9,yesterday,501,0\n")
    with pytest.raises(DataError, match=r"1 of 6 lines are broken \(the first: line 6\), expected"):
        yoochoose.load(Source(data_dir=folder))
    clicks.write_text("session,time,item,category,more,and more\n")
    with pytest.raises(DataError, match="1 of 1 lines are broken"):
        yoochoose.load(Source(data_dir=folder))


def test_a_row_knows_nothing_behind_the_first_purchase(folder):
    data = yoochoose.load(Source(data_dir=folder))
    once = replace(data, clicks=data.clicks[:5])
    found = visits.of_shop(once, 100)
    assert found.sessions.tolist() == [7, 7, 8]  # 502 was clicked later
    assert found.bought.tolist() == [True, False, False]
    assert found.quantity.tolist() == [2, 0, 0]
    by_name: Any = {name: values[:, 0].tolist() for name, values in found.fields.items()}
    assert by_name["item"] == [500, 501, 501]
    assert by_name["clicks"] == [2, 1, 1]
    assert by_name["seconds"] == [5, 5, 0]  # 30 s each: five binary digits
    assert by_name["last"] == [1, 0, 1]
    assert by_name["weekday"] == [0, 0, 5]
    assert found.fields[BESIDE][:, :2].tolist() == [[-1, 501], [500, -1], [-1, -1]]


def test_people_who_rate_films_are_visitors():
    data = movielens.synthetic(np.random.default_rng(0))
    found = visits.of_ratings(data, 50)
    assert len(np.unique(found.sessions)) == 50
    assert found.quantity.min() >= 1
    np.testing.assert_array_equal(found.bought, found.quantity >= 4)
    assert found.fields["year"][:, 0].min() >= 1930


def test_values_training_has_not_seen_are_nothing():
    known = {"item": np.array([30, 10]), "genres": np.array([2, 5])}
    rows = {
        "item": np.array([[10], [20], [30]]),
        "genres": np.array([[5, 2, -1], [5, 9, -1], [-1, -1, -1]]),
    }
    widths = {"item": 1, "genres": 3}
    sparse = fields.encoder(known, widths, dense=False)
    assert (sparse.features, sparse.width) == (4, 4)
    found = sparse(rows)
    assert found["places"].tolist() == [[2, 4, 3, 0], [0, 4, 0, 0], [1, 0, 0, 0]]
    assert found["values"].tolist() == [[1, 0.5, 0.5, 0], [0, 1, 0, 0], [1, 0, 0, 0]]
    dense = fields.encoder(known, widths, dense=True)(rows)["x"]
    assert dense[:, 1:].tolist() == [[0, 1, 0.5, 0.5], [0, 0, 0, 1], [1, 0, 0, 0]]
    assert not dense[:, 0].any()


def test_nobody_and_nothing_is_on_both_sides():
    context = Recorder(source=Source(want="synthetic"))
    data = context.load(visits.loader("yoochoose", 1_000))
    parts = purchases.split(data, SMALL, context)
    sides = (parts.train, parts.validation, parts.test)
    for one in sides:
        for other in sides:
            shared = np.intersect1d(one.sessions, other.sessions)
            assert one is other or not len(shared)
    cold = np.unique(parts.cold.fields[ITEM])
    for part in sides:
        assert not np.isin(part.fields[ITEM], cold).any()
    assert np.isin(parts.cold.sessions, parts.test.sessions).any()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["sparse", "dense"])
def test_a_machine_foretells_what_a_linear_model_cannot(form, tmp_path):
    context = Recorder(source=Source(want="synthetic"))
    config = replace(SMALL, form=form)
    result = purchases.run(config, context)
    found = result.metrics
    assert found["roc_auc"] == found["fm_roc_auc"] > 0.62
    assert found["cold_roc_auc"] > 0.6  # by what stands beside
    assert max(found["logistic_roc_auc"], found["popularity_roc_auc"]) < 0.54
    assert found["cold_popularity_roc_auc"] == 0.5
    assert beside(result, "accuracy") == ({"popularity", "logistic"}, True)
    model = context.models["model"]
    again = purchases.evaluate(config, context, model)
    assert again["roc_auc"] == pytest.approx(found["roc_auc"])
    own = tmp_path / "own.dat"
    own.write_text(CLICKS)
    answers = purchases.predict(config, model, [str(own)], context)
    assert answers["item"].tolist() == [500, 501, 502, 501]
    assert answers["probability"].between(0, 1).all()


def test_quantities_are_those_of_purchases_that_say_one():
    context = Recorder(source=Source(want="synthetic"))
    config = replace(SMALL, target="quantity", fit=FitConfig(epochs=2, batch_size=128))
    result = purchases.run(config, context)
    assert result.metrics["popularity_mse"] < (result.baseline or 0)
    assert {"mse", "cold_mse", "ridge_mse"} <= set(result.metrics)
    assert beside(result, "mse") == ({"popularity", "ridge"}, True)


def test_what_is_too_large_or_too_small_is_said(monkeypatch):
    context = Recorder(source=Source(want="synthetic"))
    monkeypatch.setattr(purchases, "_LARGEST", 1e6)
    with pytest.raises(DataError, match="lower --values or --visits"):
        purchases.run(replace(SMALL, form="dense"), context)
    with pytest.raises(DataError, match="more visits are needed"):
        purchases.run(replace(SMALL, visits=2), context)
    nothing = pd.DataFrame({"session": [1, 2, 3], "time": 0, "item": 5, "category": 0})
    buys = pd.DataFrame({"session": [9], "time": 0, "item": 5, "quantity": 1})
    data = Yoochoose(name="yoochoose", kind="sample", clicks=nothing, buys=buys)
    with pytest.raises(DataError, match="with purchases only or none"):
        purchases.split(visits.of_shop(data, 9), SMALL, context)
