"""The spam network: what it is given, that padding is no word, and that it learns."""

import numpy as np

from supervised import texts
from supervised.datasets import sms
from supervised.datasets.source import Source
from supervised.recurrent import bayes, spam, units
from supervised.recurrent.configs import SpamConfig
from supervised.settings import FitConfig, OptimizerConfig
from tests.supervised.recorder import Recorder


def test_copies_are_taken_once_and_the_parts_do_not_overlap():
    found = np.array(["Free 12 now", "FREE 34  now", "see you", "later ok", *"abcdefgh"], object)
    data = sms.Messages(kind="sample", texts=found, labels=np.arange(12, dtype=np.int32) % 2)
    parts = spam._parts(data)
    assert parts.copies == 1
    assert sorted([*parts.train.x, *parts.test.x]) == sorted(found[found != "FREE 34  now"])


def test_padding_is_no_word():
    config = SpamConfig(units=3, embedding=4, length=6)
    model = spam._build(config, 9, Recorder())
    short = spam._build(SpamConfig(units=3, embedding=4, length=2), 9, Recorder())
    short.set_weights(model.get_weights())
    padded = model(np.array([[5, 7, 0, 0, 0, 0]]))
    np.testing.assert_allclose(padded, short(np.array([[5, 7]])), rtol=1e-6)


def test_every_cell_can_be_had():
    for cell in ("rnn", "lstm", "gru"):
        layer = units.recurrent(cell, 3, Recorder(), "recurrent")
        assert layer(np.zeros((2, 5, 4), np.float32)).shape == (2, 3)


def test_naive_bayes_by_hand():
    train = np.array(["a a b", "b"], object)
    found = bayes.probabilities(train, np.array([0, 1]), np.array(["a", "b"], object))
    # P(word | class) with one added to each count: (3/5, 2/5) and (1/3, 2/3).
    np.testing.assert_allclose(found[:, 0], [0.6 / (0.6 + 1 / 3), 0.4 / (0.4 + 2 / 3)])


def test_it_learns_and_says_what_it_gets_wrong():
    context = Recorder(source=Source(want="synthetic"))
    config = SpamConfig(
        units=8,
        embedding=8,
        length=15,
        optimizer=OptimizerConfig(learning_rate=1e-2),
        fit=FitConfig(epochs=4, batch_size=32),
    )
    result = spam.run(config, context)
    assert result.baseline is not None
    assert result.metrics["accuracy"] > 0.92 > result.baseline
    assert result.metrics["accuracy"] < 0.99  # one in twenty lies
    assert len(context.tables["mistakes"]) > 0
    answers = spam.predict(
        config,
        context.models["model"],
        ["call free prize claim 88000 now", "see you home ok"],
        context,
    )
    assert answers["answer"].tolist() == ["spam", "ham"]
    assert texts.UNKNOWN == 1
