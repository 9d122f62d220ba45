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

import keras
import pandas as pd

from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import imdb, own_texts, sms, umich
from supervised.datasets.imdb import Reviews
from supervised.recurrent import answering, reading
from supervised.recurrent.configs import SentimentConfig, SpamConfig
from supervised.recurrent.reading import Parts

Config = SpamConfig | SentimentConfig


def run(config: Config, context: Context) -> Result:
    """Trains on the words of texts and scores the held-out ones once."""
    what = ("spam", "messages") if config.texts == "sms" else ("opinions", "texts")
    return reading.run(config, _parts(config, context), _names(config), *what, context)


def evaluate(config: Config, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the held-out texts."""
    if config.texts == "imdb":  # whose test half is as it was published
        train, test = _halves(context.load(imdb.load))
    else:
        parts = _parts(config, context)
        train, test = parts.train, parts.test
    return reading.evaluated(model, train, test, _names(config), context)


def predict(
    config: Config, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Says of which class a user's own texts are; a .txt file has one on each line."""
    found = own_texts.given(inputs, context.text_column)
    return answering.answers(model, found, _names(config), config.length, context)


def _names(config: Config) -> tuple[str, ...]:
    return sms.NAMES if config.texts == "sms" else imdb.NAMES


def _parts(config: Config, context: Context) -> Parts:
    if config.texts == "imdb":
        reviews = context.load(imdb.load)
        return reading.published(*_halves(reviews), reviews.train_films)
    data = context.load(sms.load if config.texts == "sms" else umich.load)
    return reading.cut(data.texts, data.labels)


def _halves(reviews: Reviews) -> tuple[Examples, Examples]:
    """The training reviews and the test reviews as examples."""
    return (
        Examples(x=reviews.train_texts, y=reviews.train_labels),
        Examples(x=reviews.test_texts, y=reviews.test_labels),
    )
