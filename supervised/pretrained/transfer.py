"""A pretrained network learns other classes: cats and dogs with AlexNet in the book (ch. 4).

The features of a frozen network are computed once for each picture, and a linear classifier is
trained on them. With augmentation, or if the network is trained, too, it processes the pictures in
every epoch. Deviations from the book: the softmax is applied once, not twice; the step size is
1e-3, or 1e-4 for the network, not 0.5; a validation part chooses the epoch; every test picture
counts; four networks and any classes are possible. Pictures keep their proportions: the middle
square is taken.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, looking, plots, scores, simple
from supervised.core.examples import Examples
from supervised.core.imagenet import backbones, tuning
from supervised.core.imagenet.tuning import NamedSoftmax
from supervised.core.job import Context, Result
from supervised.core.looking import Rows
from supervised.datasets import cats_dogs, pictures, splits
from supervised.datasets.cats_dogs import LabelledPictures
from supervised.pretrained.configs import TransferConfig

_SHOWN = 24  # pictures
_SMALL = 32  # pixels of a side, for neighbours
_MAPS = 12  # feature maps of a picture


def run(config: TransferConfig, context: Context) -> Result:
    """Trains the classifier, then the network where asked for, and scores the test pictures once.

    Raises:
        DataError: The pictures or the weights are missing, or one of them cannot be read.
        Diverged: A loss is not finite.
    """
    data = _load(config, context)
    rows = _split(data, config, context)
    network, notes = tuning.start(config.network, config, data.kind, context)
    learnt = {part: rows[part] for part in ("train", "validation")}

    def decoded(numbers: Rows) -> Examples:
        x = looking.squares(data.picture, numbers, network.input_shape[1])
        return Examples(x=x, y=data.labels[numbers])

    parts, history = tuning.train(config.network, config, network, data, learnt, decoded, context)
    classifiers.show_training(history, config.network, context)
    finished = tuning.joined(parts, after=[NamedSoftmax(data.classes, name="probabilities")])
    context.model(finished)
    on_validation, _ = _scored(finished, data, rows["validation"], context, "validation")
    _show_maps(config, network, data, rows["train"], context)
    if not context.final:
        return Result(metrics={}, validation=on_validation, notes=notes)
    metrics, probabilities = _scored(finished, data, rows["test"], context, "test")
    labels = data.labels[rows["test"]]
    classifiers.show(labels, probabilities, data.classes, "test pictures", context)
    wrong, titles = classifiers.mistakes(
        rows["test"], labels, probabilities, data.classes, count=_SHOWN
    )
    if titles:
        shown = looking.squares(data.picture, wrong, finished.input_shape[1])
        classifiers.show_mistakes(shown, titles, context)
    return Result(
        metrics={**metrics, "neighbours_accuracy": _neighbours(data, rows)},
        validation=on_validation,
        baseline=scores.majority(data.labels[rows["train"]], labels),
        notes=notes,
        controls={"neighbours": simple.NEIGHBOURS},
        test_rows=len(labels),
    )


def evaluate(config: TransferConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test pictures."""
    data = _load(config, context)
    rows = _split(data, config, context)["test"]
    return _scored(model, data, rows, context, "test")[0]


def predict(
    config: TransferConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Classifies a user's own pictures, cut and scaled as in training."""
    files, _ = pictures.readable([Path(given) for given in inputs], pictures.check)

    def read(number: int) -> pictures.Rgb:
        return pictures.read_rgb(files[number])

    probabilities = looking.look(
        model, read, np.arange(len(files)), context, "predicting"
    )  # [N, C]
    last = model.layers[-1]
    assert isinstance(last, NamedSoftmax)
    return classifiers.answers(files, probabilities, last.names, "class")


def _load(config: TransferConfig, context: Context) -> LabelledPictures:
    folder = config.pictures_dir
    return context.load(cats_dogs.load if folder is None else cats_dogs.labelled(folder))


def _split(data: LabelledPictures, config: TransferConfig, context: Context) -> Mapping[str, Rows]:
    """The rows for `train`, `validation` and `test`, stratified by class."""
    parts = {
        "train": 1 - config.validation - config.test,
        "validation": config.validation,
        "test": config.test,
    }
    rows = splits.split(len(data), tuple(parts.values()), context.rng("split"), data.labels)
    return dict(zip(parts, rows, strict=True))


def _scored(
    model: keras.Model, data: LabelledPictures, rows: Rows, context: Context, part: str
) -> tuple[dict[str, float], npt.NDArray[np.float32]]:
    """Metrics of a model that gives probabilities on some pictures, and these [N, C]."""
    probabilities = looking.look(model, data.picture, rows, context, part)
    return scores.classification(data.labels[rows], probabilities, data.classes), probabilities


def _neighbours(data: LabelledPictures, rows: Mapping[str, Rows]) -> float:
    """The share of test pictures that the nearest training pictures, made small, are right in."""
    train, test = (looking.squares(data.picture, rows[part], _SMALL) for part in ("train", "test"))
    of_train, of_test = (data.labels[rows[part]] for part in ("train", "test"))
    return simple.neighbours_accuracy(train, of_train, test, of_test)


def _show_maps(
    config: TransferConfig,
    network: keras.Model,
    data: LabelledPictures,
    rows: Rows,
    context: Context,
) -> None:
    """Draws the strongest feature maps of an early and of the last layer, beside the pictures.

    There is a row for each of two classes.
    """
    backbone = backbones.BACKBONES[config.network]
    side = network.input_shape[1]
    titles = [data.classes[label] for label in data.labels[rows[:_SHOWN]]]
    some = looking.squares(data.picture, rows[:_SHOWN], side)
    context.figure("pictures", plots.image_grid(some, titles, "training pictures, cut"))
    chosen = np.array([rows[data.labels[rows] == label][0] for label in range(2)])
    pixels = backbone.pixels()(looking.squares(data.picture, chosen, side))
    for name in backbone.maps:
        maps = keras.Model(network.inputs, network.get_layer(name).output)
        found = np.moveaxis(maps.predict_on_batch(pixels), -1, 1)  # [2, C, h, w]
        liveliest = np.argsort(-found.mean(axis=(0, 2, 3)), kind="stable")[:_MAPS]
        shown = found[:, liveliest].reshape(-1, *found.shape[2:])
        shown = shown / np.maximum(shown.max(axis=(1, 2), keepdims=True), 1e-6)
        title = f"{config.network}, {name}: {data.classes[0]} above, {data.classes[1]} below"
        context.figure(f"maps_{name}", plots.image_grid(shown, None, title, columns=_MAPS))
