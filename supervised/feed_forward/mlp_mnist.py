"""Perceptrons on MNIST: softmax regression and the book's five-layer networks (chapter 3).

Deviations from the book: its loss compares the network's output with itself (`labels=Y`), here with
the labels; the mean loss is not multiplied by 100, which Adam does not notice; the step size falls
along a cosine; 5,000 training images are for validation. Its dropout rate is not printed.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import layers

from supervised import classifying, figures, networks, scores, training
from supervised.datasets import images, mnist, splits
from supervised.datasets.mnist import Mnist
from supervised.feed_forward.configs import MnistConfig
from supervised.job import Context, Result
from supervised.settings import NetworkConfig
from supervised.training import Examples

NAMES = tuple("0123456789")
_PUBLISHED = 60_000  # training images of the whole set


def run(config: MnistConfig, context: Context) -> Result:
    """Trains on raw images [N, 28, 28] of bytes and scores all test images once."""
    data = context.load(mnist.load)
    train, validation = set_aside(data, config.validation, context)
    model = build(config.network, context)
    steps = training.updates(len(train), config.fit)
    optimizer = networks.optimizer(config.optimizer, steps)
    training.compile_model(model, optimizer, classifying.cross_entropy(), ["accuracy"])
    fitted = training.fit(model, train, validation, config.fit, context)
    classifying.show_training(fitted.history, "MNIST", context)
    on_validation = classifying.validation_figures(model, validation, NAMES)
    finished = classifying.with_probabilities(model)
    context.model(finished)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    test = Examples(x=data.test_images, y=data.test_labels)
    metrics, probabilities = classifying.test_figures(finished, test, NAMES)
    classifying.show(test.y, probabilities, NAMES, "MNIST test images", context)
    wrong, titles = classifying.mistakes(data.test_images, test.y, probabilities, NAMES)
    if titles:
        title = "surest mistakes: true→predicted, probability"
        context.figure("mistakes", figures.image_grid(wrong, titles, title))
    return Result(
        metrics=metrics,
        validation=on_validation,
        baseline=scores.majority(data.train_labels, data.test_labels),
    )


def evaluate(config: MnistConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test images."""
    data = context.load(mnist.load)
    test = Examples(x=data.test_images, y=data.test_labels)
    return classifying.test_figures(model, test, NAMES)[0]


def predict(
    config: MnistConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Reads a user's own pictures of digits."""
    files = images.image_files([Path(given) for given in inputs])
    probabilities = training.predict(model, images.read_images(files))  # [N, 10]
    names = [str(file) for file in files]
    table = pd.DataFrame({"picture": names, "digit": probabilities.argmax(axis=1)})
    table["probability"] = probabilities.max(axis=1)
    columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(NAMES)}
    return table.assign(**columns)


def build(config: NetworkConfig, context: Context, name: str = "hidden") -> keras.Model:
    """A network from images [B, 28, 28] of bytes to logits [B, 10]."""
    return keras.Sequential(
        [
            layers.Input((28, 28), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),  # [B, 784]
            *networks.hidden_layers(config, context, name),
            networks.output_layer(len(NAMES), config, context, f"{name}_logits"),
        ]
    )


def set_aside(data: Mnist, validation: int, context: Context) -> tuple[Examples, Examples]:
    """Training and validation images, stratified; the same share of a smaller set."""
    share = validation / _PUBLISHED
    chosen, aside = splits.split(
        len(data.train_labels), (1 - share, share), context.rng("validation"), data.train_labels
    )
    everything = Examples(x=data.train_images, y=data.train_labels.astype(np.int32))
    return everything.take(chosen), everything.take(aside)
