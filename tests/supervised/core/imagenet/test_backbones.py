import keras
import numpy as np
import pytest

from supervised.core.imagenet import alexnet, backbones
from supervised.core.imagenet.backbones import BACKBONES, CaffePixels
from supervised.core.imagenet.names import SIDES
from supervised.datasets.source import DataError
from tests.supervised.core.imagenet.files import of, published_h5
from tests.supervised.recorder import Recorder


@pytest.fixture(scope="module")
def big() -> keras.Model:
    return backbones.network("alexnet", classifier=True, seed=0)


def shapes(model: keras.Model, *names: str) -> list[tuple[int, ...]]:
    return [tuple(model.get_layer(name).output.shape[1:]) for name in names]


def test_alexnet_is_caffes(big):
    assert big.count_params() == 60_965_224
    assert shapes(big, "conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5") == [
        *((55, 55, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256)),
        *((13, 13, 384), (13, 13, 384), (13, 13, 256), (6, 6, 256)),
    ]
    kernels = {name: tuple(big.get_layer(name).kernel.shape) for name in ("conv2", "conv4", "fc6")}
    assert kernels == {"conv2": (5, 5, 48, 256), "conv4": (3, 3, 192, 384), "fc6": (9216, 4096)}
    assert shapes(big, "fc7", "fc8") == [(4096,), (1000,)]
    pixels = np.random.default_rng(0).normal(0, 50, (1, 227, 227, 3)).astype(np.float32)
    assert float(np.sum(big(pixels))) == pytest.approx(1, abs=1e-5)


def test_the_halves_of_a_grouped_convolution_do_not_meet(big):
    conv2 = big.get_layer("conv2")
    x = np.random.default_rng(0).normal(size=(1, 9, 9, 96)).astype(np.float32)
    changed = x.copy()
    changed[..., 48:] = 0
    one, other = np.asarray(conv2(x)), np.asarray(conv2(changed))
    np.testing.assert_allclose(one[..., :128], other[..., :128], atol=1e-5)
    assert np.abs(one[..., 128:] - other[..., 128:]).max() > 0.1


def test_neighbouring_channels_damp_each_other():
    x = np.array([100, 200, 300, 0, 0, 400], np.float32).reshape(1, 1, 1, 6)
    found = np.asarray(alexnet.LocalResponseNormalization()(x))[0, 0, 0]
    sums = np.array([14, 14, 14, 29, 25, 16]) * 1e4  # of squares, two channels to either side
    np.testing.assert_allclose(found, x[0, 0, 0] / (1 + 2e-5 * sums) ** 0.75, rtol=1e-5)


def test_squeezenet_is_the_published_one():
    with_top = backbones.network("squeezenet", classifier=True, seed=0)
    without = backbones.network("squeezenet", classifier=False, seed=0)
    assert (with_top.count_params(), without.count_params()) == (1_235_496, 722_496)
    assert shapes(with_top, "conv1", "pool1", "fire3", "fire4", "fire6", "conv10") == [
        *((113, 113, 64), (56, 56, 64), (56, 56, 128)),
        *((27, 27, 256), (13, 13, 384), (13, 13, 1000)),
    ]
    assert without.output_shape == (None, 13, 13, 512)


@pytest.mark.parametrize(
    ("name", "count", "shape"),
    [("vgg19", 20_024_384, (7, 7, 512)), ("inception_v3", 21_802_784, (8, 8, 2048))],
)
def test_kerass_networks_are_there(name, count, shape):
    network = backbones.network(name, classifier=False, seed=0)
    assert network.count_params() == count
    assert network.output_shape[1:] == shape
    for layer in BACKBONES[name].maps:
        assert len(network.get_layer(layer).output.shape) == 4


def test_the_smallest_picture_is_one_that_just_fits():
    for name in ("squeezenet", "vgg19", "inception_v3"):
        side = SIDES[name].smallest
        network = backbones.network(name, classifier=False, seed=0, height=side, width=side)
        assert network.output_shape[1:3] == (1, 1)
        with pytest.raises(ValueError):  # noqa: PT011 - Keras says it in many ways
            backbones.network(name, classifier=False, seed=0, height=side - 1, width=side - 1)


def test_the_seed_makes_the_weights():
    one, same, other = (
        backbones.network("squeezenet", classifier=False, seed=seed).get_weights()
        for seed in (1, 1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_bytes_become_what_the_weights_want():
    pixel = np.array([255, 0, 10], np.uint8).reshape(1, 1, 1, 3)
    found = np.asarray(CaffePixels()(pixel))[0, 0, 0]
    np.testing.assert_allclose(found, [10 - 103.939, -116.779, 255 - 123.68], rtol=1e-5)
    found = np.asarray(BACKBONES["inception_v3"].pixels()(pixel))[0, 0, 0]
    np.testing.assert_allclose(found, [1, -1, 20 / 255 - 1], rtol=1e-5)


def test_max_pooling_becomes_average_pooling():
    network = backbones.network("vgg19", classifier=False, seed=0, height=32, width=32)
    average = backbones.average_pooled(network)
    kinds = {type(layer).__name__ for layer in average.layers}
    assert kinds == {"InputLayer", "Conv2D", "AveragePooling2D"}
    assert average.output_shape == network.output_shape


def test_weights_come_from_the_file_given(tmp_path):
    with_top = backbones.network("squeezenet", classifier=True, seed=0)
    path = published_h5(tmp_path / "top.h5", of(with_top))
    without = backbones.network("squeezenet", classifier=False, seed=1)
    for network in (with_top, without):  # the classifier's are left out where there is none
        backbones.load(network, "squeezenet", path, lambda *_: None)
    x = np.random.default_rng(0).integers(256, size=(1, 227, 227, 3)).astype(np.uint8)
    whole = backbones.whole("squeezenet", with_top)
    fire9 = keras.Model(with_top.input, with_top.get_layer("fire9").output)
    pixels = CaffePixels()(x)
    np.testing.assert_allclose(without(pixels), fire9(pixels), rtol=1e-5)
    np.testing.assert_allclose(whole(x), with_top(pixels), rtol=1e-5)


def test_weights_come_from_keras_cache_or_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    network = backbones.network("squeezenet", classifier=False, seed=0)

    def nowhere(file, *_, **__):
        raise DataError(f"{file.name}: not downloaded")

    monkeypatch.setattr(backbones, "fetch", nowhere)
    with pytest.raises(DataError) as error:
        backbones.load(network, "squeezenet", None, lambda *_: None)
    message = str(error.value)
    for words in ("_notop.h5: not downloaded", "https://github.com/", "pass --weights", "models"):
        assert words in message
    (tmp_path / "models").mkdir()
    name = BACKBONES["squeezenet"].files[0].name  # with the classifier, which will do
    whole = backbones.network("squeezenet", classifier=True, seed=0)
    published_h5(tmp_path / "models" / name, of(whole, seed=5))
    found = backbones.load(network, "squeezenet", None, lambda *_: None)
    assert found.name == name
    np.testing.assert_array_equal(network.get_layer("conv1").kernel, of(whole, 5)["conv1"][0])


def test_generated_pictures_need_no_weights():
    _, notes = backbones.trained("squeezenet", None, "synthetic", Recorder(), classifier=False)
    assert "random" in notes[0]
