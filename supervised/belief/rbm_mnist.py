"""A restricted Boltzmann machine of MNIST's digits (book ch. 3; settings are not the book's)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from keras import layers
from matplotlib.figure import Figure

from supervised.belief import boltzmann
from supervised.belief.boltzmann import Parameters
from supervised.belief.configs import RbmMnistConfig
from supervised.core import plots, sampling, scores, simple, training
from supervised.core.job import Context, Result
from supervised.datasets import images, mnist, splits

_SIDE = 28
_SHOWN = 8  # images and chains in a row of a picture
_FILTERS = 64


def run(config: RbmMnistConfig, context: Context) -> Result:
    """Trains on images, whose pixels are probabilities of white, and scores the test images."""
    data = context.load(mnist.load)
    share = config.validation
    chosen, aside = splits.split(
        len(data.train_labels), (1 - share, share), context.rng("validation"), data.train_labels
    )
    train, validation = (
        simple.flat(data.train_images[rows]) for rows in (chosen, aside)
    )  # [N, 784]
    initializer = keras.initializers.GlorotNormal(seed=context.seed("weights"))
    weights = np.asarray(initializer((train.shape[1], config.hidden)))
    trained = boltzmann.train(
        weights, train, validation, "bernoulli", config.rbm, context, "contrastive_divergence"
    )
    model = _reconstructor(trained.parameters)
    context.model(model)
    context.table("history", pd.DataFrame(trained.history))
    context.figure("error", plots.training_curves(trained.history, "Boltzmann machine of MNIST"))
    context.figure("filters", _filters(trained.parameters))
    examples = data.train_images[aside]
    chains = _chains(trained.parameters, examples[:_SHOWN], config.chain_steps, context)
    context.figure("chains", chains)
    context.figure("reconstructions", _reconstructions(model, examples[: 4 * _SHOWN]))
    on_validation = _error(examples, training.predict(model, examples))
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    mean = train.mean(axis=0, dtype=np.float64).reshape(_SIDE, _SIDE)
    down = training.predict(model, data.test_images)
    by_image = scores.squared_errors(data.test_images, down).mean(axis=(1, 2))
    codes = simple.principal(data.train_images[chosen], data.test_images, config.hidden)
    return Result(
        metrics={
            **_error(data.test_images, down),
            **scores.named("pca", _error(data.test_images, codes)),
        },
        validation=on_validation,
        baseline=_error(data.test_images, mean)["reconstruction_error"],
        notes=(
            "reconstruction_error is that of pixels in [0, 1]; predicting the mean training image "
            "is the baseline",
        ),
        controls={"pca": f"{config.hidden} principal components"},
        test_rows=len(by_image),
        sampling_errors={"reconstruction_error": sampling.of_squares(by_image)["mse"]},
    )


def evaluate(config: RbmMnistConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test images."""
    images_of_test = context.load(mnist.load).test_images
    return _error(images_of_test, training.predict(model, images_of_test))


def predict(
    config: RbmMnistConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Reconstructs a user's own pictures; what is no digit has a large error."""
    files, pictures = images.read_images([Path(path) for path in inputs])
    context.figure("reconstructions", _reconstructions(model, pictures[: 4 * _SHOWN]))
    down = training.predict(model, pictures)
    errors = scores.squared_errors(pictures, down).mean(axis=(1, 2))
    return pd.DataFrame({"file": [str(file) for file in files], "reconstruction_error": errors})


def _reconstructor(parameters: Parameters) -> keras.Model:
    """A model that reconstructs images [B, 28, 28] of bytes by one mean-field pass up and down."""
    weights, visible_bias, hidden_bias = parameters
    model = keras.Sequential(
        [
            layers.Input((_SIDE, _SIDE), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),  # [B, 784]
            layers.Dense(len(hidden_bias), "sigmoid", name="hidden"),
            layers.Dense(len(visible_bias), "sigmoid", name="visible"),
            layers.Reshape((_SIDE, _SIDE)),
        ]
    )
    model.set_weights([weights, hidden_bias, weights.T, visible_bias])
    return model


def _error(pictures: npt.NDArray[np.uint8], down: npt.NDArray[Any]) -> dict[str, float]:
    return {"reconstruction_error": float(scores.squared_errors(pictures, down).mean())}


def _filters(parameters: Parameters) -> Figure:
    filters = parameters.weights.T[:_FILTERS].reshape(-1, _SIDE, _SIDE)
    title = "weights of the first hidden units: red below 0, blue above"
    return plots.image_grid(filters, None, title, signed=True)


def _reconstructions(model: keras.Model, pictures: npt.NDArray[np.uint8]) -> Figure:
    """Draws rows of pictures, each row above its reconstructions."""
    down = training.predict(model, pictures)
    title = "images, and their reconstructions below them"
    return plots.image_rows([pictures / 255, down], title, columns=_SHOWN)


def _chains(
    parameters: Parameters, pictures: npt.NDArray[np.uint8], steps: int, context: Context
) -> Figure:
    """Draws Gibbs chains that start from pictures [8, 28, 28]: pixel probabilities at some steps.

    CD-1 teaches a machine only what is near its data, and long chains leave that region.
    Persistent chains give better samples, at a somewhat larger reconstruction error.
    """
    draw = tf.function(boltzmann.gibbs, jit_compile=True)
    probabilities = np.asarray(boltzmann.hidden_probabilities(parameters, simple.flat(pictures)))
    uniform = context.rng("chains").random(probabilities.shape)
    h, seed, done = tf.constant(uniform < probabilities), context.seed("chains"), 0  # [8, H]
    h = tf.cast(h, tf.float32)
    rows, titles = [pictures / 255], ["start"] * len(pictures)
    for time in np.unique(np.geomspace(1, steps, 4).astype(np.int32)):
        key = tf.constant([seed, done])
        _, h = draw(parameters, h, "bernoulli", tf.constant(time - done), key)
        done = int(time)
        pixels = np.asarray(boltzmann.visible_means(parameters, h, "bernoulli"))
        rows.append(pixels.reshape(-1, _SIDE, _SIDE))
        titles += [f"{done:,} steps"] * len(pictures)
    title = "Gibbs chains from images: probability of white"
    return plots.image_grid(np.concatenate(rows), titles, title, columns=_SHOWN)
