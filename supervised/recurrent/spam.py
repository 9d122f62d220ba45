"""A recurrent network tells spam from other short messages (book, chapter 6).

Deviations from the book, where each is a bug: the softmax is applied once; the vocabulary is that
of the training messages, and the padding after a message is masked; the cleaning keeps the letter
before an underscore; messages are shuffled. Repeated messages, one in thirteen, are taken once, so
no test message is a training message; the book's 0.962 is of a test with such copies. Every digit
becomes a 0, and punctuation marks are words.
"""

from collections.abc import Mapping, Sequence

import keras
import pandas as pd

from supervised.core.job import Context, Result
from supervised.datasets import own_texts, sms
from supervised.datasets.sms import NAMES
from supervised.recurrent import answering, reading
from supervised.recurrent.configs import SpamConfig
from supervised.recurrent.reading import Parts


def run(config: SpamConfig, context: Context) -> Result:
    """Trains on the words of messages and scores the held-out ones once."""
    return reading.run(config, _parts(context), NAMES, "spam", "messages", context)


def evaluate(config: SpamConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the held-out messages."""
    parts = _parts(context)
    return reading.evaluated(model, parts.train, parts.test, NAMES, context)


def predict(
    config: SpamConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Says whether a user's own texts are spam; a .txt file has one on each line."""
    found = own_texts.given(inputs, context.text_column)
    return answering.answers(model, found, NAMES, config.length, context)


def _parts(context: Context) -> Parts:
    data = context.load(sms.load)
    return reading.cut(data.texts, data.labels)
