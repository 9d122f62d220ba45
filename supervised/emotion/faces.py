"""A convolutional network names the emotions of faces (book ch. 4).

`emotion_faces_book` has the book's layers, initial weights, decay and number of updates. Deviations
from the book: dropout is off when faces are scored; the decay is of weights only, not of biases;
the parts are FER2013's own, where the book drew a tenth of another 4,178 faces for validation; the
step size falls along a cosine. `emotion_faces` adds two convolutions, batch normalization, and
mirrored and shifted faces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers

from supervised.core import classifiers, plots, simple, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import faces, pictures
from supervised.datasets.faces import CLASSES, SIDE
from supervised.datasets.labelled import LabelledImages
from supervised.emotion import cropping
from supervised.emotion.configs import EmotionConfig

_Conv2D: Any = layers.Conv2D  # its annotations leave out what it documents
_Dense: Any = layers.Dense

_SHIFT = 0.1  # of a side, at most
_SHOWN = 10  # faces of each class


def run(config: EmotionConfig, context: Context) -> Result:
    """Trains on raw faces [N, 48, 48] of bytes and scores all test faces once."""
    data = context.load(faces.load)
    train = Examples(x=data.train_images, y=data.train_labels)
    validation = Examples(x=data.validation_images, y=data.validation_labels)
    _show_faces(data, context)
    model = build(config, context)
    # Beside the loss, which has the decay in it.
    entropy = keras.metrics.SparseCategoricalCrossentropy(name="log_loss", from_logits=True)
    history = classifiers.train(
        model, train, validation, config, "emotions", context, beside=[entropy]
    )
    context.histograms(len(history), {v.path: np.asarray(v) for v in model.weights})
    on_validation = classifiers.validation_metrics(model, validation, CLASSES)
    finished = classifiers.with_probabilities(_without_augmentation(model))
    context.model(finished)
    context.say(f"validation log loss {on_validation['log_loss']:.4f}; the book's ends at 0.8885")
    title = "emotions, test faces"
    found = classifiers.conclude(finished, data, CLASSES, title, context, validation=on_validation)
    if not context.final:
        return found
    known = data.train_images, data.train_labels
    right = simple.neighbours_accuracy(*known, data.test_images, data.test_labels)
    return replace(
        found,
        metrics={**found.metrics, "neighbours_accuracy": right},
        controls={"neighbours": simple.NEIGHBOURS},
    )


def evaluate(config: EmotionConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test faces."""
    return classifiers.on_test_images(model, context.load(faces.load), CLASSES)[0]


def predict(
    config: EmotionConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Names the emotions on a user's own pictures, by the square in the middle of each."""
    own = context.load(pictures.loader([Path(given) for given in inputs]))
    probabilities = training.predict(model, cropping.crops(own, None))  # [N, 7]
    return classifiers.answers(own.files, probabilities, CLASSES, "emotion")


def build(config: EmotionConfig, context: Context) -> keras.Model:
    """A network from faces [B, 48, 48] of bytes to logits [B, 7]."""
    found: list[Any] = [
        layers.Input((SIDE, SIDE), dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Reshape((SIDE, SIDE, 1)),
    ]
    if config.augment:
        mirror, shift = context.seed("mirror"), context.seed("shift")
        found.append(layers.RandomFlip("horizontal", seed=mirror))
        found.append(layers.RandomTranslation(_SHIFT, _SHIFT, fill_mode="nearest", seed=shift))
    for number, filters in enumerate(config.filters, 1):
        found += _convolution(number, filters, config, context)  # halves both sides
    found += [layers.Flatten(), _dense(config.dense, "dense", config, context, activation="relu")]
    if config.dropout:
        found.append(layers.Dropout(config.dropout, seed=context.seed("dropout")))
    return keras.Sequential([*found, _dense(len(CLASSES), "logits", config, context)])


def _without_augmentation(model: keras.Model) -> keras.Model:
    """The network without its augmentation layers, which Keras keeps on when a model is called."""
    random = layers.RandomFlip, layers.RandomTranslation
    kept = [layer for layer in model.layers if not isinstance(layer, random)]
    return keras.Sequential([layers.Input((SIDE, SIDE), dtype="uint8"), *kept])


def _convolution(number: int, filters: int, config: EmotionConfig, context: Context) -> list[Any]:
    name = f"convolution_{number}"
    kernel = config.first_kernel if number == 1 else 3
    found: list[Any] = [
        _Conv2D(
            filters,
            kernel,
            padding="same",
            use_bias=not config.batch_norm,
            kernel_initializer=_initializer(name, config, context),
            kernel_regularizer=keras.regularizers.L2(config.l2) if config.l2 else None,
            name=name,
        )
    ]
    # Before the rest, which then has a quarter of the work: ReLU and maximum may change places.
    found.append(layers.MaxPooling2D(name=f"{name}_pool"))
    if config.batch_norm:
        found.append(layers.BatchNormalization(momentum=0.9, name=f"{name}_norm"))
    return [*found, layers.ReLU(name=f"{name}_relu")]


def _dense(
    units: int, name: str, config: EmotionConfig, context: Context, activation: str | None = None
) -> Any:
    initializer = _initializer(name, config, context)
    return _Dense(units, activation=activation, kernel_initializer=initializer, name=name)


def _initializer(name: str, config: EmotionConfig, context: Context) -> Any:
    seed = context.seed(f"{name}/weights")
    if config.deviation:
        return keras.initializers.TruncatedNormal(stddev=config.deviation, seed=seed)
    return keras.initializers.HeNormal(seed=seed)


def _show_faces(data: LabelledImages, context: Context) -> None:
    """Draws how many faces each class has, and some faces of each."""
    parts = {
        "training": data.train_labels,
        "validation": data.validation_labels,
        "test": data.test_labels,
    }
    counts = {part: np.bincount(labels, minlength=7) for part, labels in parts.items()}
    context.table("classes", pd.DataFrame({"emotion": CLASSES, **counts}))
    shown = [np.flatnonzero(data.train_labels == label)[:_SHOWN] for label in range(len(CLASSES))]
    rows = np.concatenate(shown)
    titles = [CLASSES[label] for label in data.train_labels[rows]]
    grid = plots.image_grid(data.train_images[rows], titles, "training faces", columns=_SHOWN)
    context.figure("faces", grid)
