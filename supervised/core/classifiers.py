"""Trains, scores and shows a classifier: what all jobs that have one share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from common.errors import Diverged
from supervised.core import plots, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.core.scores import Labels, Names, Probabilities
from supervised.datasets.labelled import LabelledImages


def cross_entropy() -> keras.losses.Loss:
    """Softmax cross-entropy of logits [B, C] and classes [B]."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def with_probabilities(model: keras.Model) -> keras.Model:
    """A trained model of one input, with probabilities as outputs in place of its logits."""
    (inputs,), (logits,) = model.inputs, model.outputs
    return keras.Model(inputs, keras.layers.Softmax(name="probabilities")(logits))


def train(
    model: keras.Model,
    examples: Examples,
    validation: Examples | None,
    config: training.Settings,
    title: str,
    context: Context,
    *,
    beside: Sequence[keras.metrics.Metric] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
    phase: str = "fit",
) -> list[dict[str, float]]:
    """Trains a model that gives logits on cross-entropy, and shows the course of the training.

    Args:
        model: A model that is not compiled yet.
        examples: What it learns from; targets are classes.
        validation: What is scored after each epoch, or None.
        beside: More metrics of each epoch, beside loss and accuracy.
        phase: Name of this training where a job has several; only `fit` is drawn.

    Returns:
        A record of each epoch.

    Raises:
        Diverged: A loss is not finite.
    """
    fitted = training.train(
        model,
        examples,
        validation,
        config,
        cross_entropy(),
        context,
        metrics=["accuracy", *beside],
        callbacks=callbacks,
        phase=phase,
    )
    if phase == "fit":
        show_training(fitted.history, title, context)
    return fitted.history


def validation_metrics(model: keras.Model, validation: Examples, names: Names) -> dict[str, float]:
    """Metrics of a model that gives logits, on validation data.

    Raises:
        Diverged: A logit is not finite.
    """
    logits = training.predict(model, validation.x)
    if not np.isfinite(logits).all():
        raise Diverged("what the network says of validation data is no longer finite")
    return scores.classification(validation.y, scores.softmax(logits), names)


def test_metrics(
    model: keras.Model, test: Examples, names: Names
) -> tuple[dict[str, float], npt.NDArray[np.float32]]:
    """Metrics of a model that gives probabilities on test data, and its probabilities [N, C]."""
    probabilities = training.predict(model, test.x)
    return scores.classification(test.y, probabilities, names), probabilities


def on_test_images(
    model: keras.Model, data: LabelledImages, names: Names
) -> tuple[dict[str, float], npt.NDArray[np.float32]]:
    """Metrics of a model that gives probabilities on a set's test images, and these [N, C]."""
    return test_metrics(model, Examples(x=data.test_images, y=data.test_labels), names)


def conclude(
    model: keras.Model,
    data: LabelledImages,
    names: Names,
    title: str,
    context: Context,
    *,
    validation: Mapping[str, float],
    notes: Sequence[str] = (),
) -> Result:
    """Scores a finished model once on the test images and shows the result.

    A trial of a search does not touch the test images: its result has validation metrics only.

    Args:
        model: The finished model; it gives probabilities.
        title: Title of the confusion matrix.
        notes: What a reader of the metrics must know.
    """
    if not context.final:
        return Result(metrics={}, validation=validation, notes=notes)
    metrics, probabilities = on_test_images(model, data, names)
    show(data.test_labels, probabilities, names, title, context)
    wrong, titles = mistakes(data.test_images, data.test_labels, probabilities, names)
    show_mistakes(wrong, titles, context)
    return Result(
        metrics=metrics,
        validation=validation,
        baseline=scores.majority(data.train_labels, data.test_labels),
        notes=notes,
        test_rows=len(data.test_labels),
    )


def answers(
    files: Sequence[Path], probabilities: Probabilities, names: Names, column: str
) -> pd.DataFrame:
    """A row for each picture: its file, the likeliest class in `column`, and all probabilities."""
    table = pd.DataFrame({"picture": [str(file) for file in files]})
    return with_answers(table, probabilities, names, column)


def with_answers(
    table: pd.DataFrame, probabilities: Probabilities, names: Names, column: str
) -> pd.DataFrame:
    """The table with the likeliest class of each row in `column`, and all probabilities."""
    answers = {
        column: np.array(names)[probabilities.argmax(axis=1)],
        "probability": probabilities.max(axis=1),
        **{f"p_{name}": probabilities[:, i] for i, name in enumerate(names)},
    }
    return table.assign(**answers)


def show(
    labels: Labels, probabilities: Probabilities, names: Names, title: str, context: Context
) -> None:
    """Keeps the confusion matrix as a table and as a picture."""
    counts = scores.confusion(labels, probabilities.argmax(axis=1), names)
    context.table("confusion", counts.reset_index())
    context.figure("confusion", plots.confusion_matrix(counts, title))


def show_training(history: Sequence[Mapping[str, float]], title: str, context: Context) -> None:
    """Keeps the record of a training as a table and as curves."""
    context.table("history", pd.DataFrame(list(history)))
    context.figure("training", plots.training_curves(history, title))


def mistakes(
    images: npt.NDArray[Any],
    labels: Labels,
    probabilities: Probabilities,
    names: Names,
    count: int = 32,
) -> tuple[npt.NDArray[Any], list[str]]:
    """The wrong answers with the highest probabilities.

    Args:
        images: [N, ...] images.
        count: How many wrong answers at most.

    Returns:
        Their images, and for each a title "true→predicted probability".
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:count]
    titles = [
        f"{names[int(labels[i])]}→{names[int(predicted[i])]} {probabilities[i, predicted[i]]:.2f}"
        for i in surest
    ]
    return images[surest], titles


def show_mistakes(wrong: npt.NDArray[Any], titles: Sequence[str], context: Context) -> None:
    """Draws the images [N, H, W] or [N, H, W, 3] that `mistakes` chose, if there are any."""
    if titles:
        title = "surest mistakes: true→predicted, probability"
        context.figure("mistakes", plots.image_grid(wrong, titles, title))
