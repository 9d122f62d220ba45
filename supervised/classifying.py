"""What jobs that train a classifier share, from its test figures to its pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from supervised import figures, scores, training
from supervised.job import Context
from supervised.training import Examples


def cross_entropy() -> keras.losses.Loss:
    """Softmax cross-entropy of logits [B, C] and classes [B]."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def with_probabilities(model: keras.Model) -> keras.Model:
    """A trained model of one input and logits with the softmax put on, as a user wants it."""
    (inputs,), (logits,) = model.inputs, model.outputs
    return keras.Model(inputs, keras.layers.Softmax(name="probabilities")(logits))


def validation_figures(
    model: keras.Model, validation: Examples, names: Sequence[str]
) -> dict[str, float]:
    """Figures on validation data of a model of logits."""
    logits = training.predict(model, validation.x)
    return scores.classification(validation.y, scores.softmax(logits), names)


def test_figures(
    model: keras.Model, test: Examples, names: Sequence[str]
) -> tuple[dict[str, float], npt.NDArray[np.float32]]:
    """Figures on test data of a model of probabilities, and those [N, C]."""
    probabilities = training.predict(model, test.x)
    return scores.classification(test.y, probabilities, names), probabilities


def show(
    labels: npt.NDArray[Any],
    probabilities: npt.NDArray[Any],
    names: Sequence[str],
    title: str,
    context: Context,
) -> None:
    """Confusion matrix as table and picture."""
    counts = scores.confusion(labels, probabilities.argmax(axis=1), names)
    context.table("confusion", counts.reset_index())
    context.figure("confusion", figures.confusion_matrix(counts, title))


def show_training(history: Sequence[Mapping[str, float]], title: str, context: Context) -> None:
    """Curves and table of a training."""
    import pandas as pd

    context.table("history", pd.DataFrame(list(history)))
    context.figure("training", figures.training_curves(history, title))


def mistakes(
    images: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    probabilities: npt.NDArray[Any],
    names: Sequence[str],
    count: int = 32,
) -> tuple[npt.NDArray[Any], list[str]]:
    """The wrong answers that were surest of themselves: images, and "true→predicted p"."""
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    surest = wrong[np.argsort(-probabilities[wrong, predicted[wrong]], kind="stable")][:count]
    titles = [
        f"{names[int(labels[i])]}→{names[int(predicted[i])]} {probabilities[i, predicted[i]]:.2f}"
        for i in surest
    ]
    return images[surest], titles
