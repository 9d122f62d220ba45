"""Networks that read texts: what they are given, that padding is no word, and that they learn."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from supervised.core import units
from supervised.core.examples import Examples
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets import imdb
from supervised.datasets.source import Source
from supervised.recurrent import answering, bags, reading, two_classes
from supervised.recurrent.configs import SentimentConfig, SpamConfig
from tests.supervised.recorder import Recorder, beside

QUICK = {"embedding": 8, "optimizer": OptimizerConfig(learning_rate=1e-2)}


def texts(*found: str) -> np.ndarray:
    return np.array(found, object)


def test_copies_are_taken_once_and_the_parts_do_not_overlap():
    found = texts("Free 12 now", "FREE 34  now", "see you", "later ok", *"abcdefgh")
    parts = two_classes.cut(found, np.arange(12, dtype=np.int32) % 2)
    assert parts.copies == 1
    assert sorted([*parts.train.x, *parts.test.x]) == sorted(found[found != "FREE 34  now"])


def test_from_published_parts_what_is_in_the_test_is_not_learned_from():
    train = Examples(x=texts("A b", "c", "a B", "d"), y=np.array([0, 1, 0, 1]))
    test = Examples(x=texts("c", "e", "e"), y=np.array([1, 0, 0]))
    parts = two_classes.published(train, test, np.array([5, 6, 7, 8], np.int32))
    assert parts.groups is not None
    assert parts.groups.tolist() == [5, 8]
    assert (parts.train.x.tolist(), parts.train.y.tolist()) == (["A b", "d"], [0, 1])
    assert (parts.test, parts.copies) == (test, 2)


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_padding_is_no_word(pooling):
    model = reading.network(
        SpamConfig(units=3, embedding=4, pooling=pooling, dropout=0), 9, 2, Recorder()
    )
    padded = model(np.array([[5, 7, 0, 0, 0, 0]]))
    np.testing.assert_allclose(padded, model(np.array([[5, 7]])), rtol=1e-6)
    assert np.abs(padded - model(np.array([[7, 5]]))).max() > 1e-4  # order is not lost
    assert np.isfinite(model(np.array([[0, 0]]))).all()  # a text without a word


@keras.saving.register_keras_serializable("tests")
class Counting(keras.layers.Layer):
    """Log odds of as much as there are words "good"."""

    def call(self, text):
        without = tf.strings.regex_replace(text, "good", "")
        count = (tf.strings.length(text) - tf.strings.length(without)) / len("good")
        odds = tf.cast(count, "float32")
        return tf.nn.softmax(tf.stack([tf.zeros_like(odds), odds], axis=1))


def test_only_the_words_that_are_read_have_an_effect():
    model = keras.Sequential([keras.Input((), dtype="string"), Counting()])
    words, effects = answering.word_effects(model, "bad good bad good good", 4, 1)
    assert words == ["bad", "good", "bad", "good"]
    # Without one of the four, the fifth is read, too: "good" for "bad", or for another "good".
    np.testing.assert_allclose(effects, [-1, 0, -1, 0], atol=1e-5)


def test_bags_of_words_by_hand():
    found = bags.probabilities(texts("a a b", "b"), np.array([0, 1]), texts("a", "b"), 3)
    # P(word | class) with one added to each count: (3/5, 2/5) and (1/3, 2/3).
    bayes = [0.6 / (0.6 + 1 / 3), 0.4 / (0.4 + 2 / 3)]
    np.testing.assert_allclose(found["naive Bayes"][:, 0], bayes)
    assert found["naive Bayes"][:, 2].tolist() == [0, 0]  # no training text has this class
    assert found["logistic regression"][0, 0] > 0.5 > found["logistic regression"][1, 0]


def test_spam_is_learned_and_mistakes_are_kept():
    context = Recorder(source=Source(want="synthetic"))
    config = SpamConfig(units=8, length=15, fit=FitConfig(epochs=8, batch_size=32), **QUICK)
    result = two_classes.run(config, context)
    assert result.baseline is not None
    assert result.metrics["accuracy"] > 0.92 > result.baseline
    assert result.metrics["accuracy"] < 0.99  # one in twenty lies
    assert beside(result, "accuracy") == ({"naive_bayes", "logistic_regression"}, True)
    assert len(context.tables["mistakes"]) > 0
    assert {"logits", "probabilities"} < context.histogram_names
    assert "actorlab" not in context.models["model"].to_json()  # plain Keras loads it
    assert json.loads(context.files["texts.json"])["classes"] == ["ham", "spam"]
    given = ["call free prize claim 88000 now", "see you home ok"]
    answers = two_classes.predict(config, context.models["model"], given, context)
    assert answers["answer"].tolist() == ["spam", "ham"]
    assert {"words_1", "words_2"} < set(context.figures)
    words, effects = answering.word_effects(context.models["model"], given[0], 15, 1)
    assert words == ["call", "free", "prize", "claim", "00000", "now"]
    assert np.abs(effects).max() > 0.1


@pytest.mark.slow
def test_the_order_of_words_is_learned_where_bags_of_words_cannot():
    context = Recorder(source=Source(want="synthetic"))
    fit = FitConfig(epochs=12, batch_size=16, keep="best")
    config = SentimentConfig(cell="gru", units=16, length=80, dropout=0, fit=fit, **QUICK)
    result = two_classes.run(config, context)
    assert result.metrics["accuracy"] > 0.9
    # A third of the reviews say "not" before the other kind's words.
    assert result.metrics["naive_bayes_accuracy"] < 0.8
    assert result.metrics["logistic_regression_accuracy"] < 0.8


def test_sentences_of_both_sets_are_taken():
    context = Recorder(source=Source(want="synthetic"))
    parts = two_classes._parts(SentimentConfig(texts="umich"), context)
    assert len(parts.train) + len(parts.test) + parts.copies == 900
    reviews = imdb.synthetic(np.random.default_rng(0))
    assert len(two_classes._parts(SentimentConfig(), context).test) == len(reviews.test_labels)


def test_every_cell_can_be_had():
    for cell in ("rnn", "lstm", "gru"):
        layer = units.recurrent(cell, 3, Recorder(), "recurrent")
        assert layer(np.zeros((2, 5, 4), np.float32)).shape == (2, 3)
