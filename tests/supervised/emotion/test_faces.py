"""The network for faces: its layers by hand, and what it reports on generated faces."""

import dataclasses

import keras
import numpy as np
import pytest
from PIL import Image

from common.settings import InvalidSetting
from supervised.core.job import Result
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets import faces as data
from supervised.datasets.source import Source
from supervised.emotion import faces
from supervised.emotion.configs import BOOK, EmotionConfig, EmotionPredictConfig
from tests.supervised.recorder import Recorder

SMALL = EmotionConfig(
    filters=(4, 8, 8, 16),
    dense=32,
    dropout=0.2,
    optimizer=OptimizerConfig(learning_rate=3e-3),
    fit=FitConfig(epochs=5, batch_size=32, keep="best"),
)
SYNTHETIC = Source(want="synthetic")
FACES = np.random.default_rng(0).integers(256, size=(3, 48, 48)).astype(np.uint8)


@pytest.fixture(scope="module")
def small() -> tuple[Recorder, Result]:
    context = Recorder(source=SYNTHETIC)
    return context, faces.run(SMALL, context)


def test_the_books_network():
    """9,216 inputs of the dense layer, 2,380,679 parameters; the book's text has 9,126."""
    model = faces.build(BOOK, Recorder())
    convolutions = (5 * 5 * 1 + 1) * 32 + (3 * 3 * 32 + 1) * 64
    assert model.count_params() == convolutions + (12 * 12 * 64 + 1) * 256 + (256 + 1) * 7
    assert model(FACES).shape == (3, 7)
    weights = [np.asarray(v) for v in model.trainable_variables]
    assert [w.shape for w in weights[::2]] == [
        (5, 5, 1, 32),
        (3, 3, 32, 64),
        (9_216, 256),
        (256, 7),
    ]
    assert all(np.all(bias == 0) for bias in weights[1::2])
    assert abs(weights[4]).max() <= 2 * 0.02  # cut off at two standard deviations
    assert weights[4].std() == pytest.approx(0.88 * 0.02, rel=0.01)


def test_decay_is_of_the_convolutions_weights_only():
    """The book's 0.01 times half the sum of squares, without its biases."""
    model = faces.build(BOOK, Recorder())
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 0.1, np.float32))
    squares = (5 * 5 * 32 + 3 * 3 * 32 * 64) * 0.1**2
    assert float(sum(model.losses)) == pytest.approx(0.01 / 2 * squares, rel=1e-5)
    assert not faces.build(dataclasses.replace(BOOK, l2=0.0), Recorder()).losses


def test_our_network_halves_the_sides_four_times():
    model = faces.build(EmotionConfig(), Recorder())
    pools = [layer for layer in model.layers if isinstance(layer, keras.layers.MaxPooling2D)]
    shapes = [pool.output.shape[1:] for pool in pools]
    assert shapes == [(24, 24, 16), (12, 12, 48), (6, 6, 96), (3, 3, 192)]


@pytest.mark.slow
def test_dropout_and_shifts_are_off_when_faces_are_scored(small):
    """Also where the saved model is simply called, which leaves Keras' random layers on."""
    model = faces.build(EmotionConfig(filters=(4,), dense=16), Recorder())
    one, again = (np.asarray(model(FACES, training=False)) for _ in range(2))
    np.testing.assert_array_equal(one, again)
    one, again = (np.asarray(model(FACES, training=True)) for _ in range(2))
    assert abs(one - again).max() > 1e-3
    saved = small[0].models["model"]
    np.testing.assert_array_equal(saved(FACES), saved(FACES))
    assert len(saved.layers) == len(faces.build(SMALL, Recorder()).layers)  # - 2 + input, softmax


def test_faces_are_mirrored_and_shifted_in_training():
    model = faces.build(EmotionConfig(filters=(4,)), Recorder())
    moved = keras.Sequential(model.layers[:4])
    image = np.zeros((64, 48, 48), np.uint8)
    image[:, 20:28, 10:14] = 255
    seen = np.asarray(moved(image, training=True))[..., 0]
    columns = (seen.sum(axis=1) * np.arange(48)).sum(axis=1) / seen.sum(axis=(1, 2))
    # The bar's middle, 11.5, and its mirror image, 35.5, each moved by up to a tenth of 48.
    distances = np.minimum(abs(columns - 11.5), abs(columns - 35.5))
    assert distances.max() <= 4.8 + 0.1
    assert 10 < np.sum(columns > 24) < 54
    np.testing.assert_allclose(
        np.asarray(moved(image, training=False))[..., 0], image / 255, atol=1e-6
    )


@pytest.mark.slow
def test_faces_are_told_apart(small):
    context, result = small
    assert result.metrics["accuracy"] > 0.9
    assert result.baseline < 0.2
    assert result.notes == ()
    assert {f"recall_{name}" for name in data.CLASSES} <= set(result.metrics)
    assert {"faces", "training", "confusion"} <= set(context.figures)
    classes = context.tables["classes"]
    assert classes["emotion"].tolist() == list(data.CLASSES)
    assert classes[["training", "validation", "test"]].sum().tolist() == [1_400, 210, 350]
    # Keras' own figure, with dropout off, beside ours.
    best = context.tables["history"]["val_log_loss"].min()
    assert result.validation["log_loss"] == pytest.approx(best, rel=1e-3)
    assert f"{best:.4f}"[:5] in context.lines[0]


@pytest.mark.slow
def test_a_saved_model_scores_as_the_run_said(small, tmp_path):
    context, result = small
    context.models["model"].save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    beside = {"neighbours_accuracy": result.metrics["neighbours_accuracy"]}  # of no network
    assert faces.evaluate(SMALL, context, model) | beside == result.metrics
    assert 0.2 < beside["neighbours_accuracy"] < 1


@pytest.mark.slow
def test_a_users_faces_are_named(small, tmp_path):
    context, _ = small
    drawn = data.synthetic(np.random.default_rng(1))
    chosen = [int(np.flatnonzero(drawn.test_labels == label)[0]) for label in range(7)]
    for label, number in enumerate(chosen):  # twice the size, with something beside the face
        large = Image.fromarray(drawn.test_images[number]).resize((96, 96))
        wide = Image.new("RGB", (160, 96), "red")
        wide.paste(large, (32, 0))
        wide.save(tmp_path / f"{label}.png")
    own = Recorder(source=Source())
    table = faces.predict(SMALL, context.models["model"], [str(tmp_path)], own)
    assert np.mean(table["emotion"] == np.array(data.CLASSES)) >= 5 / 7
    np.testing.assert_allclose(table[[f"p_{n}" for n in data.CLASSES]].sum(axis=1), 1, rtol=1e-5)


def test_a_search_leaves_the_test_faces_alone(monkeypatch):
    def touched(*_):
        raise AssertionError("the test data were scored")

    monkeypatch.setattr("supervised.core.classifiers.test_metrics", touched)
    config = dataclasses.replace(SMALL, filters=(2,), fit=FitConfig(epochs=1))
    found = faces.run(config, Recorder(source=SYNTHETIC, final=False))
    assert found.metrics == {}
    assert found.baseline is None
    assert 0 < found.validation["accuracy"] < 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: EmotionConfig(filters=()), "filters must name 1 to 5 layers"),
        (lambda: EmotionConfig(filters=(8,) * 6), "filters must name 1 to 5 layers"),
        (lambda: EmotionConfig(filters=(0,)), "filters must be 1 or more"),
        (lambda: EmotionConfig(first_kernel=49), "first-kernel must be from 1 to 48"),
        (lambda: EmotionConfig(dense=0), "dense must be"),
        (lambda: EmotionConfig(dropout=1.0), "dropout must be"),
        (lambda: EmotionConfig(l2=-1.0), "l2 must be"),
        (lambda: EmotionPredictConfig(samples=1), "samples must be 2 or more, got 1"),
        (lambda: EmotionPredictConfig(face=(0, 0, 0, 5)), "face must be .* got 0 0 0 5"),
        (lambda: EmotionPredictConfig(face=(-1, 0, 5, 5)), "face must be .* got -1 0 5 5"),
    ],
)
def test_settings_out_of_range_are_named(make, says):
    with pytest.raises(InvalidSetting, match=f"--{says}"):
        make()
