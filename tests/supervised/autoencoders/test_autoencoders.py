"""Autoencoders: sizes and errors by hand, and that they learn in seconds."""

import itertools

import keras
import numpy as np
import pytest
from PIL import Image

from common.settings import InvalidSetting
from supervised.autoencoders import convolutional, dense, reconstructing
from supervised.autoencoders.configs import ConvolutionalConfig, DenseConfig
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import Source
from tests.supervised.recorder import Recorder, beside

FAST = OptimizerConfig(learning_rate=3e-3, schedule="cosine")


@pytest.fixture
def context() -> Recorder:
    return Recorder(source=Source(want="sample"))


def test_the_books_dense_network():
    model = dense.build(DenseConfig(), Recorder())
    sizes = (784, 256, 128, 256, 784)
    expected = sum(a * b + b for a, b in itertools.pairwise(sizes))
    assert model.count_params() == expected == 468_368
    assert model.get_layer("code").output.shape == (None, 128)
    assert model(np.full((2, 28, 28), 255, np.uint8)).shape == (2, 28, 28)


def test_the_books_convolutional_network_comes_back_to_28_pixels():
    model = convolutional.build(ConvolutionalConfig(), Recorder())
    assert model.get_layer("convolution_3").output.shape == (None, 4, 4, 64)
    assert model.output_shape == (None, 28, 28)
    inward = (25 + 1) * 16 + (25 * 16 + 1) * 32 + (25 * 32 + 1) * 64
    outward = (25 * 64 + 1) * 32 + (25 * 32 + 1) * 16 + (25 * 16 + 1) * 1
    assert model.count_params() == inward + outward == 128_961


def test_errors_by_hand():
    images = np.array([[[0, 255], [51, 102]]], np.uint8)
    down = np.array([[[0.5, 1.0], [0.2, 0.0]]])
    assert reconstructing.error(images, down) == pytest.approx((0.25 + 0.16) / 4)
    assert reconstructing.psnr(0.01) == pytest.approx(20.0)
    loss = keras.ops.mean(reconstructing.squared_error(images, down.astype(np.float32)))
    assert float(loss) == pytest.approx((0.25 + 0.16) / 4)
    grey = np.array([[[255, 51]]], np.uint8)
    entropy = reconstructing.cross_entropy(grey, np.array([[[0.5, 0.25]]], np.float32))
    by_hand = [np.log(2), -0.2 * np.log(0.25) - 0.8 * np.log(0.75)]
    np.testing.assert_allclose(np.asarray(entropy)[0, 0], by_hand, rtol=1e-5)


def test_noise_is_that_of_the_seed_and_the_purpose_and_is_not_clipped():
    images = np.full((50, 28, 28), 255, np.uint8)
    first = reconstructing.noisy(images, 0.3, Recorder(), "test")
    np.testing.assert_array_equal(first, reconstructing.noisy(images, 0.3, Recorder(), "test"))
    assert (first != reconstructing.noisy(images, 0.3, Recorder(), "validation")).mean() > 0.99
    assert (first / 255 - 1).std() == pytest.approx(0.3, rel=0.02)
    assert first.max() > 300
    assert reconstructing.noisy(images, 0.0, Recorder(), "test") is images


def test_noise_is_for_training_only():
    model = dense.build(DenseConfig(noise=0.3, hidden_sizes=(4,), code=1), Recorder())
    images = np.full((1, 28, 28), 128, np.uint8)
    np.testing.assert_array_equal(model(images), model(images))
    assert (model(images, training=True).numpy() != model(images, training=True).numpy()).any()


@pytest.mark.slow
def test_a_dense_one_beats_the_mean_image_and_the_books_start(context):
    config = DenseConfig(
        hidden_sizes=(64, 32, 64),
        activation="relu",
        optimizer=FAST,
        fit=FitConfig(epochs=6),
        book_start=True,
    )
    result = dense.run(config, context)
    assert result.metrics["mse"] < 0.8 * result.baseline
    assert result.metrics["mse"] < result.metrics["book_start_mse"]
    assert 0 < result.metrics["pca_mse"] < result.baseline
    assert beside(result, "mse") == ({"pca"}, True)
    assert {"codes", "reconstructions", "training"} <= set(context.figures)


@pytest.mark.slow
def test_a_denoising_one_removes_noise(context):
    config = DenseConfig(
        noise=0.3,
        hidden_sizes=(128,),
        code=1,
        activation="relu",
        optimizer=FAST,
        fit=FitConfig(epochs=3),
    )
    result = dense.run(config, context)
    assert result.metrics["noisy_mse"] == pytest.approx(0.09, rel=0.01)
    assert result.metrics["mse"] < result.baseline == result.metrics["clipped_mse"]
    assert beside(result, "mse") == ({"clipped"}, True)
    assert {"noise", "noise_examples"} <= set(context.figures)
    assert list(context.tables["noise"]["noise"]) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_a_users_pictures_are_reconstructed(tmp_path):
    Image.new("L", (100, 60), 255).save(tmp_path / "white.png")
    model = dense.build(DenseConfig(hidden_sizes=(4,), code=1), Recorder())
    context = Recorder()
    table = dense.predict(DenseConfig(), model, [str(tmp_path)], context)
    assert list(table["picture"]) == [str(tmp_path / "white.png")]
    assert 0 <= table["mse"][0] <= 1
    assert "reconstructions" in context.figures


def test_the_code_must_be_one_of_the_layers():
    with pytest.raises(InvalidSetting, match=r"--code must name a layer from 1 to 2, got 3"):
        DenseConfig(hidden_sizes=(8, 8), code=3)
