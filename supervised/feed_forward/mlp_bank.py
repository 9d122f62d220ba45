"""A perceptron on a bank's telephone calls: which of them end in a deposit (book, chapter 3).

Deviations: the book puts tanh on the logits, which bounds its loss from below, and its 0.889 is the
share of calls that end in a no; the output here is linear. Biases start at 0, not at N(0, 1).
Scales and words come from training rows. `duration` is a number, where the book makes a column of
each of its 1,544 values. Training stops early by the loss on validation rows.
"""

from collections.abc import Mapping, Sequence

import keras
import pandas as pd

from supervised.core import (
    bank_calls,
    classifiers,
    networks,
    plots,
    sampling,
    scores,
    simple,
    tabular,
)
from supervised.core.job import Context, Result
from supervised.feed_forward.configs import BankConfig


def run(config: BankConfig, context: Context) -> Result:
    """Trains on encoded rows and scores the book's test rows once."""
    without = _without(config)
    data = bank_calls.prepare(
        context, validation=config.validation_fraction, scaling="standard", without=without
    )
    width = data.train.x.shape[1]  # type: ignore[union-attr]
    core = networks.perceptron(width, len(bank_calls.NAMES), config.network, context)
    classifiers.train(core, data.train, data.validation, config, "bank", context)
    on_validation = classifiers.validation_metrics(core, data.validation, bank_calls.NAMES)
    finished = tabular.export(data.encoder, classifiers.with_probabilities(core))
    context.model(finished)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    metrics, probabilities = classifiers.test_metrics(finished, data.test, bank_calls.NAMES)
    labels = data.test.y
    classifiers.show(labels, probabilities, bank_calls.NAMES, "bank, test rows", context)
    by_network = {"perceptron": probabilities[:, 1]}
    context.figure("ranking", plots.ranking(labels, by_network, bank_calls.NAMES))
    majority = scores.majority(data.train.y, labels)
    return Result(
        metrics={**metrics, **bank_calls.control(data)},
        validation=on_validation,
        baseline=majority if config.duration else 0.5,
        notes=(f"always saying no is right in {majority:.4f} and finds no yes at all",),
        controls={"logistic": simple.LOGISTIC},
        test_rows=len(labels),
        sampling_errors=sampling.of_roc_auc(labels, probabilities[:, 1]),
    )


def evaluate(config: BankConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the book's test rows."""
    test = bank_calls.of_the_test(context, _without(config))
    return classifiers.test_metrics(model, test, bank_calls.NAMES)[0]


def predict(
    config: BankConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts the outcome of a user's own calls; a `duration` that was no input is ignored."""
    return bank_calls.predict(model, inputs, _without(config))


def _without(config: BankConfig) -> tuple[str, ...]:
    return () if config.duration else ("duration",)
