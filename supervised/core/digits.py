"""MNIST's digits: the networks that several chapters train on them, and how a job trains one.

The networks take other pictures, too.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import pandas as pd
from keras import layers

from supervised.core import classifiers, networks, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.core.settings import LenetNetworkConfig, NetworkConfig
from supervised.datasets import images, mnist, splits
from supervised.datasets.labelled import LabelledImages

NAMES = tuple("0123456789")
_SHAPE = (28, 28)
_PUBLISHED = 60_000  # training images of the whole set


def perceptron(
    config: NetworkConfig,
    context: Context,
    name: str = "hidden",
    *,
    shape: tuple[int, ...] = _SHAPE,
    classes: int = len(NAMES),
) -> keras.Model:
    """A perceptron from images [B, 28, 28] of bytes to logits [B, 10].

    Args:
        name: Starts the names of its layers.
        shape: Height and width of other images, and 3 where they have colours.
    """
    return keras.Sequential(
        [
            layers.Input(shape, dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),  # [B, 784]
            *networks.hidden_layers(config, context, name),
            networks.output_layer(classes, config, context, f"{name}_logits"),
        ]
    )


def lenet(
    config: LenetNetworkConfig,
    context: Context,
    *,
    shape: tuple[int, ...] = _SHAPE,
    classes: int = len(NAMES),
) -> keras.Model:
    """Convolutions and a hidden layer from images [B, 28, 28] of bytes to logits [B, 10].

    Args:
        shape: Height and width of other images, and 3 where they have colours.
    """
    parts: list[Any] = [
        layers.Input(shape, dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Reshape((*shape[:2], 3 if len(shape) == 3 else 1)),
    ]
    seeded = partial(
        networks.seeded, start=config.initializer, context=context, use_bias=config.bias
    )
    convolving = {"kernel_size": config.kernel, "padding": "same", "activation": "relu"}
    for number, count in enumerate(config.filters, 1):
        name = f"convolution_{number}"
        parts += [
            seeded(layers.Conv2D, count, name, **convolving),  # [B, H, W, count]
            layers.MaxPooling2D(padding="same"),  # [B, H / 2, W / 2, count], rounded up
            *networks.dropout(config.convolution_dropout, context, name),
        ]
    return keras.Sequential(
        [
            *parts,
            layers.Flatten(),  # [B, 2048] with the book's filters
            seeded(layers.Dense, config.hidden, "hidden", activation="relu"),
            *networks.dropout(config.hidden_dropout, context, "hidden"),
            seeded(layers.Dense, classes, "logits", dtype=keras.config.floatx()),
        ]
    )


class TrainingSettings(training.Settings, Protocol):
    """What the settings of a job must have so that it can train a classifier of digits."""

    @property
    def validation(self) -> int: ...


def train_and_score(
    model: keras.Model,
    data: LabelledImages,
    config: TrainingSettings,
    context: Context,
    images: int | None = None,
) -> Result:
    """Trains a model from bytes [B, 28, 28] to logits [B, 10] and scores all test images once.

    Args:
        model: The model, not compiled yet.
        images: The most that it learns from, drawn at random; None takes all.
    """
    train, validation = set_aside(data, config.validation, context)
    notes = []
    if images is not None:
        train = train.take(np.sort(context.rng("images").permutation(len(train))[:images]))
        notes = [f"learned from {len(train):,} images"]
    classifiers.train(model, train, validation, config, "MNIST", context)
    on_validation = classifiers.validation_metrics(model, validation, NAMES)
    finished = classifiers.with_probabilities(model)
    context.model(finished)
    title = "MNIST test images"
    return classifiers.conclude(
        finished, data, NAMES, title, context, validation=on_validation, notes=notes
    )


def evaluate(config: Any, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test images."""
    return classifiers.on_test_images(model, context.load(mnist.load), NAMES)[0]


def predict(
    config: Any, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Reads a user's own pictures of digits."""
    files, pictures = images.read_images([Path(given) for given in inputs])
    probabilities = training.predict(model, pictures)  # [N, 10]
    return classifiers.answers(files, probabilities, NAMES, "digit").astype({"digit": np.int64})


def set_aside(data: LabelledImages, validation: int, context: Context) -> tuple[Examples, Examples]:
    """Sets some training images aside for validation, stratified by digit.

    Args:
        validation: How many of the 60,000 training images of the whole set; of a smaller set the
            same fraction is set aside.

    Returns:
        The images for training, and those for validation.
    """
    share = validation / _PUBLISHED
    chosen, aside = splits.split(
        len(data.train_labels), (1 - share, share), context.rng("validation"), data.train_labels
    )
    everything = Examples(x=data.train_images, y=data.train_labels.astype(np.int32))
    return everything.take(chosen), everything.take(aside)
