"""A recurrent network tells good opinions from bad ones (book, chapter 6).

Deviations from the book, where each is a bug: words keep their order, where the book feeds the set
of a sentence's words; the mean over the states leaves the padding out; no test text is a training
text (about three in four of the book's are, so its 0.9858 says little), and copies are left out;
the vocabulary is that of the training texts, with stop words. The large set is IMDB in its
published halves, without copies in the training half. Whole films are set aside for validation,
because the test has other films, too. The book's own sentences are few without copies, and easy.
"""

from collections.abc import Mapping, Sequence

import keras
import pandas as pd

from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import imdb, own_texts, umich
from supervised.datasets.imdb import NAMES, Reviews
from supervised.recurrent import answering, reading
from supervised.recurrent.configs import SentimentConfig
from supervised.recurrent.reading import Parts


def run(config: SentimentConfig, context: Context) -> Result:
    """Trains on the words of opinions and scores the held-out ones once."""
    return reading.run(config, _parts(config, context), NAMES, "opinions", "texts", context)


def evaluate(config: SentimentConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the held-out texts."""
    if config.texts == "imdb":  # whose test half is as it was published
        train, test = _halves(context.load(imdb.load))
    else:
        parts = _parts(config, context)
        train, test = parts.train, parts.test
    return reading.evaluated(model, train, test, NAMES, context)


def predict(
    config: SentimentConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Says whether a user's own texts are good opinions; a .txt file has one on each line."""
    found = own_texts.given(inputs, context.text_column)
    return answering.answers(model, found, NAMES, config.length, context)


def _parts(config: SentimentConfig, context: Context) -> Parts:
    if config.texts == "umich":
        sentences = context.load(umich.load)
        return reading.cut(sentences.texts, sentences.labels)
    reviews = context.load(imdb.load)
    return reading.published(*_halves(reviews), reviews.train_films)


def _halves(reviews: Reviews) -> tuple[Examples, Examples]:
    """The training reviews and the test reviews as examples."""
    return (
        Examples(x=reviews.train_texts, y=reviews.train_labels),
        Examples(x=reviews.test_texts, y=reviews.test_labels),
    )
