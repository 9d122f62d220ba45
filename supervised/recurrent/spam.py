"""A recurrent network tells spam from other short messages (book, chapter 6).

Deviations, each a bug there: the softmax is applied once; the vocabulary is that of the training
messages, and the padding behind a message is masked; the cleaning keeps the letter before an
underscore; messages are shuffled. Repeated messages, one in thirteen, are taken once, so that no
test message is one that was learned from; the book's 0.962 is of a test with such copies. Digits
count by their number, and marks are words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers

from supervised import classifying, figures, networks, scores, texts, training
from supervised.datasets import sms, splits
from supervised.datasets.sms import NAMES, Messages
from supervised.job import Context, Result
from supervised.recurrent import bayes, units
from supervised.recurrent.configs import SpamConfig
from supervised.settings import NetworkConfig
from supervised.training import Examples


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """The messages of a run, [N] str objects, and how many copies were left out."""

    train: Examples
    test: Examples
    copies: int


def run(config: SpamConfig, context: Context) -> Result:
    """Trains on the words of messages and scores the held-out ones once."""
    data = context.load(sms.load)
    parts = _parts(data)
    fractions = (1 - config.validation_fraction, config.validation_fraction)
    chosen, aside = splits.split(
        len(parts.train), fractions, context.rng("validation"), parts.train.y
    )
    train, validation = parts.train.take(chosen), parts.train.take(aside)
    vectorizer = texts.vectorizer(
        train.x, length=config.length, fewest=config.fewest, most=config.most
    )
    words = vectorizer.vocabulary_size()
    known = words - texts.UNKNOWN - 1
    context.say(f"{len(train):,} messages to learn from, {known:,} words")
    core = _build(config, words, context)
    numbered, held_out = (
        Examples(x=texts.numbers(vectorizer, part.x), y=part.y) for part in (train, validation)
    )
    classifying.train(core, numbered, held_out, config, "spam", context)
    on_validation = classifying.validation_figures(core, held_out, NAMES)
    finished = texts.export(vectorizer, classifying.with_probabilities(core))
    context.model(finished)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    return _conclude(finished, parts, on_validation, data, context)


def evaluate(config: SpamConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the held-out messages."""
    test = _parts(context.load(sms.load)).test
    return _figures(test, training.predict(model, test.x))


def predict(
    config: SpamConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Whether a user's own texts are spam; a .txt file has one on each line."""
    found = texts.given(inputs)
    probabilities = training.predict(model, np.array(found, object))  # [N, 2]
    answers = np.array(NAMES)[probabilities.argmax(axis=1)]
    return pd.DataFrame({"text": found, "answer": answers, "probability_spam": probabilities[:, 1]})


def _parts(data: Messages) -> _Parts:
    """A random quarter for the test, the same in every run; of copies the first is kept."""
    cleaned = pd.Series([" ".join(words) for words in texts.words(data.texts)])
    rows = np.flatnonzero(~cleaned.duplicated().to_numpy())
    all_of_them = Examples(x=data.texts[rows], y=data.labels[rows])
    train, test = splits.split(len(rows), (0.75, 0.25), np.random.default_rng(0), all_of_them.y)
    return _Parts(
        train=all_of_them.take(train),
        test=all_of_them.take(test),
        copies=len(data.labels) - len(rows),
    )


def _build(config: SpamConfig, words: int, context: Context) -> keras.Model:
    """A network from numbers of words [B, T] to logits [B, 2]."""
    return keras.Sequential(
        [
            layers.Input((config.length,), dtype="int32"),
            units.embedding(words, config.embedding, context),  # [B, T, embedding]
            units.recurrent(config.cell, config.units, context, "recurrent"),  # [B, units]
            *networks.dropout(config.dropout, context, "recurrent"),
            networks.output_layer(len(NAMES), NetworkConfig(hidden_sizes=()), context),
        ]
    )


def _conclude(
    model: keras.Model,
    parts: _Parts,
    validation: Mapping[str, float],
    data: Messages,
    context: Context,
) -> Result:
    labels = parts.test.y
    probabilities = training.predict(model, parts.test.x)
    counted = bayes.probabilities(parts.train.x, parts.train.y, parts.test.x)
    classifying.show(labels, probabilities, NAMES, "spam, test messages", context)
    by_network = {"recurrent network": probabilities[:, 1], "naive Bayes": counted[:, 1]}
    context.figure("ranking", figures.ranking(labels, by_network, NAMES))
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    mistakes = {"text": parts.test.take(wrong).x, "spam": labels[wrong] == 1}
    context.table("mistakes", pd.DataFrame(mistakes | {"p_spam": probabilities[wrong, 1]}))
    notes = [f"{parts.copies:,} messages that repeat another one were left out"]
    return Result(
        metrics=_figures(parts.test, probabilities)
        | scores.named("naive_bayes", _figures(parts.test, counted)),
        validation=validation,
        baseline=scores.majority(parts.train.y, labels),
        notes=[*notes, data.note] if data.note else notes,
    )


def _figures(test: Examples, probabilities: npt.NDArray[Any]) -> dict[str, float]:
    figures = scores.classification(test.y, probabilities, NAMES)
    return figures | scores.of_class(test.y, probabilities.argmax(axis=1), NAMES, 1)
