from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from supervised.basics import explore_mnist
from supervised.basics.configs import ExploreMnistConfig
from supervised.datasets import mnist
from supervised.datasets.labelled import LabelledImages
from supervised.datasets.source import Source
from tests.supervised.recorder import Recorder


@dataclass
class Given(Recorder):
    """A recorder that has its data."""

    data: Any = None

    def load(self, loader: Any) -> Any:
        return self.data


def tiny() -> LabelledImages:
    """Digit d lights pixel d, faintly in the second ten; the test's images are all 3s and 5s."""
    labels = np.arange(20, dtype=np.int32) % 10
    images = np.zeros((20, 28, 28), np.uint8)
    images[np.arange(20), 0, labels] = np.where(np.arange(20) < 10, 255, 85)
    test_images = images[[3, 5, 3, 4]]
    test_labels = np.array([3, 5, 3, 5], np.int32)
    return LabelledImages.of("mnist", "synthetic", (images, labels), (test_images, test_labels))


def test_class_means_by_hand():
    data = tiny()
    means = explore_mnist.class_means(data.train_images, data.train_labels)
    assert means.shape == (10, 28, 28)
    for digit in range(10):
        assert means[digit, 0, digit] == pytest.approx((255 + 85) / 2 / 255)  # 2/3
        assert means[digit].sum() == pytest.approx(2 / 3)


def test_nearest_mean_by_hand():
    means = np.zeros((10, 28, 28))
    means[:, 0, 0] = np.linspace(0, 0.9, 10)
    images = np.zeros((3, 28, 28), np.uint8)
    images[:, 0, 0] = 0, 120, 255  # 120/255 = 0.47 lies nearest to 0.5
    assert explore_mnist.nearest_mean(means, images).tolist() == [0, 5, 9]


def test_figures_and_tables_by_hand():
    context = Given(data=tiny())
    result = explore_mnist.run(ExploreMnistConfig(validation_share=0.5), context)
    # Trained on the faint ten; the last test image shows a 4 where the label says 5.
    # Of ten training images three are nearest, each of another digit: the least of these wins.
    assert result.metrics["nearest_mean_accuracy"] == 0.75
    assert 0 <= result.metrics["neighbours_accuracy"] <= 0.5
    assert result.validation == {"nearest_mean_accuracy": 1.0}
    assert result.baseline == 0.0  # every class is as common: the first, 0, is not in the test
    classes = context.tables["classes"].set_index("digit")
    assert classes["test"].tolist() == [0, 0, 0, 2, 0, 2, 0, 0, 0, 0]
    assert classes["training"].tolist() == [1] * 10
    pixels = context.tables["pixels"].set_index("part").loc["training"]
    assert pixels["mean"] == pytest.approx(85 / 784)
    assert pixels["deviation"] == pytest.approx(np.sqrt(85**2 / 784 - (85 / 784) ** 2))
    assert pixels["black"] == pytest.approx(783 / 784)
    assert (pixels["least"], pixels["greatest"]) == (0, 85)
    assert set(context.figures) == {"digits", "means"}
    assert "training: images (10, 784), labels (10, 10) (synthetic)" in context.lines
    assert "training image 0 is a 0: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]" in context.lines


def test_the_books_shapes():
    labels = np.arange(60_000, dtype=np.int32) % 10
    images = np.zeros((60_000, 28, 28), np.uint8)
    images[np.arange(60_000), 0, labels] = 255
    whole = replace(
        tiny(),
        train_images=images,
        train_labels=labels,
        test_images=images[:10_000],
        test_labels=labels[:10_000],
    )
    context = Given(data=whole)
    explore_mnist.run(ExploreMnistConfig(), context)
    assert "training: images (55000, 784), labels (55000, 10) (synthetic)" in context.lines
    assert "test: images (10000, 784), labels (10000, 10) (synthetic)" in context.lines


def test_real_digits_beat_the_commonest_one_by_far():
    context = Recorder(source=Source(want="sample"))
    result = explore_mnist.run(ExploreMnistConfig(), context)
    assert result.baseline == pytest.approx(0.1, abs=0.02)
    assert result.metrics["nearest_mean_accuracy"] > 0.75
    assert result.metrics["neighbours_accuracy"] > 0.9


def test_a_search_leaves_the_test_images_alone():
    data = mnist.load(Source(want="sample"))
    broken = replace(data, test_images=None, test_labels=None)  # type: ignore[arg-type]
    result = explore_mnist.run(ExploreMnistConfig(), Given(data=broken, final=False))
    assert result.metrics == {}
    assert result.validation["nearest_mean_accuracy"] > 0.75
