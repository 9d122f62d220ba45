"""Both jobs on a small network's real layers, in seconds."""

import keras
import numpy as np
import pytest
from PIL import Image

from supervised.core import looking
from supervised.core.imagenet import backbones, tuning
from supervised.core.job import Job
from supervised.core.settings import FitConfig
from supervised.datasets.source import DataError, Source
from supervised.pretrained import classify, transfer
from supervised.pretrained.configs import ClassifyConfig, TransferConfig
from tests.supervised.core.imagenet.files import of, published_h5
from tests.supervised.recorder import Recorder

SHORT = FitConfig(epochs=1, batch_size=8)


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory):
    network = backbones.network("squeezenet", classifier=True, seed=0)
    return published_h5(tmp_path_factory.mktemp("weights") / "top.h5", of(network))


@pytest.fixture
def folder(tmp_path):
    """Eight red, green and blue pictures each, of several sizes and modes."""
    rng = np.random.default_rng(0)
    for place, name in enumerate(("red", "green", "blue")):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(8):
            pixels = rng.integers(0, 60, size=(30 + number, 60 - number, 3)).astype(np.uint8)
            pixels[..., place] += 150
            picture = Image.fromarray(pixels)
            picture = picture.convert("RGBA") if number == 0 else picture
            picture.save(tmp_path / "mine" / name / f"{number}.png")
    return tmp_path / "mine"


def test_the_thousand_classes_are_in_ilsvrcs_order():
    names = classify.class_names()
    assert len(names) == 1_000
    places = {0: "tench", 207: "golden retriever", 281: "tabby", 386: "African elephant"}
    places |= {388: "giant panda", 949: "strawberry", 999: "toilet t"}
    for place, name in places.items():
        assert names[place].startswith(name)


def test_the_likeliest_classes_come_first():
    probabilities = np.array([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]], np.float32)
    table = classify.ranked(["x.png", "y.png"], probabilities, ("a", "b", "c"), 2)
    assert table["file"].tolist() == ["x.png", "x.png", "y.png", "y.png"]
    assert table["class"].tolist() == ["b", "c", "a", "b"]  # of equals, the first
    assert table["rank"].tolist() == [1, 2, 1, 2]
    np.testing.assert_allclose(table["probability"], [0.6, 0.3, 0.5, 0.25])


def test_the_middle_square_is_scaled():
    wide = np.zeros((2, 6, 3), np.uint8)
    wide[:, 2:4] = 200
    np.testing.assert_array_equal(looking.square(wide, 2), np.full((2, 2, 3), 200))
    fine = np.zeros((8, 8, 3), np.uint8)
    fine[:, ::2] = 200  # stripes of a pixel: without smoothing a quarter of them would win
    np.testing.assert_allclose(looking.square(fine, 2), 100, atol=15)


def test_pictures_are_named_and_drawn(folder, weights_file):
    context = Recorder()
    config = ClassifyConfig(
        network="squeezenet", pictures=(folder / "red",), weights=weights_file, top=3, batch=5
    )
    result = classify.run(config, context)
    table = context.tables["predictions"]
    assert len(table) == 8 * 3
    first = table[table["rank"] == 1]["probability"]
    assert result.metrics == {"mean_top_probability": pytest.approx(first.mean())}
    assert result.notes == ("weights of squeezenet: top.h5",)
    assert len(context.lines) == 8
    assert "predictions" in context.figures


def test_missing_pictures_and_broken_ones_are_named(folder, weights_file):
    def run(*pictures):
        config = ClassifyConfig(network="squeezenet", pictures=pictures, weights=weights_file)
        classify.run(config, Recorder())

    with pytest.raises(DataError, match="no pictures given"):
        run()
    broken = folder / "red" / "8.png"
    broken.write_bytes((folder / "red" / "1.png").read_bytes()[:-100])
    with pytest.raises(DataError, match=r"8\.png"):
        run(broken)


@pytest.mark.slow
def test_a_frozen_network_teaches_a_classifier():
    context = Recorder(run_seed=1, source=Source(want="synthetic"))
    config = TransferConfig(fit=FitConfig(epochs=40, batch_size=16, keep="best"))
    result = transfer.run(config, context)
    assert result.metrics["accuracy"] >= 0.8
    assert result.baseline == 0.5
    assert {"training", "confusion", "pictures", "maps_conv1", "maps_fire9"} <= set(context.figures)
    assert "random" in result.notes[0]
    before = backbones.network("squeezenet", classifier=False, seed=context.seed("network"))
    inside = context.models["model"].get_layer("squeezenet")
    for ours, theirs in zip(inside.get_weights(), before.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_ones_own_classes_are_learnt_saved_and_predicted(folder, weights_file, tmp_path):
    context = Recorder()
    config = TransferConfig(
        weights=weights_file,
        pictures_dir=folder,
        unfreeze=3,
        augment=True,
        fit=SHORT,
        fine_fit=SHORT,
        validation=0.25,
        test=0.25,
    )
    transfer.run(config, context)
    assert list(context.phases) == ["head", "network"]
    assert context.tables["history"]["epoch"].tolist() == [1, 2]
    context.models["model"].save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    job: Job = transfer  # type: ignore[assignment]
    table = job.predict(config, model, [str(folder / "blue")], context)
    assert list(table.columns) == [
        *("picture", "class", "probability"),
        *("p_blue", "p_green", "p_red"),
    ]
    shares = table[["p_blue", "p_green", "p_red"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert (shares.max(axis=1) == table["probability"]).all()
    metrics = job.evaluate(config, Recorder(), model)
    assert 0 <= metrics["accuracy"] <= 1

    before = dict(of(backbones.network("squeezenet", classifier=True, seed=0)))
    inside = model.get_layer("squeezenet")
    changed = [
        layer.name
        for layer in inside.layers
        if layer.weights
        and not np.array_equal(layer.kernel, before[layer.name.replace("_", "/")][0])
    ]
    assert changed == ["fire9_squeeze1x1", "fire9_expand1x1", "fire9_expand3x3"]


@pytest.mark.slow
def test_from_scratch_all_is_trained_and_the_test_stays_untouched_in_a_search(folder):
    context = Recorder(final=False)
    config = TransferConfig(
        start="scratch", pictures_dir=folder, fine_fit=SHORT, validation=0.25, test=0.25
    )
    result = transfer.run(config, context)
    assert list(context.phases) == ["network"]
    assert result.metrics == {}
    assert 0 <= result.validation["accuracy"] <= 1
    assert "from scratch" in result.notes[0]
    assert "confusion" not in context.figures


def test_batch_normalization_stays_as_it_is():
    layers = keras.layers
    network = keras.Sequential(
        [layers.Input((3,)), layers.Dense(2), layers.BatchNormalization(), layers.Dense(2)]
    )
    tuning.unfreeze(network, 2)
    assert [layer.trainable for layer in network.layers] == [False, False, True]
    tuning.unfreeze(network, 9)
    assert [layer.trainable for layer in network.layers] == [True, False, True]


def test_augmentation_needs_training():
    model = keras.Sequential(
        [keras.layers.Input((16, 16, 3), dtype="uint8"), *tuning.augmentation(Recorder())]
    )
    x = np.random.default_rng(0).integers(256, size=(4, 16, 16, 3)).astype(np.uint8)
    np.testing.assert_array_equal(model(x, training=False), x)
    assert np.abs(np.asarray(model(x, training=True)) - x).mean() > 5


def test_features_are_scaled_to_one():
    found = np.array([[3, 0], [4, 5]], np.float32)  # root mean square √(50/4)
    head = tuning.classifier(found, 2, 0.0, Recorder())
    scaled = np.asarray(head.layers[0](found))
    np.testing.assert_allclose(scaled, found / np.sqrt(12.5), rtol=1e-6)
