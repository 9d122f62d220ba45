"""A deep belief network of the bank's calls, beside the same network without pre-training.

Book ch. 3, which reports an accuracy of 0.900554 (precision 0.8824, F1 0.8767, weighted) after a
pre-training that diverged. Deviations: scales are those of training rows; `duration` is a number
scaled like the others, where the book makes a column of each of its 1,544 values; units are
sigmoid, not ReLU; training stops early by the loss on validation rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from sklearn import metrics

from supervised import classifying, figures, scores, tabular, training
from supervised.belief import pretraining
from supervised.belief.configs import DbnBankConfig
from supervised.datasets import bank, splits
from supervised.datasets.bank import Bank
from supervised.job import Context, Result
from supervised.training import Examples

NAMES = ("no", "yes")


def run(config: DbnBankConfig, context: Context) -> Result:
    """Pre-trains, fine-tunes, trains the control, and scores both on the test rows once."""
    data = context.load(bank.load)
    rest, test = splits.book_split(len(data.target))
    share = config.validation
    chosen, aside = splits.split(
        len(rest), (1 - share, share), context.rng("validation"), data.target[rest]
    )
    encoder = tabular.encoder(
        data.frame.iloc[rest[chosen]], bank.NUMERIC, bank.CATEGORICAL, "minmax"
    )
    train, validation = (
        Examples(x=training.predict(encoder, raw.x), y=raw.y)
        for raw in (_raw(data, rest[chosen]), _raw(data, rest[aside]))
    )
    loss = classifying.cross_entropy(), "cross-entropy, nats"
    pair = pretraining.train_pair(train, validation, len(NAMES), "bernoulli", loss, config, context)
    on_validation = {
        **classifying.validation_figures(pair.network, validation, NAMES),
        **scores.named("control", classifying.validation_figures(pair.control, validation, NAMES)),
    }
    finished, finished_control = (
        tabular.export(encoder, classifying.with_probabilities(model))
        for model in (pair.network, pair.control)
    )
    context.model(finished)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    raw = _raw(data, test)
    ours, probabilities = classifying.test_figures(finished, raw, NAMES)
    theirs, of_control = classifying.test_figures(finished_control, raw, NAMES)
    classifying.show(raw.y, probabilities, NAMES, "deep belief network, test rows", context)
    by_network = {"pre-trained": probabilities[:, 1], "control": of_control[:, 1]}
    context.figure("ranking", _ranking(raw.y, by_network))
    return Result(
        metrics={**ours, **scores.named("control", theirs)},
        validation=on_validation,
        baseline=scores.majority(data.target[rest], raw.y),
        notes=(
            compared(raw.y, probabilities.argmax(axis=1), of_control.argmax(axis=1)),
            "`duration` is known only when a call is over: no forecast before a call reaches this",
        ),
    )


def evaluate(config: DbnBankConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test rows."""
    data = context.load(bank.load)
    _, test = splits.book_split(len(data.target))
    return classifying.test_figures(model, _raw(data, test), NAMES)[0]


def predict(
    config: DbnBankConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Forecasts for a user's own calls, CSV files with the columns of the bank's."""
    frame, places = tabular.read(inputs, bank.read_rows)
    probabilities = training.predict(model, tabular.columns(frame))  # [N, 2]
    answers = np.array(NAMES)[probabilities.argmax(axis=1)]
    return places.assign(answer=answers, probability_yes=probabilities[:, 1])


def _raw(data: Bank, rows: npt.NDArray[Any]) -> Examples:
    """Rows as the saved model takes them."""
    return Examples(x=tabular.columns(data.frame.iloc[rows]), y=data.target[rows])


def compared(labels: npt.NDArray[Any], ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> str:
    """Whether pre-training made a difference: McNemar's test on the rows one network has right."""
    gained = int(np.sum((ours == labels) & (theirs != labels)))
    lost = int(np.sum((ours != labels) & (theirs == labels)))
    z = (gained - lost) / max(gained + lost, 1) ** 0.5
    verdict = "made no clear difference"
    if abs(z) >= 1.96:
        verdict = "helped" if z > 0 else "did harm"
    return (
        f"pre-training {verdict} in this run: {gained:,} test rows right that the control has "
        f"wrong, {lost:,} the other way round (z = {z:+.1f})"
    )


def _ranking(labels: npt.NDArray[Any], by_network: Mapping[str, npt.NDArray[Any]]) -> Figure:
    """ROC and precision-recall curves of the probabilities of a yes."""
    figure, (axes,) = figures.panels(1, 2)
    roc, precision_recall = axes
    for (name, probability), color in zip(
        by_network.items(), (figures.BLUE, figures.RED), strict=True
    ):
        false_rate, true_rate, _ = metrics.roc_curve(labels, probability)
        roc.plot(false_rate, true_rate, color=color, label=name)
        precision, recall, _ = metrics.precision_recall_curve(labels, probability)
        precision_recall.plot(recall, precision, color=color, label=name)
    roc.plot([0, 1], [0, 1], "--", color=figures.GREY, label="chance")
    precision_recall.axhline(labels.mean(), ls="--", color=figures.GREY, label="chance")
    figures.label(roc, "ROC", "share of no called yes", "share of yes found", legend=True)
    figures.label(precision_recall, "precision and recall", "recall", "precision", legend=True)
    return figure
