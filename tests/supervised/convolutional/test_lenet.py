"""The book's LeNet learns, and leaves the test images alone in a search."""

import numpy as np
import pytest

from supervised.convolutional import lenet_mnist
from supervised.convolutional.configs import LenetConfig
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import Source
from tests.supervised.recorder import Recorder


@pytest.mark.slow
def test_digits_are_told_apart():
    config = LenetConfig(
        filters=(8, 16),
        hidden=64,
        bias=True,
        convolution_dropout=0.0,
        hidden_dropout=0.2,
        optimizer=OptimizerConfig(learning_rate=3e-3),
        fit=FitConfig(epochs=4),
    )
    context = Recorder(source=Source(want="synthetic"))
    result = lenet_mnist.run(config, context)
    assert result.metrics["accuracy"] > 0.97
    assert {"training", "confusion", "filters", "maps_1", "maps_2"} <= set(context.figures)
    images = np.zeros((2, 28, 28), np.uint8)  # the saved model takes bytes
    np.testing.assert_allclose(context.models["model"](images).numpy().sum(axis=1), 1, rtol=1e-5)


def test_search_trials_leave_the_test_images_alone(monkeypatch):
    def touched(*_):
        raise AssertionError("the test data were scored")

    monkeypatch.setattr("supervised.core.classifiers.test_metrics", touched)
    config = LenetConfig(filters=(2,), hidden=2, fit=FitConfig(epochs=1))
    context = Recorder(source=Source(want="synthetic"), final=False)
    result = lenet_mnist.run(config, context)
    assert result.metrics == {}
    assert "accuracy" in result.validation
