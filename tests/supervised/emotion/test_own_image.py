"""A user's own pictures: the spread by hand, and what is refused."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from supervised.datasets.faces import CLASSES
from supervised.datasets.source import DataError, Source
from supervised.emotion import own_image
from supervised.emotion.configs import EmotionPredictConfig
from tests.supervised.recorder import Recorder

FACES = np.zeros((2, 48, 48), np.uint8)


def by_hand(rate: float = 0.5, weight: float = np.log(3)) -> keras.Model:
    """One feature, always 1, then dropout; its weight is for `angry`, the others' is 0.

    The normalization would give 0 instead of 1 if it were in training.
    """
    found = [
        layers.Input((48, 48), dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Flatten(),
        layers.Dense(1, kernel_initializer="zeros", bias_initializer="ones"),
        layers.BatchNormalization(epsilon=1e-12),
        *([layers.Dropout(rate)] if rate else []),
        layers.Dense(7, use_bias=False),
        layers.Softmax(),
    ]
    model = keras.Sequential(found)
    model.layers[-2].set_weights([np.array([[weight, *[0.0] * 6]], np.float32)])
    return model


def test_passes_with_dropout_by_hand():
    """Dropped: 1/7 each. Kept, and so doubled: angry 9 / (9 + 6)."""
    first, second = own_image.monte_carlo(by_hand(), FACES, 1_000, seed=3)
    assert first.shape == (1_000, 7)
    angry = first[:, 0]
    np.testing.assert_allclose(np.unique(angry.round(6)), [1 / 7, 0.6], atol=1e-5)
    assert 440 < np.sum(angry > 0.5) < 560  # 500 ± 16
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)
    again = list(own_image.monte_carlo(by_hand(), FACES, 1_000, seed=3))
    np.testing.assert_array_equal(again, [first, second])
    (other, _) = own_image.monte_carlo(by_hand(), FACES, 1_000, seed=4)
    assert np.any(other != first)
    assert np.any(second != first)


def test_without_dropout_all_passes_agree():
    """3 / (3 + 6)."""
    (passes, _) = own_image.monte_carlo(by_hand(rate=0.0), FACES, 5, seed=0)
    np.testing.assert_allclose(passes[:, 0], [1 / 3] * 5, rtol=1e-5)


def test_the_summary_by_hand():
    rows = [[0.6, 0.4], [0.2, 0.8], [0.1, 0.9], [0.3, 0.7]]
    passes = np.zeros((4, 7), np.float32)
    passes[:, [3, 6]] = rows
    table = own_image.summary(np.array([0, 0, 0, 0.35, 0, 0, 0.65], np.float32), passes)
    assert table["emotion"].tolist() == list(CLASSES)
    happy, neutral = table.iloc[3], table.iloc[6]
    assert happy["probability"] == pytest.approx(0.35)
    assert (happy["mean"], neutral["mean"]) == pytest.approx((0.3, 0.7))
    # Squared distances from the mean: 0.09, 0.01, 0.04, 0; their mean is 0.035.
    assert happy["deviation"] == pytest.approx(0.035**0.5)
    assert (happy["votes"], neutral["votes"]) == (0.25, 0.75)
    assert table["votes"].sum() == 1


@pytest.fixture
def model(tmp_path: Path) -> Path:
    by_hand(weight=5.0).save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGBA", (90, 60), (200, 10, 10, 128)).save(tmp_path / "me.png")
    return tmp_path / "me.png"


def test_a_picture_gets_a_table_and_a_figure(model, picture):
    context = Recorder(source=Source())
    config = EmotionPredictConfig(model=model, pictures=(picture, picture), samples=200)
    result = own_image.run(config, context)
    table = context.tables["emotions"]
    assert table["picture"].tolist() == [str(picture)] * 14
    assert table["emotion"].tolist() == [*CLASSES, *CLASSES]
    assert table.groupby("emotion")["probability"].nunique().max() == 1  # the same picture twice
    softmax = np.exp(5) / (np.exp(5) + 6)
    assert result.metrics["top_probability"] == pytest.approx(softmax, rel=1e-5)
    assert result.metrics["top_votes"] == 1.0  # dropped: all are 1/7, and the first of them counts
    assert set(context.figures) == {"picture_01", "picture_02"}
    assert "angry, probability 0.961" in context.lines[0]
    folder = own_image.run(
        EmotionPredictConfig(model=model.parent, pictures=(picture,), samples=200), Recorder()
    )
    assert folder.metrics["top_probability"] == result.metrics["top_probability"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": None}, "no model given; train one with emotion_faces and pass --model RUN"),
        ({"model": Path("nowhere")}, "nowhere: no such file; expected a run's folder, or its"),
        ({"pictures": ()}, "no pictures given"),
        ({"pictures": (Path("nobody.jpg"),)}, "nobody.jpg: no such file"),
        ({"face": (0, 0, 91, 60)}, "--face 0 0 91 60 (left, top, width, height) reaches beyond"),
    ],
)
def test_what_cannot_be_used_is_said(model, picture, change, says):
    settings = {"model": model, "pictures": (picture,), **change}
    with pytest.raises(DataError) as error:
        own_image.run(EmotionPredictConfig(**settings), Recorder(source=Source()))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_another_jobs_model_is_refused(picture, tmp_path):
    path = tmp_path / "digits.keras"
    digits = [layers.Input((28, 28)), layers.Flatten(), layers.Dense(10)]
    keras.Sequential(digits).save(path)
    config = EmotionPredictConfig(model=path, pictures=(picture,))
    with pytest.raises(DataError, match=r"takes \(None, 28, 28\) and gives \(None, 10\), expected"):
        own_image.run(config, Recorder())
    path.write_text("no model")
    with pytest.raises(DataError, match=r"digits\.keras: not a model that can be read"):
        own_image.run(config, Recorder())
    empty = tmp_path / "run"
    empty.mkdir()
    with pytest.raises(DataError, match=r"run: no model\.keras"):
        own_image.run(EmotionPredictConfig(model=empty, pictures=(picture,)), Recorder())
