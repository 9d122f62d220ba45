"""The three jobs on small data: what they report, keep, and take up again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

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
from supervised.datasets import bank, boston, houses, mnist, splits
from supervised.datasets.source import DataError, Source
from supervised.job import Result, module_of
from supervised.settings import FitConfig, NetworkConfig
from tests.supervised.recorder import Recorder, Stopped

SYNTHETIC, SAMPLE = Source(want="synthetic"), Source(want="sample")
RBM = RbmMnistConfig(hidden=32, rbm=RbmConfig(epochs=2), chain_steps=20)
BANK = DbnBankConfig(rbm=RbmConfig(learning_rate=0.01, epochs=2), fit=FitConfig(epochs=4))
HOUSES = replace(DbnHousesConfig(), fit=FitConfig(epochs=25, batch_size=20, keep="best"))


def _small_bank(source: Source) -> bank.Bank:
    return bank.synthetic(np.random.default_rng(0), count=3_000)


def _weights(context: Recorder) -> bytes:
    return b"".join(weights.tobytes() for weights in context.models["model"].get_weights())


@pytest.fixture(scope="module")
def of_rbm() -> tuple[Recorder, Result]:
    context = Recorder(source=SYNTHETIC)
    return context, rbm_mnist.run(RBM, context)


@pytest.fixture(scope="module")
def of_bank() -> tuple[Recorder, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "load", _small_bank)
        context = Recorder()
        return context, dbn_bank.run(BANK, context)


@pytest.fixture(scope="module")
def of_houses() -> tuple[Recorder, Result]:
    context = Recorder(source=SAMPLE)
    return context, dbn_houses.run(HOUSES, context)


@pytest.mark.parametrize(
    ("config", "fixture"), [(RBM, "of_rbm"), (BANK, "of_bank"), (HOUSES, "of_houses")]
)
def test_a_saved_model_scores_as_the_run_said(config, fixture, request, monkeypatch, tmp_path):
    context, result = request.getfixturevalue(fixture)
    monkeypatch.setattr(bank, "load", _small_bank)
    context.models["model"].save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    figures = module_of(config).evaluate(config, context, model)
    assert figures
    assert figures == {name: result.metrics[name] for name in figures}


def test_the_machine_reconstructs_better_than_the_mean(of_rbm):
    context, result = of_rbm
    assert result.metrics["reconstruction_error"] < 0.6 * result.baseline
    history = context.tables["history"]["val_reconstruction_error"]
    assert history.iloc[-1] < history.iloc[0]
    assert result.validation["reconstruction_error"] == pytest.approx(history.iloc[-1], rel=1e-5)
    assert set(context.figures) == {"error", "filters", "chains", "reconstructions"}


def test_a_picture_of_noise_is_worse_reconstructed_than_a_digit(of_rbm, tmp_path):
    context, _ = of_rbm
    digit = mnist.load(SYNTHETIC).test_images[0]
    noise = np.random.default_rng(0).integers(256, size=(28, 28)).astype(np.uint8)
    noise[[0, -1]], noise[:, [0, -1]] = 0, 0  # a bright border would be inverted
    for name, pixels in (("a_digit.png", digit), ("b_noise.png", noise)):
        Image.fromarray(pixels).save(tmp_path / name)
    table = rbm_mnist.predict(RBM, context.models["model"], [str(tmp_path)], context)
    assert [Path(file).name for file in table["file"]] == ["a_digit.png", "b_noise.png"]
    assert table["reconstruction_error"][0] < 0.5 * table["reconstruction_error"][1]


def test_the_bank_reports_both_networks(of_bank):
    context, result = of_bank
    for prefix in ("", "control_"):
        assert result.metrics[f"{prefix}accuracy"] >= result.baseline - 0.01
        assert result.metrics[f"{prefix}roc_auc"] > 0.8
        assert f"{prefix}recall_yes" in result.metrics
        assert f"{prefix}log_loss" in result.validation
    assert result.notes[0].startswith("pre-training ")
    assert set(context.tables["pretraining"]["layer"]) == {"hidden_1", "hidden_2"}
    assert set(context.figures) == {"pretraining", "fine_tuning", "confusion", "ranking"}


def test_network_and_control_start_alike_and_end_apart(monkeypatch):
    """Without steps of contrastive divergence to speak of, both are one network."""
    monkeypatch.setattr(bank, "load", _small_bank)
    still = replace(BANK, rbm=RbmConfig(learning_rate=1e-12, epochs=1), fit=FitConfig(epochs=1))
    figures = []
    for config in (still, replace(still, rbm=RbmConfig(epochs=1))):
        context = Recorder(final=False)
        figures.append(dbn_bank.run(config, context).validation)
        assert context.phases["control"]["history"][0]["val_loss"] > 0
    assert figures[0]["log_loss"] == pytest.approx(figures[0]["control_log_loss"], rel=0.02)
    assert figures[0]["control_log_loss"] == figures[1]["control_log_loss"]
    assert figures[0]["log_loss"] != figures[1]["log_loss"]


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


def test_a_job_stopped_in_any_phase_resumes_to_the_same_bits(of_bank, monkeypatch):
    """Checkpoints 1 to 4 are of the two machines, 5 to 8 of the network, 9 to 12 of its control."""
    whole, result = of_bank
    monkeypatch.setattr(bank, "load", _small_bank)
    for after in (3, 10):
        context = Recorder(stop_after=after)
        with pytest.raises(Stopped):
            dbn_bank.run(BANK, context)
        context.stop_after = None
        assert dbn_bank.run(BANK, context) == result
        assert _weights(context) == _weights(whole)


def test_a_search_leaves_the_test_rows_alone(monkeypatch):
    """Test rows that would break everything change nothing."""
    data = houses.load(SAMPLE)
    _, test = splits.book_split(len(data.target))
    broken = replace(data, frame=data.frame.copy(), target=data.target.copy())
    broken.frame.iloc[test], broken.target[test] = np.nan, np.nan
    config = replace(HOUSES, fit=FitConfig(epochs=1), rbm=RbmConfig(learning_rate=1e-3, epochs=1))
    found = []
    for known in (data, broken):
        monkeypatch.setattr(houses, "load", lambda source, known=known: known)
        found.append(dbn_houses.run(config, Recorder(final=False)))
    assert found[0] == found[1]
    assert found[0].metrics == {}
    assert found[0].validation["rmse"] > 0


def test_calls_of_a_users_file(of_bank, tmp_path):
    context, _ = of_bank
    frame = _small_bank(SYNTHETIC).frame.head(40)
    frame.to_csv(tmp_path / "calls.csv", index=False)
    path = str(tmp_path / "calls.csv")
    table = dbn_bank.predict(BANK, context.models["model"], [path], context)
    assert table["row"].tolist() == list(range(1, 41))
    assert ((table["probability_yes"] > 0.5) == (table["answer"] == "yes")).all()
    (tmp_path / "calls.csv").write_text("age,job\n30,nurse\n")
    with pytest.raises(DataError, match=r"calls\.csv"):
        dbn_bank.predict(BANK, context.models["model"], [path], context)


def test_prices_beat_the_mean_in_dollars(of_houses):
    context, result = of_houses
    figures = result.metrics
    for name in ("rmse", "control_rmse", "ridge_rmse"):
        assert 2_000 < figures[name] < 0.65 * result.baseline
    assert figures["r2"] > 0.55
    assert set(context.figures) == {"pretraining", "fine_tuning", "predictions"}


def test_prices_of_a_users_file(of_houses, tmp_path):
    context, _ = of_houses
    known = boston.sample()
    frame = pd.DataFrame(known.features[:50], columns=list(known.columns))
    frame.to_csv(tmp_path / "tracts.csv", index=False)
    path = str(tmp_path / "tracts.csv")
    table = dbn_houses.predict(HOUSES, context.models["model"], [path], context)
    assert np.corrcoef(table["price"], known.target[:50] * 1_000)[0, 1] > 0.7
    assert table["price"].mean() == pytest.approx(known.target[:50].mean() * 1_000, rel=0.15)


def _ames(count: int) -> houses.Houses:
    """Houses of Ames' columns with gaps, whose price is that of their area and quality."""
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {name: rng.normal(50, 5, count) for name in houses.NUMERIC}
    columns |= {name: rng.choice(["NA", "Gd"], count) for name in houses.CATEGORICAL}
    frame = pd.DataFrame(columns)[list(houses.COLUMNS)]
    good = (frame["ExterQual"] == "Gd").to_numpy()
    price = np.exp(12 + 0.04 * (frame["GrLivArea"].to_numpy() - 50) + 0.4 * good)
    frame.loc[rng.random(count) < 0.2, "LotFrontage"] = np.nan
    return houses.Houses(
        name="made up",
        kind="synthetic",
        frame=frame,
        target=price,
        numeric=houses.NUMERIC,
        categorical=houses.CATEGORICAL,
    )


def test_houses_with_words_and_gaps_and_the_logarithm_of_the_price(monkeypatch, tmp_path):
    data = _ames(400)
    monkeypatch.setattr(houses, "load", lambda source: data)
    context = Recorder()
    config = replace(HOUSES, log_target=True, fit=FitConfig(epochs=15, batch_size=20))
    result = dbn_houses.run(config, context)
    assert result.metrics["ridge_rmse"] < 0.2 * result.baseline  # its model is the true one
    assert result.metrics["rmse"] < 0.6 * result.baseline
    path = tmp_path / "houses.csv"
    data.frame.head(20).to_csv(path, index_label="Id", na_rep="NA")
    table = dbn_houses.predict(config, context.models["model"], [str(path)], context)
    assert np.corrcoef(table["price"], data.target[:20])[0, 1] > 0.8


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
