"""The job on pictures of one's own: trained, scored beside controls, applied to new ones."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from common.settings import InvalidSetting
from launch.cli import main
from supervised.core.job import Result
from supervised.core.settings import FitConfig, LenetNetworkConfig, NetworkConfig, OptimizerConfig
from supervised.datasets.source import DataError
from supervised.own import image_configs
from supervised.own.image_configs import ImagesConfig
from tests.supervised.own.striped import fill
from tests.supervised.recorder import Recorder, Stopped, beside

SIDE = 16
LENET = LenetNetworkConfig(filters=(4, 8), hidden=16, convolution_dropout=0.0, hidden_dropout=0.0)
QUICK = {
    "size": SIDE,
    "lenet": LENET,
    "optimizer": OptimizerConfig(learning_rate=1e-2),
    "fit": FitConfig(epochs=30, batch_size=8, keep="best"),
}
COUNT = 40


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "stripes"
    return fill(folder, {"lying": COUNT, "standing": COUNT})


def _run(config: ImagesConfig, context: Recorder) -> Result:
    from supervised.own import images  # TensorFlow

    return images.run(config, context)


@pytest.fixture(scope="module")
def trained(own) -> tuple[Recorder, Result, ImagesConfig]:
    context, config = Recorder(), ImagesConfig(folder=own, **QUICK)
    return context, _run(config, context), config


def test_stripes_are_learned_beside_controls(trained, own):
    context, result, _ = trained
    assert result.metric == "accuracy"
    assert result.baseline == 0.5
    assert result.metrics["accuracy"] >= 0.85
    assert result.metrics["accuracy"] > result.metrics["logistic_regression_accuracy"]
    assert beside(result, "accuracy") == ({"logistic_regression", "neighbours"}, True)
    assert result.test_rows == 16
    assert {"pictures", "training", "confusion"} <= set(context.figures)
    assert context.tables["figures"]["model"].tolist() == [
        *("lenet", "logistic regression on 16x16 pixels", "5 nearest neighbours on 16x16 pixels"),
        "the commonest class",
    ]
    classes = context.tables["classes"]
    assert classes["class"].tolist() == ["lying", "standing"]
    assert classes["test"].tolist() == [8, 8]
    assert classes["recall"].tolist() == [
        result.metrics["recall_lying"],
        result.metrics["recall_standing"],
    ]
    wrong = round(16 * (1 - result.metrics["accuracy"]))
    assert len(context.tables["misclassified"]) == wrong
    assert ("misclassified" in context.figures) == (wrong > 0)


def test_evaluation_repeats_the_run_and_leaves_out_what_was_trained_on(trained, own, tmp_path):
    from supervised.own import images  # TensorFlow

    context, result, config = trained
    model = context.models["model"]
    again = images.evaluate(config, context, model)
    assert again["accuracy"] == result.metrics["accuracy"]
    assert again["pictures"] == 16
    other = fill(tmp_path / "other", {"lying": 4, "standing": 3}, seed=9)
    new = images.evaluate(replace(config, test=other), context, model)
    assert new["pictures"] == 7
    for path in (own / "lying").iterdir():
        (other / "lying" / f"known_{path.name}").write_bytes(path.read_bytes())
    mixed = images.evaluate(replace(config, test=other), context, model)
    assert mixed["pictures"] == 7 + 8  # the run's own eight in the test
    assert "32 of 47 rows were trained on: left out" in context.lines[-1]


def test_one_picture_is_drawn_and_many_are_a_table(trained, own, tmp_path):
    from supervised.own import images  # TensorFlow

    context, _, config = trained
    model = context.models["model"]
    drawn = Recorder()
    found = images.predict(config, model, [str(own / "lying" / "0.png")], drawn)
    assert "probabilities" in drawn.figures
    assert found.columns.tolist() == ["picture", "class", "probability", "p_lying", "p_standing"]
    assert found["probability"][0] == found[["p_lying", "p_standing"]].max(axis=1)[0]
    many = Recorder()
    found = images.predict(config, model, [str(own / "lying"), str(own / "standing")], many)
    assert len(found) == 2 * COUNT
    assert not many.figures
    right = found["class"].to_numpy() == np.repeat(["lying", "standing"], COUNT)
    assert right.mean() > 0.85


@pytest.mark.slow
def test_pixels_on_disk_and_a_stopped_run_come_to_the_same_bits(own, monkeypatch):
    from supervised.own import image_data  # TensorFlow

    config = ImagesConfig(folder=own, **{**QUICK, "fit": FitConfig(epochs=2, batch_size=16)})
    contexts = [Recorder() for _ in range(3)]
    results = [_run(config, context) for context in contexts[:1]]
    monkeypatch.setattr(image_data, "IN_MEMORY", 1_000)
    contexts[1].stop_after = 1
    with pytest.raises(Stopped):
        _run(config, contexts[1])
    contexts[1].stop_after = None
    results += [_run(config, context) for context in contexts[1:]]
    assert any("0 MB in a temporary file" in line for line in contexts[1].lines)
    assert results[0].metrics == results[1].metrics == results[2].metrics
    weights = [context.models["model"].get_weights() for context in contexts]
    for other in weights[1:]:
        for ours, theirs in zip(weights[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "settings",
    [
        {"grey": True, "augment": True},
        {"network": "perceptron", "perceptron": NetworkConfig(hidden_sizes=(8,))},
        pytest.param(
            {
                "network": "squeezenet",
                "start": "scratch",
                "size": 32,
                "fine_fit": FitConfig(epochs=1, batch_size=16),
            },
            marks=pytest.mark.slow,
        ),
    ],
    ids=["grey augmented", "perceptron", "squeezenet"],
)
def test_other_networks_are_trained_and_a_trial_leaves_the_test_alone(own, settings):
    context = Recorder(final=False)
    quick = {**QUICK, "fit": FitConfig(epochs=1, batch_size=16)}
    result = _run(ImagesConfig(folder=own, **{**quick, **settings}), context)
    assert result.metrics == {}
    assert 0 <= result.validation["accuracy"] <= 1
    assert not {"figures", "classes"} & set(context.tables)
    assert "weights; the run takes about" in "".join(context.lines)
    grey = settings.get("grey", False)
    side = settings.get("size", SIDE)
    shape = (None, side, side) if grey else (None, side, side, 3)
    assert context.models["model"].input_shape == shape


@pytest.mark.slow
def test_imagenets_weights_are_put_to_other_classes(own, tmp_path):
    from supervised.core.imagenet import backbones
    from tests.supervised.core.imagenet.files import of, published_h5

    given = of(backbones.network("squeezenet", classifier=False, seed=0))
    weights = published_h5(tmp_path / "squeezenet_notop.h5", given)
    fit = FitConfig(epochs=1, batch_size=16)
    config = ImagesConfig(folder=own, network="squeezenet", size=32, weights=weights, fit=fit)
    context = Recorder()
    result = _run(config, context)
    assert list(context.phases) == ["head"]
    assert "weights of squeezenet: squeezenet_notop.h5" in result.notes
    inside = context.models["model"].get_layer("squeezenet")
    for layer in (layer for layer in inside.layers if layer.weights):
        kernel, _ = given[layer.name.replace("_", "/")]
        np.testing.assert_array_equal(layer.kernel, kernel)
    lacking = replace(config, weights=tmp_path / "none.h5")
    with pytest.raises(DataError, match=r"--weights .*none\.h5: no such file"):
        lacking.check()


def test_memory_is_estimated_by_hand(own):
    import keras

    from supervised.own import image_data, image_networks  # TensorFlow

    config = ImagesConfig(folder=own, **QUICK)
    data = image_data.read(config, Recorder())
    network = keras.Sequential([keras.Input((10,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    pixels, weights = 80 * 16 * 16 * 3, 4 * (44 + 10)
    trained = image_networks.memory(network, data, 100, True)
    assert trained == pytest.approx(0.9e9 + 2 * 100 * 4 * 6 + 3 * pixels + 5 * weights)
    frozen = image_networks.memory(network, data, 100, False)
    assert frozen == pytest.approx(0.9e9 + 2 * 100 * 4 * 4 + pixels + weights)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"size": 4}, r"--size must be in \[8, 1,024\] for lenet, or 0, got 4"),
        ({"network": "alexnet", "size": 64}, "--size must be 227 for alexnet, or 0"),
        ({"network": "inception_v3", "size": 64}, r"--size must be in \[75, 1,024\]"),
        ({"weights": Path("a.h5")}, "--weights is for ImageNet's networks"),
        ({"unfreeze": 2}, "--unfreeze is for ImageNet's networks, and --network is lenet"),
        ({"test_fraction": 0.7}, r"--test-fraction must be in \(0, 0.5\)"),
    ],
    ids=["size", "alexnet", "inception", "weights", "unfreeze", "fraction"],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    with pytest.raises(InvalidSetting, match=says):
        ImagesConfig(**settings)


def test_a_size_of_zero_is_the_networks_own():
    assert ImagesConfig().side == image_configs._SIDE
    assert ImagesConfig(network="vgg19").side == 224


@pytest.mark.slow
def test_a_whole_run_by_the_command_line(own, tmp_path, capsys):
    folder = tmp_path / "run"
    flags = ["--size", "16", "--lenet.filters", "4", "8", "--lenet.hidden", "16"]
    flags += ["--fit.epochs", "6", "--optimizer.learning-rate", "0.01"]
    run = ["images", "--folder", str(own), *flags, "--local", "--run-dir", str(folder)]
    assert main(run) == 0
    result = json.loads((folder / "result.json").read_text())
    assert result["claim"]["ours"] == result["metrics"]["accuracy"]
    assert result["claim"]["test_rows"] == 16
    assert result["data_sets"] == {"stripes": "real"}
    assert len(result["data_files"]["stripes"]) == 64
    assert main(["evaluate", str(folder)]) == 0
    capsys.readouterr()
    out = tmp_path / "out.csv"
    one = str(own / "lying" / "0.png")
    assert main(["predict", str(folder), one, "--out", str(out)]) == 0
    assert (tmp_path / "out_probabilities.png").exists()
    assert pd.read_csv(out)["picture"].tolist() == [one]
    capsys.readouterr()
    assert main(["images", "--folder", str(tmp_path / "none"), "--local"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "none: cannot be read" in line
