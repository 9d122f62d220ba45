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

from supervised.belief import pretraining
from supervised.belief.configs import DbnBankConfig
from supervised.core import bank_calls, classifiers, plots, scores, simple, tabular
from supervised.core.bank_calls import NAMES
from supervised.core.job import Context, Result


def run(config: DbnBankConfig, context: Context) -> Result:
    """Pre-trains, fine-tunes, trains the control, and scores both on the test rows once."""
    data = bank_calls.prepare(context, validation=config.validation, scaling="minmax")
    loss = classifiers.cross_entropy(), "cross-entropy, nats"
    pair = pretraining.train_pair(
        data.train, data.validation, len(NAMES), "bernoulli", loss, config, context
    )
    ours, theirs = (classifiers.validation_metrics(m, data.validation, NAMES) for m in pair)
    on_validation = {**ours, **scores.named("control", theirs)}
    finished, control = (
        tabular.export(data.encoder, classifiers.with_probabilities(model)) for model in pair
    )
    context.model(finished)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    ours, probabilities = classifiers.test_metrics(finished, data.test, NAMES)
    theirs, of_control = classifiers.test_metrics(control, data.test, NAMES)
    labels = data.test.y
    classifiers.show(labels, probabilities, NAMES, "deep belief network, test rows", context)
    by_network = {"pre-trained": probabilities[:, 1], "control": of_control[:, 1]}
    context.figure("ranking", plots.ranking(labels, by_network, NAMES))
    return Result(
        metrics={**ours, **scores.named("control", theirs), **bank_calls.control(data)},
        validation=on_validation,
        baseline=scores.majority(data.train.y, labels),
        notes=(
            compared(labels, probabilities.argmax(axis=1), of_control.argmax(axis=1)),
            "`duration` is known only when a call is over: no forecast before a call reaches this",
        ),
        controls={
            "control": "the same network without pre-training",
            "logistic": simple.LOGISTIC,
        },
        test_rows=len(labels),
    )


def evaluate(config: DbnBankConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test rows."""
    return classifiers.test_metrics(model, bank_calls.of_the_test(context), NAMES)[0]


def predict(
    config: DbnBankConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts the outcome of a user's own calls: CSV files with the data set's columns."""
    return bank_calls.predict(model, inputs)


def compared(labels: npt.NDArray[Any], ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> str:
    """Says whether pre-training changed how many test rows are predicted correctly.

    McNemar's test looks at the rows that only one of the two networks predicts correctly. z is the
    difference of the two counts in standard deviations, if both networks were equally good.
    """
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
