"""Keras' functional demonstration of chapter 8: two convolutions of 64 filters and a pooling.

The book's network ends at the flattened 9,216 numbers, without activations, an output layer, a loss
or data. Here both convolutions have ReLU, a layer of ten logits follows, and it learns digits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from supervised.core import classifiers, digit_classifiers, networks
from supervised.core.digit_classifiers import NAMES
from supervised.core.job import Context, Result
from supervised.datasets import mnist
from supervised.high_level.configs import FunctionalConfig

_Conv2D: Any = layers.Conv2D  # its annotations leave out what it documents
_Dense: Any = layers.Dense


def run(config: FunctionalConfig, context: Context) -> Result:
    """Trains on raw images [N, 28, 28] of bytes and scores all test images once."""
    data = context.load(mnist.load)
    model = build(config, context)
    train, validation = digit_classifiers.set_aside(data, config.validation, context)
    some = np.sort(context.rng("images").permutation(len(train))[: config.images])
    classifiers.train(model, train.take(some), validation, config, "MNIST", context)
    on_validation = classifiers.validation_metrics(model, validation, NAMES)
    finished = classifiers.with_probabilities(model)
    context.model(finished)
    return classifiers.conclude(
        finished,
        data,
        NAMES,
        "MNIST test images",
        context,
        validation=on_validation,
        notes=[f"learned from {len(some):,} images"],
    )


def evaluate(config: FunctionalConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test images."""
    return digit_classifiers.evaluate(context, model)


def predict(
    config: FunctionalConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Reads a user's own pictures of digits."""
    return digit_classifiers.predict(model, inputs)


def build(config: FunctionalConfig, context: Context) -> keras.Model:
    """A network from images [B, 28, 28] of bytes to logits [B, 10]."""
    images = keras.Input((28, 28), dtype="uint8")
    x: Any = layers.Reshape((28, 28, 1))(layers.Rescaling(1 / 255)(images))
    for number in (1, 2):
        name = f"convolution_{number}"
        start = networks.initializer("he_normal", context.seed(f"{name}/weights"))
        x = _Conv2D(config.filters, 3, activation="relu", kernel_initializer=start, name=name)(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))  # [B, 9216] with the book's filters
    start = networks.initializer("he_normal", context.seed("logits/weights"))
    logits = _Dense(len(NAMES), kernel_initializer=start, dtype="float32", name="logits")(x)
    return keras.Model(images, logits)
