"""What MNIST looks like: sizes, labels, pixels, mean images."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.basics.configs import ExploreMnistConfig
from supervised.core import plots, scores, simple
from supervised.core.job import Context, Result
from supervised.datasets import mnist
from supervised.datasets.labelled import LabelledImages

_CLASSES = 10
_SHOWN = 40

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Some of the images: bytes [N, 28, 28] and labels [N]."""

    images: Images
    labels: Labels


def run(config: ExploreMnistConfig, context: Context) -> Result:
    """Shows the digits, and scores the nearest of ten mean images on the test images.

    Book, 4.1, prints the shapes (55000, 784) (55000, 10) (10000, 784) (10000, 10) and a first
    label of 7. Its loader, which no longer exists, set the first 5,000 images of the file aside for
    validation without a word in the book, so the book's image 0 is image 5,000 of the file. This
    job does the same.

    Returns:
        `nearest_mean_accuracy`, a floor for every other classifier of MNIST, and
        `neighbours_accuracy`, what a network has to beat; the baseline is the commonest digit's.

    Raises:
        DataError: The data are missing or wrong.
    """
    data = context.load(mnist.load)
    parts = _parts(data, config, context)
    train, validation = parts["training"], parts["validation"]
    means = class_means(train.images, train.labels)  # [10, 28, 28]
    for name, part in parts.items():
        pixels, labels = part.images.reshape(len(part.images), -1), one_hot(part.labels)
        context.say(f"{name}: images {pixels.shape}, labels {labels.shape} ({data.kind})")
    first = one_hot(train.labels[:1])[0].astype(int).tolist()
    context.say(f"training image 0 is a {train.labels[0]}: {first}")
    context.table("classes", _counts(parts))
    context.table("pixels", _pixels(parts))
    names = [str(label) for label in train.labels[:_SHOWN]]
    context.figure("digits", plots.image_grid(train.images[:_SHOWN], names, "Training images"))
    digits = [str(digit) for digit in range(_CLASSES)]
    context.figure("means", plots.image_grid(means, digits, "Mean images", columns=5))
    metrics: dict[str, float] = {}
    if context.final:
        test = parts["test"]
        known = train.images, train.labels
        right = simple.neighbours_accuracy(*known, test.images, test.labels)
        metrics = {**_accuracy(means, test), "neighbours_accuracy": right}
    return Result(
        metrics=metrics,
        validation=_accuracy(means, validation),
        baseline=scores.majority(train.labels, data.test_labels) if context.final else None,
        test_rows=len(data.test_labels) if context.final else None,
    )


def one_hot(labels: Labels) -> Floats:
    """Labels [N] as one-hot rows [N, 10], the book's form."""
    return np.eye(_CLASSES)[labels]


def class_means(images: Images, labels: Labels) -> Floats:
    """The mean image of each class, [10, 28, 28] from 0 to 1.

    Args:
        images: [N, 28, 28] bytes.
        labels: [N]; every class occurs.
    """
    means = [images[labels == digit].mean(axis=0) for digit in range(_CLASSES)]
    return np.stack(means) / 255


def nearest_mean(means: Floats, images: Images) -> npt.NDArray[np.int64]:
    """The class [N] whose mean image is nearest in Euclidean distance.

    Args:
        means: [10, 28, 28] from 0 to 1.
        images: [N, 28, 28] bytes.
    """
    centres = means.reshape(_CLASSES, -1)  # [10, 784]
    pixels = images.reshape(len(images), -1) / 255  # [N, 784]
    # |x - m|² without |x|², which is the same for every class
    distances = (centres**2).sum(axis=1) - 2 * pixels @ centres.T  # [N, 10]
    return distances.argmin(axis=1)


def _parts(
    data: LabelledImages, config: ExploreMnistConfig, context: Context
) -> Mapping[str, _Part]:
    aside = round(config.validation_share * len(data.train_labels))
    parts = {
        "training": _Part(images=data.train_images[aside:], labels=data.train_labels[aside:]),
        "validation": _Part(images=data.train_images[:aside], labels=data.train_labels[:aside]),
    }
    if context.final:
        parts["test"] = _Part(images=data.test_images, labels=data.test_labels)
    return parts


def _accuracy(means: Floats, part: _Part) -> dict[str, float]:
    right = nearest_mean(means, part.images) == part.labels
    return {"nearest_mean_accuracy": float(right.mean())}


def _counts(parts: Mapping[str, _Part]) -> pd.DataFrame:
    """A table of how many images of each digit each part has."""
    counts = {name: np.bincount(part.labels, minlength=_CLASSES) for name, part in parts.items()}
    return pd.DataFrame({"digit": range(_CLASSES), **counts})


def _pixels(parts: Mapping[str, _Part]) -> pd.DataFrame:
    """A table of each part's pixels: mean, deviation, range, and the fraction that is black."""
    rows = []
    for name, part in parts.items():
        mean = float(part.images.mean())
        square = float(np.square(part.images, dtype=np.uint16).mean())  # 255² just fits
        rows.append(
            {
                "part": name,
                "images": len(part.images),
                "mean": mean,
                "deviation": np.sqrt(square - mean**2),
                "least": part.images.min(),
                "greatest": part.images.max(),
                "black": np.mean(part.images == 0),
            }
        )
    return pd.DataFrame(rows)
