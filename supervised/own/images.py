"""A network on pictures of one's own, beside what it has to beat (book, chapters 3 and 4).

Classes are folders. Each picture is cut to its middle square and scaled. The networks are the
perceptron and LeNet, from scratch, and ImageNet's, put to the new classes as in
`transfer_cats_dogs`. On the same test pictures are scored: logistic regression and the nearest
neighbours on small pictures, and the commonest class.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from supervised.core import classifiers, looking, rows
from supervised.core.imagenet.tuning import NamedSoftmax
from supervised.core.job import Context, Result
from supervised.core.looking import Rows
from supervised.datasets import own_pictures, pictures
from supervised.own import figures, image_data, image_figures, image_networks, models
from supervised.own.image_configs import ImagesConfig
from supervised.own.targets import Target
from supervised.own.tested import Answered, Divided, first_of_equals


def run(config: ImagesConfig, context: Context) -> Result:
    """Trains on the pictures for training and scores those of the test once."""
    # Without weights all else would be in vain.
    begun, of_weights = image_networks.start(config, context)
    data = image_data.read(config, context)
    parts = image_data.divided(data, config, context)
    for line in parts.notes:
        context.say(line)
    rows.remember(context, data.hashes[parts.seen], data.hashes[parts.test])
    image_figures.show_pictures(data, parts, context)
    model, history = image_networks.train(config, begun, data, parts, context)
    classifiers.show_training(history, config.network, context)
    context.model(model)
    target = _target(data.classes)
    said = looking.look(model, data.picture, parts.validation, context, "validation")
    on_validation = models.metrics_of(target, data.labels[parts.validation], said)
    notes = (*parts.notes, *of_weights)
    if not context.final:
        return Result(metrics={}, metric="accuracy", validation=on_validation, notes=notes)
    said = looking.look(model, data.picture, parts.test, context, "test")
    labels = data.labels[parts.test]
    figures.show_classes(target, labels, said, "test pictures", context)
    image_figures.show_misclassified(data, parts.test, said, context)
    context.table("classes", image_figures.of_classes(data, parts, labels, said))
    beside = image_figures.controls(data, parts, target, context)
    every, test = Answered(answers=data.labels), Answered(answers=labels)
    tested = Divided(target=target, every=every, parts=parts, test=test)
    return figures.result(
        tested, said, beside, "accuracy", on_validation, notes, context, config.network
    )


def evaluate(config: ImagesConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test pictures, or on those of --test it was not trained on."""
    names = _names(model)
    if config.test is None:
        data = image_data.read(config, context)
        test = image_data.divided(data, config, context).test
    else:
        data = image_data.loaded([own_pictures.of_test(config.test, names)], config, context)
        test = np.unique(first_of_equals(data.hashes))
    scored = rows.to_score(context, data.hashes, test)
    said = looking.look(model, data.picture, scored, context, "scoring")
    found = models.metrics_of(_target(names), data.labels[scored], said)
    return {"pictures": len(scored), **found}


def predict(
    config: ImagesConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Classifies pictures and folders of them; draws the probabilities of a single one."""
    files, _ = pictures.readable([Path(given) for given in inputs], pictures.check)
    numbers: Rows = np.arange(len(files))
    seen = partial(image_data.picture, config=config)
    said = looking.look(model, lambda n: seen(files[n]), numbers, context, "predicting")
    names = _names(model)
    if len(files) == 1:
        figure = image_figures.probabilities(files[0], seen(files[0]), said[0], names)
        context.figure("probabilities", figure)
    return classifiers.answers(files, said, names, "class")


def _target(classes: Sequence[str]) -> Target:
    return Target(name="class", task="classification", classes=tuple(classes))


def _names(model: keras.Model) -> tuple[str, ...]:
    last = model.layers[-1]
    assert isinstance(last, NamedSoftmax)
    return last.names
