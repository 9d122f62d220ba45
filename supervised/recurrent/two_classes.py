"""A recurrent network tells spam from other messages, or good opinions from bad ones (chapter 6).

Deviations from the book, where each is a bug: the softmax is applied once; words keep their order,
where the book feeds the set of a sentence's words; the padding after a text is masked, and the mean
over the states leaves it out; the vocabulary is that of the training texts, with stop words; the
cleaning keeps the letter before an underscore; texts are shuffled, and those that are repeated are
taken once, so no test text is a training text. About three in four of the book's sentences are, and
some of its messages, so its 0.9858 and 0.962 are of tests with copies. Every digit becomes a 0, and
punctuation marks are words. The large set is IMDB in its published halves, without copies in the
training half. Whole films are set aside for validation, because the test has other films, too. The
book's own sentences are few without copies, and easy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, rows, scores, texts
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import imdb, own_texts, sms, splits, umich
from supervised.datasets.imdb import Reviews
from supervised.recurrent import answering, bags, reading
from supervised.recurrent.configs import SentimentConfig, SpamConfig
from supervised.recurrent.reading import of

Config = SpamConfig | SentimentConfig


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The texts of a run.

    Attributes:
        train: Texts for training and validation, with their labels.
        test: Texts that are scored once, at the end, with their labels.
        copies: How many copies of texts were left out.
        groups: [N] the group of each training text, such as its film: validation takes whole
            groups. None takes single texts.
    """

    train: Examples
    test: Examples
    copies: int
    groups: npt.NDArray[np.int32] | None = None


def run(config: Config, context: Context) -> Result:
    """Trains on the words of texts and scores the held-out ones once.

    Raises:
        DataError: The data are missing or wrong.
        Diverged: A loss is not finite.
    """
    title, what = ("spam", "messages") if config.texts == "sms" else ("opinions", "texts")
    parts, names = _parts(config, context), _names(config)
    learned, held_out = _split(parts, config.validation_fraction, context.rng("validation"))
    train, test = parts.train, parts.test
    rows.remember(context, rows.of_texts(of(train)), rows.of_texts(of(test)))
    reading.keep(names, config.length, context)
    model, validation = reading.learn(config, learned, held_out, names, title, context)
    context.model(model)
    if not context.final:
        return Result(metrics={}, validation=validation)
    found = reading.said(model, of(test))
    beside = bags.probabilities(of(train), train.y, of(test), len(names))
    classifiers.show(test.y, found, names, f"{title}, test {what}", context)
    reading.show(test, found, beside, names, context)
    metrics = metrics_of(test, found, names)
    for name, probabilities in beside.items():
        metrics |= scores.named(reading.short(name), metrics_of(test, probabilities, names))
    return Result(
        metrics=metrics,
        validation=validation,
        baseline=scores.majority(train.y, test.y),
        notes=[f"{parts.copies:,} texts that repeat another one were left out"],
        controls={reading.short(name): name for name in beside},
        test_rows=len(test),
    )


def evaluate(config: Config, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test texts, of other data on all it was not trained on."""
    if config.texts == "imdb":  # whose test half is as it was published
        train, test = _halves(context.load(imdb.load))
    else:
        parts = _parts(config, context)
        train, test = parts.train, parts.test
    every = Examples(x=np.concatenate([of(train), of(test)]), y=np.concatenate([train.y, test.y]))
    of_test = np.arange(len(train), len(every))
    scored = every.take(rows.to_score(context, rows.of_texts(of(every)), of_test))
    return metrics_of(scored, reading.said(model, of(scored)), _names(config))


def predict(
    config: Config, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Says of which class a user's own texts are; a .txt file has one on each line."""
    found = own_texts.given(inputs, context.text_column, say=context.say)
    return answering.answers(model, found, _names(config), config.length, context)


def cut(found: npt.NDArray[np.object_], labels: npt.NDArray[np.int32]) -> Parts:
    """Sets a random quarter aside for the test, the same in every run, without copies of texts."""
    first = _first(pd.Series(texts.cleaned(found)))
    once = Examples(x=found[first], y=labels[first])
    train, test = splits.split(len(first), (0.75, 0.25), np.random.default_rng(0), once.y)
    return Parts(train=once.take(train), test=once.take(test), copies=len(labels) - len(first))


def published(train: Examples, test: Examples, groups: npt.NDArray[np.int32]) -> Parts:
    """Keeps the published parts, without training texts that are copies or are in the test."""
    learned = pd.Series(texts.cleaned(of(train)))
    first = _first(learned)
    first = first[~learned.iloc[first].isin(texts.cleaned(of(test))).to_numpy()]
    copies = len(train) - len(first)
    return Parts(train=train.take(first), test=test, copies=copies, groups=groups[first])


def metrics_of(
    test: Examples, probabilities: npt.NDArray[Any], names: Sequence[str]
) -> dict[str, float]:
    """Metrics of probabilities [N, 2], with those of the second class."""
    found = scores.classification(test.y, probabilities, names)
    each = scores.of_classes(test.y, probabilities.argmax(axis=1), names).fillna(0.0)
    return found | {f"{of}_{names[1]}": float(each[of].iloc[1]) for of in ("precision", "f1")}


def _names(config: Config) -> tuple[str, ...]:
    return sms.NAMES if config.texts == "sms" else imdb.NAMES


def _parts(config: Config, context: Context) -> Parts:
    if config.texts == "imdb":
        reviews = context.load(imdb.load)
        return published(*_halves(reviews), reviews.train_films)
    data = context.load(sms.load if config.texts == "sms" else umich.load)
    return cut(data.texts, data.labels)


def _halves(reviews: Reviews) -> tuple[Examples, Examples]:
    """The training reviews and the test reviews as examples."""
    return (
        Examples(x=reviews.train_texts, y=reviews.train_labels),
        Examples(x=reviews.test_texts, y=reviews.test_labels),
    )


def _split(parts: Parts, fraction: float, rng: np.random.Generator) -> tuple[Examples, Examples]:
    """The rows for training, and those that are set aside for validation."""
    train, groups = parts.train, parts.groups
    if groups is None:
        chosen, aside = splits.split(len(train), (1 - fraction, fraction), rng, train.y)
    else:
        held_out = splits.aside(groups, round(fraction * len(np.unique(groups))), rng)
        chosen, aside = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    return train.take(chosen), train.take(aside)


def _first(cleaned: pd.Series) -> npt.NDArray[np.int64]:
    return np.flatnonzero(~cleaned.duplicated().to_numpy())
