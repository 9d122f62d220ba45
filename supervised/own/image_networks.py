"""The networks for a user's pictures: trained from scratch, or ImageNet's put to other classes."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers

from supervised.core import digits
from supervised.core.imagenet import tuning
from supervised.core.imagenet.tuning import NamedSoftmax
from supervised.core.job import Context
from supervised.core.looking import Rows
from supervised.own.image_configs import ImagesConfig
from supervised.own.image_data import OwnPictures
from supervised.own.parts import Parts

_TENSORFLOW = 0.9e9  # bytes, with Keras, pandas and scikit-learn
_COPIES = 3  # of pixels that are trained on: all of them, the training's, TensorFlow's
_STATES = 5  # of a weight: itself, Adam's two, the checkpoint's, the best epoch's
_AT_ONCE = 32  # pictures in a call where nothing is trained


Trained = tuple[keras.Model, list[dict[str, float]]]
"""A model from bytes [B, S, S] or [B, S, S, 3] to probabilities [B, C], which has the names of the
classes, and a record of each epoch."""


def start(config: ImagesConfig, context: Context) -> tuple[keras.Model | None, tuple[str, ...]]:
    """ImageNet's network without its classifier, if the settings name one, and notes on it.

    Raises:
        DataError: There are no weights, or the file holds something else.
    """
    if config.of_imagenet is None:
        return None, ()
    return tuning.start(config.of_imagenet, config, "real", context, config.side)


def train(
    config: ImagesConfig,
    network: keras.Model | None,
    data: OwnPictures,
    parts: Parts,
    context: Context,
) -> Trained:
    """Trains the network that the settings name, and says before what it takes.

    Args:
        network: What `start` has loaded.

    Raises:
        Diverged: A loss is not finite.
    """
    rows = {"train": parts.train, "validation": parts.validation}
    after = NamedSoftmax(data.classes, name="probabilities")
    name = config.of_imagenet
    if name is None or network is None:
        return _from_scratch(config, data, rows, after, context)
    trained = bool(config.unfreeze) or config.augment or config.start == "scratch"
    _say_memory(network, data, config.fine_fit.batch_size, trained, context)
    learned, history = tuning.train(name, config, network, data, rows, data.examples, context)
    return tuning.joined(learned, after=[after]), history


def _from_scratch(
    config: ImagesConfig,
    data: OwnPictures,
    rows: Mapping[str, Rows],
    after: NamedSoftmax,
    context: Context,
) -> Trained:
    shape, classes = config.shape, len(data.classes)
    if config.network == "lenet":
        core = digits.lenet(config.lenet, context, shape=shape, classes=classes)
    else:
        core = digits.perceptron(config.perceptron, context, shape=shape, classes=classes)
    _say_memory(core, data, config.fit.batch_size, True, context)
    model = core
    if config.augment:
        # Two models of the same layers: augmentation would stay on where a model is called.
        colours = [layers.Reshape((*shape[:2], shape[2] if len(shape) == 3 else 1))]
        before = [*colours, *tuning.augmentation(context), layers.Reshape(shape)]
        model = keras.Sequential([layers.Input(shape, dtype="uint8"), *before, *core.layers])
    examples = {part: data.examples(numbers) for part, numbers in rows.items()}
    history = tuning.fit(model, examples, config, context, "fit")
    finished = keras.Sequential([layers.Input(shape, dtype="uint8"), *core.layers, after])
    return finished, history


def _say_memory(
    network: keras.Model, data: OwnPictures, batch: int, trained: bool, context: Context
) -> None:
    estimate = memory(network, data, batch, trained)
    context.say(
        f"{network.count_params():,} weights; the run takes about {estimate / 1e9:.1f} GB of "
        "memory (--memory-gb)"
    )


def memory(network: keras.Model, data: OwnPictures, batch: int, trained: bool) -> float:
    """About how many bytes a training takes, but for what it keeps on disk.

    Args:
        batch: How many of them are in an update.
        trained: Whether it is trained; else it looks at each picture once.
    """
    outputs = [4.0 * np.prod(layer.output.shape[1:]) for layer in network.layers]
    at_once = max(batch, _AT_ONCE)
    kept = 2 * at_once * (sum(outputs) if trained else max(outputs))  # with their gradients
    pixels = 0 if data.on_disk else data.pixels.nbytes * (_COPIES if trained else 1)
    weights = 4 * network.count_params() * (_STATES if trained else 1)
    return _TENSORFLOW + float(kept) + pixels + weights
