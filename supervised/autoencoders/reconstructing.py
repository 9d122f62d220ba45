"""Trains, scores and shows autoencoders of MNIST.

Networks take pixels from 0 to 255, or beyond that with noise, and give pixels from 0 to 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers, ops
from matplotlib.figure import Figure

from supervised.autoencoders.configs import AutoencoderConfig
from supervised.core import classifiers, digits, plots, sampling, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import images, mnist
from supervised.datasets.labelled import LabelledImages

SIDE = 28
_SHOWN = 24  # images of a picture
_SWEEP = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)  # deviations of the noise

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The images of a run.

    Attributes:
        data: The data set.
        train: [N, 28, 28] bytes.
        validation: [M, 28, 28] bytes.
    """

    data: LabelledImages
    train: Images
    validation: Images

    def scored(self, context: Context) -> Images:
        """The test images; of a search's trial those for validation."""
        return self.data.test_images if context.final else self.validation


def load(config: AutoencoderConfig, context: Context) -> Parts:
    """Loads MNIST, and sets some training images aside for validation.

    Raises:
        DataError: The data set is missing or wrong.
    """
    data = context.load(mnist.load)
    train, validation = digits.set_aside(data, config.validation, context)
    return Parts(data=data, train=np.asarray(train.x), validation=np.asarray(validation.x))


def input_layers(config: AutoencoderConfig, context: Context, name: str) -> list[Any]:
    """Layers that scale pixels [B, 28, 28] to 0 to 1, and add noise in training only."""
    found: list[Any] = [layers.Input((SIDE, SIDE)), layers.Rescaling(1 / 255)]
    if config.noise:
        found.append(layers.GaussianNoise(config.noise, seed=context.seed(f"{name}/noise")))
    return found


def fit(
    model: keras.Model, parts: Parts, config: AutoencoderConfig, context: Context, phase: str
) -> list[dict[str, float]]:
    """Trains a model to give clean images; returns a record of each epoch."""
    beside = [squared_error] if config.loss != "squared_error" else None
    train = Examples(x=parts.train, y=parts.train)
    seen = noisy(parts.validation, config.noise, context, "validation")
    validation = Examples(x=seen, y=parts.validation)
    loss = _LOSSES[config.loss]
    return training.train(
        model, train, validation, config, loss, context, metrics=beside, phase=phase
    ).history


@keras.saving.register_keras_serializable("actorlab")
def squared_error(images_: Any, reconstructed: Any) -> Any:
    """Squared error of each pixel from 0 to 1, for images [B, 28, 28] of bytes."""
    clean: Any = ops.cast(images_, reconstructed.dtype)
    return ops.square(clean / 255 - reconstructed)


@keras.saving.register_keras_serializable("actorlab")
def cross_entropy(images_: Any, reconstructed: Any) -> Any:
    """Cross-entropy of each pixel in nats; the grey value from 0 to 1 counts as a probability.

    Its gradient does not vanish where the last sigmoid is far from its target, as that of the
    squared error does.
    """
    clean: Any = ops.cast(images_, reconstructed.dtype)
    return ops.binary_crossentropy(clean / 255, reconstructed)


_LOSSES = {"squared_error": squared_error, "cross_entropy": cross_entropy}


def noisy(images_: Images, deviation: float, context: Context, purpose: str) -> Any:
    """Images [N, 28, 28] with Gaussian noise on every pixel, not clipped, in units of a byte."""
    if not deviation:
        return images_
    noise = context.rng(f"{purpose}/noise").standard_normal(images_.shape, np.float32)
    return images_ + 255 * deviation * noise


def error(images_: Images, reconstructed: npt.NDArray[Any]) -> float:
    """Mean squared error of pixels from 0 to 1."""
    return float(scores.squared_errors(images_, reconstructed).mean())


def psnr(mse: float) -> float:
    """Peak signal-to-noise ratio in decibels, for pixels from 0 to 1 with this squared error."""
    return float(10 * np.log10(1 / mse))


def held_out(
    model: keras.Model, images_: Images, config: AutoencoderConfig, context: Context, purpose: str
) -> dict[str, float]:
    """Errors of the model on held-out images, beside those of the noisy input itself."""
    seen = noisy(images_, config.noise, context, purpose)
    mse = error(images_, training.predict(model, seen))
    found = {"mse": mse, "psnr": psnr(mse)}
    if config.noise:
        found |= _of_input(images_, seen)
        found["noisy_psnr"] = psnr(found["noisy_mse"])
    return found


def _of_input(images_: Images, seen: npt.NDArray[Any]) -> dict[str, float]:
    """Errors of the noisy input itself, as it is and clipped to the range of pixels."""
    return {
        "noisy_mse": error(images_, seen / 255),
        "clipped_mse": error(images_, np.clip(seen / 255, 0, 1)),
    }


def finish(
    model: keras.Model,
    parts: Parts,
    config: AutoencoderConfig,
    context: Context,
    history: Sequence[Mapping[str, float]],
    title: str,
    besides: Mapping[str, float] | None = None,
) -> Result:
    """Shows a trained model, keeps it, and scores it on the test images once.

    Args:
        history: A record of each epoch.
        besides: Test metrics of other models, to be reported with its own.
    """
    classifiers.show_training(history, title, context)
    context.model(model)
    examples = parts.validation[:_SHOWN]
    seen = noisy(examples, config.noise, context, "examples")
    context.figure(
        "reconstructions", reconstructions(examples, seen, training.predict(model, seen))
    )
    if config.noise:
        _show_sweep(model, parts.validation, config, context)
    on_validation = held_out(model, parts.validation, config, context, "validation")
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    test = parts.data.test_images
    figures_ = held_out(model, test, config, context, "test")
    down = training.predict(model, noisy(test, config.noise, context, "test"))
    by_image = scores.squared_errors(test, down).mean(axis=(1, 2))
    mean = error(test, parts.train.mean(axis=0, dtype=np.float64) / 255)
    trivial = {"the mean training image": mean}
    if config.noise:
        trivial["the noisy image cut to [0, 1]"] = figures_["clipped_mse"]
    best = min(trivial, key=lambda name: trivial[name])
    return Result(
        metrics=figures_ | dict(besides or {}),
        validation=on_validation,
        baseline=trivial[best],
        notes=(f"mse is that of held-out pixels from 0 to 1; the baseline is {best}",),
        controls={"clipped": "the noisy image, cut", "pca": "principal components"},
        test_rows=len(test),
        sampling_errors=sampling.of_squares(by_image),
    )


def evaluate(
    config: AutoencoderConfig, context: Context, model: keras.Model
) -> Mapping[str, float]:
    """Scores a trained model on the test images."""
    return held_out(model, context.load(mnist.load).test_images, config, context, "test")


def predict(
    config: AutoencoderConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Reconstructs a user's own pictures without noise; what is no digit has a large error."""
    files, pictures = images.read_images([Path(path) for path in inputs])
    down = training.predict(model, pictures)
    context.figure("reconstructions", reconstructions(pictures, pictures, down))
    errors = scores.squared_errors(pictures, down).mean(axis=(1, 2))
    return pd.DataFrame({"picture": [str(file) for file in files], "mse": errors})


def reconstructions(images_: Images, seen: npt.NDArray[Any], down: npt.NDArray[Any]) -> Figure:
    """Draws images, their noisy inputs if there is noise, and their reconstructions."""
    blocks = [images_ / 255, *([np.clip(seen / 255, 0, 1)] if seen is not images_ else []), down]
    above = "images, their noisy versions" if seen is not images_ else "images"
    return plots.image_rows(blocks, f"{above} and, below, their reconstructions")


def _show_sweep(
    model: keras.Model, images_: Images, config: AutoencoderConfig, context: Context
) -> None:
    """Draws errors and examples for several strengths of noise; training had one of them only."""
    rows, shown = [], []
    for deviation in _SWEEP:
        seen = noisy(images_, deviation, context, "sweep")
        down = training.predict(model, seen)
        mse = error(images_, down)
        rows.append({"noise": deviation, "mse": mse, **_of_input(images_, seen)})
        shown += [np.clip(seen[:8] / 255, 0, 1), down[:8]]
    table = pd.DataFrame(rows)
    context.table("noise", table)
    figure, panel = plots.one_panel()
    panel.plot(table["noise"], table["mse"], ".-", color=plots.BLUE, label="reconstruction")
    panel.plot(table["noise"], table["clipped_mse"], ".--", color=plots.RED, label="input, cut")
    panel.plot(table["noise"], table["noisy_mse"], ".:", color=plots.GREY, label="input")
    panel.axvline(config.noise, ls=":", color=plots.GREY)
    panel.set_yscale("log")
    title = f"validation images; trained at a noise of {config.noise:g}"
    plots.label(panel, title, "deviation of the noise", "mean squared error", legend=True)
    context.figure("noise", figure)
    titles = [f"{deviation:g}" for deviation in _SWEEP for _ in range(16)]
    above = "noisy images and their reconstructions, by the noise's deviation"
    context.figure("noise_examples", plots.image_grid(np.concatenate(shown), titles, above))
