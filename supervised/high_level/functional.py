"""Keras' functional demonstration of chapter 8: two convolutions of 64 filters and a pooling.

The book's network ends at the flattened 9,216 numbers, without activations, an output layer, a loss
or data. Here both convolutions have ReLU, a layer of ten logits follows, and it learns digits.
"""

from functools import partial
from typing import Any

import keras
from keras import layers

from supervised.core import digits, networks
from supervised.core.digits import NAMES
from supervised.core.job import Context, Result
from supervised.datasets import mnist
from supervised.high_level.configs import FunctionalConfig

evaluate = digits.evaluate
predict = digits.predict


def run(config: FunctionalConfig, context: Context) -> Result:
    """Trains on raw images [N, 28, 28] of bytes and scores all test images once."""
    data = context.load(mnist.load)
    model = build(config, context)
    return digits.train_and_score(model, data, config, context, config.images)


def build(config: FunctionalConfig, context: Context) -> keras.Model:
    """A network from images [B, 28, 28] of bytes to logits [B, 10]."""
    seeded = partial(networks.seeded, start="he_normal", context=context)
    images = keras.Input((28, 28), dtype="uint8")
    x: Any = layers.Reshape((28, 28, 1))(layers.Rescaling(1 / 255)(images))
    for number in (1, 2):
        name = f"convolution_{number}"
        x = seeded(layers.Conv2D, config.filters, name, kernel_size=3, activation="relu")(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))  # [B, 9216] with the book's filters
    logits = seeded(layers.Dense, len(NAMES), "logits", dtype="float32")(x)
    return keras.Model(images, logits)
