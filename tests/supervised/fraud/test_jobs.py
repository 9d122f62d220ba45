"""The fraud analysis on small data: what it reports, keeps, and says no to."""

import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from common.settings import InvalidSetting
from supervised.core.examples import Examples
from supervised.core.job import Result
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.datasets import creditcard
from supervised.datasets.layouts import Table
from supervised.datasets.source import DataError, Source
from supervised.fraud import autoencoder, classifier, comparison, exploration, periods
from supervised.fraud.configs import FraudConfig
from tests.supervised.recorder import Recorder, beside

CONFIG = FraudConfig(
    network=NetworkConfig(hidden_sizes=(15, 5), activation="tanh", initializer="glorot_uniform"),
    optimizer=OptimizerConfig(learning_rate=0.01),
    fit=FitConfig(epochs=3, batch_size=64, keep="best"),
    classifier_epochs=2,
)


def _payments(source: Source) -> Table:
    return creditcard.synthetic(np.random.default_rng(0), count=4_000)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(creditcard, "load", _payments)


@pytest.fixture(scope="module")
def done() -> tuple[Recorder, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(creditcard, "load", _payments)
        context = Recorder()
        return context, autoencoder.run(CONFIG, context)


def test_what_a_run_reports(done):
    context, result = done
    for name in ("untrained", "squares", "forest", "classifier", "scratch"):
        assert 0.6 < result.metrics[f"{name}_roc_auc"] <= 1
        assert f"{name}_average_precision" in result.validation
    assert result.baseline == result.metrics["squares_roc_auc"]
    assert beside(result, "roc_auc") == ({"untrained", "squares", "forest"}, True)
    assert set(context.figures) == {
        *("time", "amounts", "columns", "training", "classifiers", "errors", "ranking", "recall"),
    }
    assert set(context.models) == {"model", "classifier"}
    table = context.tables["scores"]
    assert table.groupby("period").size().to_dict() == {"test": 6, "validation": 6}
    ours = table[(table["period"] == "test") & (table["score"] == "autoencoder")].iloc[0]
    assert ours["roc_auc"] == pytest.approx(result.metrics["roc_auc"])
    assert ours["f1"] == result.metrics["f1"]
    history = context.tables["history"]
    assert history["val_loss"].iloc[-1] < history["val_loss"].iloc[0]
    assert history["val_roc_auc"].between(0.5, 1).all()
    best = history["val_loss"].idxmin()
    of_run = result.validation["roc_auc"]
    assert history["val_roc_auc"][best] == pytest.approx(of_run, abs=1e-6)


def test_notes_say_whether_training_helped(done):
    _, result = done
    assert len(result.notes) == 5
    for note, control in zip(result.notes, comparison.CONTROLS.values(), strict=False):
        assert f" {control}: ROC-AUC {result.metrics['roc_auc']:.4f} against " in note
    assert result.notes[3].startswith("the classifier made from the encoder ")
    assert "of these test payments are frauds, 0.13 % of the published" in result.notes[4]


def test_the_splits_follow_each_other_in_time(done):
    context, _ = done
    sizes = context.tables["splits"]
    assert sizes["rows"].tolist() == [2_560, 640, 800]
    assert sizes["frauds"].sum() == 40
    assert (sizes["last_second"][:-1].to_numpy() <= sizes["first_second"][1:].to_numpy()).all()


def test_a_saved_model_scores_as_the_run_said(done, tmp_path):
    context, result = done
    context.models["model"].save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    metrics = autoencoder.evaluate(CONFIG, context, model)
    assert metrics == {name: result.metrics[name] for name in metrics}
    assert {"roc_auc", "f1", "recall_at_100", "precision_above_10"} <= set(metrics)


_LOAD = """
import sys, keras, numpy as np
rows = np.loadtxt(sys.argv[2], dtype=np.float32, ndmin=2)
for name in ("model", "classifier"):
    model = keras.models.load_model(f"{sys.argv[1]}/{name}.keras", safe_mode=True)
    found = model.predict({f"V{i + 1}": rows[:, i : i + 1] for i in range(28)}, verbose=0)
    print(*found["score"][:, 0].astype(float).tolist(), *found["flagged"][:, 0].astype(int))
"""


@pytest.mark.slow
def test_saved_models_need_nothing_of_this_project(done, tmp_path):
    context, _ = done
    frame = _payments(Source()).frame[periods.INPUTS].iloc[:5]
    np.savetxt(tmp_path / "rows.txt", frame.to_numpy())
    for name, model in context.models.items():
        model.save(tmp_path / f"{name}.keras")
    answer = subprocess.run(
        [sys.executable, "-c", _LOAD, str(tmp_path), str(tmp_path / "rows.txt")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        timeout=120,
    )
    lines = answer.stdout.splitlines()[-2:]
    for line, name in zip(lines, ("model", "classifier"), strict=True):
        said = np.array(line.split(), float)
        score, flagged = periods.detect(context.models[name], frame)
        np.testing.assert_allclose(said[:5], score, rtol=1e-5)
        assert said[5:].tolist() == flagged.tolist()


def test_payments_of_a_users_file(done, tmp_path):
    context, _ = done
    data = _payments(Source())
    shown = np.r_[np.flatnonzero(data.target)[:20], np.flatnonzero(data.target == 0)[:20]]
    frame = data.frame.iloc[shown]
    path = tmp_path / "mine.csv"
    frame.to_csv(path, index=False)
    table = autoencoder.predict(CONFIG, context.models["model"], [str(path)], context)
    assert list(table) == ["file", "row", "score", "flagged"]
    assert table["score"][:20].median() > 2 * table["score"][20:].median()
    flagged = table["flagged"] == "yes"
    assert table["score"][flagged].min() > table["score"][~flagged].max()
    assert 0 < flagged.sum() < 40
    frame.drop(columns=["Time", "Amount", "V3"]).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"mine\.csv.*lacks V3"):
        autoencoder.predict(CONFIG, context.models["model"], [str(path)], context)


@pytest.mark.slow
def test_a_search_leaves_the_test_alone(done, monkeypatch):
    """Test payments that would break everything change nothing."""
    _, result = done
    data = _payments(Source())
    broken = replace(data, frame=data.frame.copy(), target=data.target.copy())
    broken.frame.iloc[3_200:, 1:] = np.nan
    broken.target[3_200:] = 1
    monkeypatch.setattr(creditcard, "load", lambda source: broken)
    found = autoencoder.run(CONFIG, Recorder(final=False))
    assert found == Result(metrics={}, validation=result.validation)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (slice(2_560), "none of the 2,560 training rows is fraud"),
        (slice(3_200, None), "none of the 800 test rows is fraud"),
    ],
)
def test_a_period_without_frauds_is_named(monkeypatch, rows, words):
    data = _payments(Source())
    target = data.target.copy()
    target[rows] = 0
    monkeypatch.setattr(creditcard, "load", lambda source: replace(data, target=target))
    with pytest.raises(DataError, match=words):
        autoencoder.run(CONFIG, Recorder())


def test_the_network_mirrors_its_encoder():
    network = autoencoder.build(CONFIG.network, Recorder())
    assert [layer.output.shape[1] for layer in network.layers] == [15, 5, 15, 28]
    assert [layer.activation.__name__ for layer in network.layers] == [*["tanh"] * 3, "linear"]
    one = autoencoder.build(replace(CONFIG.network, hidden_sizes=(15,)), Recorder())
    assert one.count_params() == 28 * 15 + 15 + 15 * 28 + 28


def test_the_mean_of_squares_and_the_error_of_a_reconstruction():
    """A network that gives half of what it takes leaves a quarter of the squares."""
    rows = np.array([[3.0, 4.0], [0.0, 2.0]], np.float32)
    half = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(0.5)])
    ranks = comparison.fitted(half, rows, Recorder())
    np.testing.assert_allclose(ranks["squares"](rows), [12.5, 2.0])
    np.testing.assert_allclose(ranks["untrained"](rows), [3.125, 0.5])


def test_the_forest_ranks_what_is_far_off_highest():
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(200, 2)), [[9.0, 9.0]]]).astype(np.float32)
    same = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    assert comparison.fitted(same, rows, Recorder())["forest"](rows).argmax() == 200


def test_separation_by_hand():
    """Means 1 and 5, variances 2 and 8 (of samples): |5 - 1| / √((2 + 8) / 2)."""
    frame = pd.DataFrame({"V1": [0.0, 2.0, 3.0, 7.0]})
    period = periods.Period(name="training", frame=frame, labels=np.array([0, 0, 1, 1], np.int32))
    found = exploration.summary(period).iloc[0]
    assert (found["genuine_mean"], found["fraud_mean"]) == (1.0, 5.0)
    assert found["separation"] == pytest.approx(4 / 5**0.5)


@pytest.mark.slow
def test_both_classifiers_and_what_chose_their_weights():
    """Where one column is the answer, both starts learn it."""
    rng = np.random.default_rng(0)
    labels = (rng.random(600) < 0.1).astype(np.float32)
    rows = rng.normal(size=(600, 28)).astype(np.float32)
    rows[:, 3] += 4 * labels
    examples = Examples(x=rows, y=labels[:, None])
    context = Recorder()
    network = autoencoder.build(CONFIG.network, context)
    config = replace(CONFIG, classifier_epochs=8)
    pair = classifier.train_pair(network, examples, examples, config, context)
    table = context.tables["classifiers"]
    for start, trained in pair.items():
        assert trained.average_precision > 0.9
        chosen = table[table["network"] == start].set_index("weighting")["val_average_precision"]
        assert trained.average_precision == chosen.max() == chosen[trained.weighting]
    assert {"pretrained_unweighted", "scratch_balanced"} <= set(context.phases)


def test_a_pretrained_classifier_starts_from_the_encoder():
    """Other weights than the autoencoder was born with, and the same as it has now."""
    network = autoencoder.build(CONFIG.network, Recorder())
    for layer in network.layers:
        layer.set_weights([w + 1 for w in layer.get_weights()])
    rows = np.zeros((4, 28), np.float32)
    labels = np.array([[0], [1], [0], [1]], np.float32)
    tiny = replace(CONFIG, optimizer=OptimizerConfig(name="sgd", learning_rate=1e-9))
    examples = Examples(x=rows, y=labels)
    pair = classifier.train_pair(network, examples, examples, tiny, Recorder())
    ours = [layer.get_weights()[0] for layer in pair["pretrained"].model.layers[:2]]
    theirs = [network.get_layer(f"encoder_{i}").get_weights()[0] for i in (1, 2)]
    born = [layer.get_weights()[0] for layer in pair["scratch"].model.layers[:2]]
    for one, other, first in zip(ours, theirs, born, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
        np.testing.assert_allclose(one, first + 1, atol=1e-6)


def test_settings_that_make_no_sense():
    with pytest.raises(InvalidSetting, match="must name the code's layer"):
        replace(CONFIG, network=NetworkConfig(hidden_sizes=()))
    with pytest.raises(InvalidSetting, match="--classifier-epochs must be 1 or more, got 0"):
        replace(CONFIG, classifier_epochs=0)
    with pytest.raises(InvalidSetting, match=r"--fraud-share must be in \[0, 1\], got 2"):
        replace(CONFIG, fraud_share=2)
    with pytest.raises(InvalidSetting, match=r"--validation must be in \[0.01, 0.9\], got 1"):
        replace(CONFIG, validation=1)


@pytest.mark.parametrize(("share", "kept"), [(0.0, 0), (0.1, 10), (0.5, 30), (1.0, 30)])
def test_a_share_of_the_frauds_is_kept(share, kept):
    """Of 90 genuine payments and 30 frauds: 10 of 100 are a tenth."""
    labels = np.repeat([0, 1, 0], [40, 30, 50]).astype(np.int32)
    frame = pd.DataFrame({"Time": np.arange(120.0)})
    period = periods.Period(name="training", frame=frame, labels=labels)
    thinned = period.thinned(share, np.random.default_rng(0))
    assert np.bincount(thinned.labels, minlength=2).tolist() == [90, kept]
    times = thinned.frame["Time"].to_numpy()
    assert (np.diff(times) > 0).all()
    np.testing.assert_array_equal(thinned.labels, labels[times.astype(int)])


@pytest.mark.slow
def test_scales_are_those_of_what_the_autoencoder_learns_from():
    context = Recorder()
    autoencoder.run(replace(CONFIG, fraud_share=0), context)
    train = periods.split(_payments(Source()), CONFIG.validation)[0]
    (scale,) = (
        layer
        for layer in context.models["model"].layers
        if isinstance(layer, keras.layers.Normalization)
    )
    genuine = train.inputs.to_numpy(np.float32)[train.labels == 0]
    np.testing.assert_allclose(np.ravel(scale.mean), genuine.mean(axis=0), atol=1e-5)
