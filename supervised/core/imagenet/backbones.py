"""The pretrained networks by name: their layers, their input pixels, and their published weights.

A network takes preprocessed pixels; `whole` puts the preprocessing in front of it, so that it takes
raw bytes.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
from keras import layers, ops

from common.text import reason
from supervised.core.imagenet import alexnet, squeezenet, weights
from supervised.core.imagenet.names import SIDES, Network, Shape
from supervised.core.job import Context
from supervised.datasets.download import fetch
from supervised.datasets.source import DataError, DataKind, Progress, RemoteFile

_MEAN_BGR = (103.939, 116.779, 123.68)
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"
_SQUEEZENET = "https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/"
_ALEXNET = "http://www.cs.toronto.edu/~guerzhoy/tf_alexnet/"


@keras.saving.register_keras_serializable("actorlab")
class CaffePixels(layers.Layer):
    """Turns RGB values from 0 to 255 into BGR less the mean pixel of ImageNet, as Caffe did."""

    def call(self, x: Any) -> Any:
        bgr = ops.flip(ops.cast(x, self.compute_dtype), axis=-1)
        return ops.subtract(bgr, _MEAN_BGR)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """A pretrained network: how it is built, what it takes, where its weights are.

    Attributes:
        build: Makes the network with random weights, from a shape, `classifier` and `seed`.
        pixels: Makes the layer that turns RGB [B, H, W, 3] from 0 to 255 into its inputs.
        maps: Two layers whose feature maps are drawn: an early one, and the last.
        by_name: Whether its layers have the names in the published files; else they have their
            order.
        files: Published weights: with the classifier, and then without; AlexNet has only the first.
    """

    build: Callable[..., keras.Model]
    pixels: Callable[[], Any]
    maps: tuple[str, str]
    by_name: bool
    files: tuple[RemoteFile, ...]


def _of_keras(kind: Any, shape: Shape, *, classifier: bool, seed: int) -> keras.Model:
    """One of Keras' networks: it ends in probabilities [B, 1000] or in its last feature map."""
    return kind(include_top=classifier, weights=None, input_shape=shape)


def _files(url: str, name: str, *endings: str) -> tuple[RemoteFile, ...]:
    names = [name + ending for ending in endings]
    return tuple(RemoteFile(name=name, urls=(url + name,)) for name in names)


_LAYOUT = "_weights_tf_dim_ordering_tf_kernels"
_ENDINGS = ".h5", "_notop.h5"

BACKBONES: dict[Network, Backbone] = {
    "alexnet": Backbone(
        build=alexnet.build,
        pixels=CaffePixels,
        maps=("conv1", "conv5"),
        by_name=True,
        files=_files(_ALEXNET, "bvlc_alexnet", ".npy"),
    ),
    "squeezenet": Backbone(
        build=squeezenet.build,
        pixels=CaffePixels,
        maps=("conv1", "fire9"),
        by_name=True,
        files=_files(_SQUEEZENET, f"squeezenet{_LAYOUT}", *_ENDINGS),
    ),
    "vgg19": Backbone(
        build=partial(_of_keras, keras.applications.VGG19),  # ends in [B, h, w, 512]
        pixels=CaffePixels,
        maps=("block1_conv2", "block5_conv4"),
        by_name=True,
        files=_files(f"{_KERAS}vgg19/", f"vgg19{_LAYOUT}", *_ENDINGS),
    ),
    "inception_v3": Backbone(
        build=partial(_of_keras, keras.applications.InceptionV3),  # ends in [B, h, w, 2048]
        pixels=lambda: layers.Rescaling(1 / 127.5, offset=-1.0),
        maps=("mixed0", "mixed10"),
        by_name=False,
        files=_files(f"{_KERAS}inception_v3/", f"inception_v3{_LAYOUT}", *_ENDINGS),
    ),
}


def network(
    name: Network,
    *,
    classifier: bool,
    seed: int,
    height: int | None = None,
    width: int | None = None,
) -> keras.Model:
    """A network with random weights, from preprocessed pixels [B, H, W, 3].

    Args:
        classifier: Whether it ends in probabilities [B, 1000]; else in the last feature map
            [B, h, w, C], or AlexNet in features [B, 4096].
        seed: Seed of its weights and of dropout.
        height: Height of the pictures; by default the size that it was trained on.
        width: Width of the pictures; by default the size that it was trained on.
    """
    size = SIDES[name].usual
    shape = (height or size, width or size, 3)
    built = BACKBONES[name].build(shape, classifier=classifier, seed=seed)
    kernels = [layer.kernel for layer in built.layers if hasattr(layer, "kernel")]
    for number, kernel in enumerate(kernels):
        kernel.assign(keras.initializers.HeNormal(seed + number)(kernel.shape))
    return built


def average_pooled(built: keras.Model) -> keras.Model:
    """The network with average pooling in place of max pooling; its weights are not copied."""

    def swap(layer: Any) -> Any:
        kind = type(layer)
        if kind is layers.MaxPooling2D:
            kind = layers.AveragePooling2D
        return kind.from_config(layer.get_config())

    return keras.models.clone_model(built, clone_function=swap)


def whole(name: Network, built: keras.Model) -> keras.Model:
    """The network with its preprocessing in front: it takes RGB bytes [B, H, W, 3]."""
    inputs = layers.Input(built.input_shape[1:], dtype="uint8")
    return keras.Model(inputs, built(BACKBONES[name].pixels()(inputs)))


def trained(
    name: Network,
    given: Path | None,
    kind: DataKind,
    context: Context,
    *,
    classifier: bool,
    side: int | None = None,
) -> tuple[keras.Model, tuple[str, ...]]:
    """A network with the weights that ImageNet has trained, and notes on them for the reader.

    Generated pictures show nothing that ImageNet has, so for these the weights are random unless a
    file is given.

    Raises:
        DataError: There are no weights, or the file holds something else.
    """
    seed = context.seed("network")
    built = network(name, classifier=classifier, seed=seed, height=side, width=side)
    if kind == "synthetic" and given is None:
        return built, (f"the weights of {name} are random: the pictures are generated",)
    path = load(built, name, given, context.progress)
    return built, (f"weights of {name}: {path.name}",)


def load(built: keras.Model, name: Network, given: Path | None, progress: Progress) -> Path:
    """Gives a network, with its classifier or without, the weights that ImageNet has trained.

    Args:
        given: The file; None looks in Keras' cache, and downloads into it.

    Returns:
        The file that the weights are from.

    Raises:
        DataError: There is no file, or it holds something else.
    """
    classifier = built.output_shape == (None, 1_000)
    path = given if given is not None else _published(name, classifier, progress)
    weights.assign(built, weights.read(path), path, by_name=BACKBONES[name].by_name)
    return path


def _published(name: Network, classifier: bool, progress: Progress) -> Path:
    """The published file in Keras' cache, downloaded if it is not there.

    For a network without its classifier a file with the classifier will do, too.
    """
    files = BACKBONES[name].files
    wanted = files[:1] if classifier else files[::-1]
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    cache = home.expanduser() / "models"
    for file in wanted:
        if (cache / file.name).is_file():
            return cache / file.name
    try:
        return fetch(wanted[0], cache, progress=progress, check=weights.read)
    except DataError as error:
        raise DataError(
            f"{name}: no weights; {reason(error)}; get {wanted[0].urls[0]}, put it into {cache} "
            "or pass --weights FILE"
        ) from None
