"""The chapter's perceptrons learn what there is to learn, in seconds, on generated data."""

import numpy as np
import pytest

from supervised.core import bank_calls
from supervised.core.settings import FitConfig, NetworkConfig
from supervised.datasets.source import Source
from supervised.feed_forward import mlp_bank, mlp_mnist
from supervised.feed_forward.configs import BankConfig, MnistConfig
from tests.supervised.recorder import Recorder


@pytest.fixture
def context() -> Recorder:
    return Recorder(source=Source(want="synthetic"))


def test_digits_are_told_apart(context):
    config = MnistConfig(network=NetworkConfig(hidden_sizes=(32,)), fit=FitConfig(epochs=3))
    result = mlp_mnist.run(config, context)
    assert result.metrics["accuracy"] > 0.95
    assert result.baseline < 0.2
    assert {"training", "confusion"} <= set(context.figures)
    # The saved model takes raw bytes and gives probabilities.
    images = np.zeros((2, 28, 28), np.uint8)
    np.testing.assert_allclose(context.models["model"](images).numpy().sum(axis=1), 1, rtol=1e-5)


def test_calls_are_ranked_and_the_majority_is_beaten(context):
    network = NetworkConfig(hidden_sizes=(16,), activation="tanh")
    config = BankConfig(network=network, fit=FitConfig(epochs=8))
    with_duration = mlp_bank.run(config, context).metrics["roc_auc"]
    assert with_duration > 0.8
    blind = Recorder(source=Source(want="synthetic"))
    before = mlp_bank.run(BankConfig(network=network, fit=config.fit, duration=False), blind)
    assert 0.5 < before.metrics["roc_auc"] < with_duration
    assert before.baseline == 0.5


def test_test_data_stay_untouched_while_searching(monkeypatch):
    def touched(*_):
        raise AssertionError("the test data were scored")

    monkeypatch.setattr("supervised.core.classifiers.test_metrics", touched)
    context = Recorder(source=Source(want="synthetic"), final=False)
    config = BankConfig(network=NetworkConfig(hidden_sizes=(4,)), fit=FitConfig(epochs=1))
    result = mlp_bank.run(config, context)
    assert result.metrics == {}
    assert 0 < result.validation["accuracy"] < 1


def test_the_split_is_the_books_and_scales_are_those_of_training_rows(context):
    data = bank_calls.prepare(context, validation=0.2, scaling="standard")
    assert len(data.test) == 2_000  # a quarter of the 8,000 generated
    assert len(data.validation) == 1_200
    assert len(data.train) == 4_800
    numbers = np.asarray(data.train.x)[:, :10]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-3)
    assert abs(np.asarray(data.validation.x)[:, :10].mean(axis=0)).max() > 1e-3
