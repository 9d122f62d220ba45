"""The three jobs on small data: what they report, keep, and take up again."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from common.settings import InvalidSetting
from supervised.belief import dbn_bank, dbn_houses, rbm_mnist
from supervised.belief.configs import (
    BeliefConfig,
    DbnBankConfig,
    DbnHousesConfig,
    RbmConfig,
    RbmMnistConfig,
)
from supervised.core import tabular
from supervised.core.job import Result, module_of
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.datasets import bank, boston, houses, mnist, splits
from supervised.datasets.layouts import Table
from supervised.datasets.source import DataError, Source
from tests.supervised.recorder import Recorder, beside

SAMPLE = Source(want="sample")
RBM = RbmMnistConfig(hidden=32, rbm=RbmConfig(epochs=3, batch_size=50), chain_steps=20)
BANK = DbnBankConfig(
    network=NetworkConfig(hidden_sizes=(16,), activation="sigmoid", dropout=0.2),
    rbm=RbmConfig(learning_rate=0.01, epochs=2),
    fit=FitConfig(epochs=5),
)
HOUSES = DbnHousesConfig(
    network=NetworkConfig(hidden_sizes=(16,), activation="sigmoid"),
    rbm=RbmConfig(learning_rate=1e-3, epochs=2, batch_size=20),
    optimizer=OptimizerConfig(learning_rate=0.02),
    fit=FitConfig(epochs=12, batch_size=20, keep="best"),
    log_target=True,
)


def _small_bank(source: Source) -> Table:
    return bank.synthetic(np.random.default_rng(0), count=3_000)


_AMES = ("LotFrontage", "GrLivArea", "Street", "ExterQual")


def _ames(count: int) -> houses.Houses:
    """Houses with some of Ames' columns, and gaps, whose price is that of area and quality."""
    rng = np.random.default_rng(0)
    area, good = rng.normal(50, 5, count), rng.random(count) < 0.5
    front = np.where(rng.random(count) < 0.2, np.nan, rng.normal(50, 5, count))
    street = rng.choice(["Grvl", "Pave"], count)
    quality = np.where(good, "Gd", "NA")
    return houses.Houses(
        name="made up",
        kind="synthetic",
        frame=pd.DataFrame(dict(zip(_AMES, (front, area, street, quality), strict=True))),
        target=np.exp(12 + 0.04 * (area - 50) + 0.4 * good),
        numeric=_AMES[:2],
        categorical=_AMES[2:],
    )


@pytest.fixture(scope="module")
def of_rbm() -> tuple[Recorder, Result]:
    context = Recorder(source=SAMPLE)
    return context, rbm_mnist.run(RBM, context)


@pytest.fixture(scope="module")
def of_bank() -> tuple[Recorder, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", _small_bank)
        context = Recorder()
        return context, dbn_bank.run(BANK, context)


@pytest.fixture(scope="module")
def of_houses() -> tuple[Recorder, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(houses, "load", lambda source: _ames(400))
        context = Recorder()
        return context, dbn_houses.run(HOUSES, context)


@pytest.mark.parametrize(
    ("config", "fixture"),
    [
        (RBM, "of_rbm"),
        pytest.param(BANK, "of_bank", marks=pytest.mark.slow),
        pytest.param(HOUSES, "of_houses", marks=pytest.mark.slow),
    ],
)
def test_a_saved_model_scores_as_the_run_said(config, fixture, request, monkeypatch, tmp_path):
    context, result = request.getfixturevalue(fixture)
    monkeypatch.setattr(bank, "load", _small_bank)
    monkeypatch.setattr(houses, "load", lambda source: _ames(400))
    context.models["model"].save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    metrics = module_of(config).evaluate(config, context, model)
    assert metrics
    assert metrics == {name: result.metrics[name] for name in metrics}


def test_the_machine_reconstructs_better_than_the_mean(of_rbm):
    context, result = of_rbm
    assert result.metrics["reconstruction_error"] < 0.6 * result.baseline
    history = context.tables["history"]["val_reconstruction_error"]
    assert history.iloc[-1] < history.iloc[0]
    assert result.validation["reconstruction_error"] == pytest.approx(history.iloc[-1], rel=1e-5)
    assert set(context.figures) == {"error", "filters", "chains", "reconstructions"}


def test_a_picture_of_noise_is_worse_reconstructed_than_a_digit(of_rbm, tmp_path):
    context, _ = of_rbm
    digit = mnist.load(SAMPLE).test_images[0]
    noise = np.random.default_rng(0).integers(256, size=(28, 28)).astype(np.uint8)
    noise[[0, -1]], noise[:, [0, -1]] = 0, 0  # a bright border would be inverted
    for name, pixels in (("a_digit.png", digit), ("b_noise.png", noise)):
        Image.fromarray(pixels).save(tmp_path / name)
    table = rbm_mnist.predict(RBM, context.models["model"], [str(tmp_path)], context)
    assert [Path(file).name for file in table["file"]] == ["a_digit.png", "b_noise.png"]
    assert table["reconstruction_error"][0] < 0.7 * table["reconstruction_error"][1]


def test_the_bank_reports_both_networks(of_bank):
    context, result = of_bank
    for prefix in ("", "control_"):
        assert result.metrics[f"{prefix}accuracy"] >= result.baseline - 0.01
        assert result.metrics[f"{prefix}roc_auc"] > 0.75
        assert f"{prefix}recall_yes" in result.metrics
        assert f"{prefix}log_loss" in result.validation
    assert result.notes[0].startswith("pre-training ")
    assert set(context.tables["pretraining"]["layer"]) == {"hidden_1"}
    assert set(context.tables["fine_tuning"]["network"]) == {"pretrained", "control"}
    assert set(context.figures) == {"pretraining", "fine_tuning", "confusion", "ranking"}


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [(25, 9, "helped"), (9, 25, "did harm"), (20, 15, "made no clear difference")],
)
def test_the_verdict_on_pretraining(gained, lost, verdict):
    """z = (25 - 9) / √34 = 2.7, (20 - 15) / √35 = 0.8."""
    labels = np.ones(100, int)
    ours, theirs = np.ones(100, int), np.ones(100, int)
    theirs[:gained], ours[-lost:] = 0, 0
    assert verdict in dbn_bank.compared(labels, ours, theirs)


def test_controls_are_declared(of_bank, of_houses):
    assert beside(of_bank[1], "accuracy") == ({"control", "logistic"}, True)
    assert beside(of_houses[1], "rmse") == ({"control", "ridge"}, True)


def test_a_search_leaves_the_test_rows_alone(of_houses, monkeypatch):
    """Test rows that would break everything change nothing."""
    _, result = of_houses
    data = _ames(400)
    _, test = splits.book_split(len(data.target))
    broken = replace(data, frame=data.frame.copy(), target=data.target.copy())
    broken.frame.loc[test, data.numeric], broken.target[test] = 1e9, np.nan
    broken.frame.loc[test, data.categorical] = "unheard of"
    monkeypatch.setattr(houses, "load", lambda source: broken)
    found = dbn_houses.run(HOUSES, Recorder(final=False))
    assert found == Result(metrics={}, validation=result.validation)


def test_calls_of_a_users_file(of_bank, tmp_path):
    context, _ = of_bank
    frame = _small_bank(SAMPLE).frame.head(40)
    frame.to_csv(tmp_path / "calls.csv", index=False)
    path = str(tmp_path / "calls.csv")
    table = dbn_bank.predict(BANK, context.models["model"], [path], context)
    assert table["row"].tolist() == list(range(1, 41))
    assert ((table["probability_yes"] > 0.5) == (table["answer"] == "yes")).all()
    (tmp_path / "calls.csv").write_text("age,job\n30,nurse\n")
    with pytest.raises(DataError, match=r"calls\.csv"):
        dbn_bank.predict(BANK, context.models["model"], [path], context)


def test_prices_of_houses_with_words_and_gaps(of_houses):
    """In dollars, although what is learnt is the logarithm; ridge has the true model."""
    context, result = of_houses
    metrics = result.metrics
    assert metrics["ridge_rmse"] < 0.01 * result.baseline
    for name in ("rmse", "control_rmse"):
        assert 1_000 < metrics[name] < 0.6 * result.baseline
    assert metrics["r2"] > 0.6
    assert set(context.figures) == {"pretraining", "fine_tuning", "predictions"}


def test_prices_of_a_users_file(of_houses, monkeypatch, tmp_path):
    context, _ = of_houses
    data = _ames(20)
    monkeypatch.setattr(houses, "COLUMNS", {name: houses.COLUMNS[name] for name in _AMES})
    path = tmp_path / "houses.csv"
    data.frame.to_csv(path, index_label="Id", na_rep="NA")
    table = dbn_houses.predict(HOUSES, context.models["model"], [str(path)], context)
    assert table["row"].tolist() == list(range(1, 21))
    assert np.corrcoef(table["price"], data.target)[0, 1] > 0.8


def test_a_model_of_the_sample_takes_tracts(tmp_path):
    """Its columns say which of the two sets it was trained on."""
    known = boston.sample()
    frame = pd.DataFrame(known.features, columns=list(known.columns))
    encoder = tabular.encoder(frame, known.columns, [])
    rooms = np.zeros((13, 1), np.float32)
    rooms[known.columns.index("RM")] = 1
    core = keras.Sequential([keras.Input((13,)), keras.layers.Dense(1, use_bias=False)])
    core.set_weights([rooms])
    path = tmp_path / "tracts.csv"
    frame.head(3).to_csv(path, index=False)
    model = tabular.export(encoder, core)
    table = dbn_houses.predict(HOUSES, model, [str(path)], Recorder())
    expected = (frame["RM"] - frame["RM"].mean()) / frame["RM"].std(ddof=0)
    np.testing.assert_allclose(table["price"], expected.head(3), rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: RbmConfig(steps=0), "rbm.steps"),
        (lambda: RbmConfig(learning_rate=0.0), "rbm.learning-rate"),
        (lambda: RbmConfig(momentum=1.0), "rbm.momentum"),
        (lambda: RbmConfig(decay=-1.0), "rbm.decay"),
        (lambda: RbmMnistConfig(hidden=0), "hidden"),
        (lambda: RbmMnistConfig(validation=1.0), "validation"),
        (lambda: BeliefConfig(network=NetworkConfig(hidden_sizes=(3,))), "network.activation"),
        (lambda: DbnBankConfig(validation=0.0), "validation"),
        (
            lambda: DbnHousesConfig(network=NetworkConfig(hidden_sizes=(), activation="sigmoid")),
            "network.hidden-sizes",
        ),
    ],
)
def test_settings_out_of_range_are_named(make, name):
    with pytest.raises(InvalidSetting, match=f"--{name} "):
        make()
