"""Autoencoders of fully connected layers on MNIST, plain and denoising (chapter 5).

Deviations from the book: weights and biases do not start at N(0, 1), which saturates the sigmoids
(`book_start` trains that, too, and says what it costs); errors are those of held-out images, not of
the batch just trained on; Adam with a falling step size instead of RMSProp at 0.01. Its denoising
network is overcomplete where its text says 784 to 256: the code's sizes are kept.
"""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.manifold import TSNE

from supervised.autoencoders import reconstructing
from supervised.autoencoders.configs import DenseConfig
from supervised.autoencoders.reconstructing import SIDE, Parts
from supervised.core import networks, plots, simple, training
from supervised.core.job import Context, Result

_PIXELS = SIDE * SIDE
_CODE = "code"
_MAPPED = 1_000  # images of the map of codes, of a small set a quarter: t-SNE takes its time

evaluate = reconstructing.evaluate
predict = reconstructing.predict


def run(config: DenseConfig, context: Context) -> Result:
    """Trains on images [N, 28, 28], and reconstructs the test images once."""
    parts = reconstructing.load(config, context)
    model = build(config, context)
    history = reconstructing.fit(model, parts, config, context, "fit")
    context.figure("codes", _map_of_codes(model, parts, config, context))
    besides: dict[str, float] = {}
    units = config.hidden_sizes[config.code - 1]
    if not config.noise and units < _PIXELS:
        images = parts.scored(context)
        analysed = simple.principal(parts.train, images, units)  # as many numbers as the code has
        besides["pca_mse"] = reconstructing.error(images, analysed)
    if config.book_start:
        besides["book_start_mse"] = _from_book_start(parts, config, context)
    title = "denoising autoencoder" if config.noise else "autoencoder"
    return reconstructing.finish(model, parts, config, context, history, title, besides)


def build(config: DenseConfig, context: Context, name: str = "hidden") -> keras.Model:
    """A network from pixels [B, 28, 28] to pixels [B, 28, 28] from 0 to 1."""
    dense = partial(networks.seeded, layers.Dense, start=config.initializer, context=context)
    hidden: list[Any] = []
    for number, units in enumerate(config.hidden_sizes, 1):
        layer = _CODE if number == config.code else f"{name}_{number}"
        hidden.append(dense(units, f"{name}_{number}", activation=config.activation, name=layer))
        hidden += networks.dropout(config.dropout, context, f"{name}_{number}")
    return keras.Sequential(
        [
            *reconstructing.input_layers(config, context, name),
            layers.Flatten(),  # [B, 784]
            *hidden,
            dense(_PIXELS, f"{name}_out", activation="sigmoid", name="reconstruction"),
            layers.Reshape((SIDE, SIDE), dtype=keras.config.floatx()),  # in mixed precision, too
        ]
    )


def _from_book_start(parts: Parts, config: DenseConfig, context: Context) -> float:
    """The test error of a network that is trained from N(0, 1) weights and biases."""
    model = build(config, context, "book_start")
    rng = context.rng("book_start")
    model.set_weights(
        [rng.standard_normal(array.shape, np.float32) for array in model.get_weights()]
    )
    reconstructing.fit(model, parts, config, context, "book_start")
    part = "test" if context.final else "validation"
    return reconstructing.held_out(model, parts.scored(context), config, context, part)["mse"]


def _map_of_codes(
    model: keras.Model, parts: Parts, config: DenseConfig, context: Context
) -> Figure:
    """Draws codes of training images in the plane by t-SNE, where similar codes are close."""
    count = min(_MAPPED, len(parts.train) // 4)
    shown, labels = parts.data.train_images[:count], parts.data.train_labels[:count]
    encoder = keras.Model(model.inputs[0], model.get_layer(_CODE).output)
    codes = training.predict(encoder, shown)  # [N, code]
    seed = context.seed("map")
    near = min(30, len(codes) // 4)
    places = TSNE(perplexity=near, init="pca", random_state=seed).fit_transform(codes)  # [N, 2]
    figure, panel = plots.one_panel(size=(7.0, 6.0))
    marks = panel.scatter(*places.T, c=labels, cmap="tab10", vmin=-0.5, vmax=9.5, s=6)
    figure.colorbar(marks, ticks=range(10), label="digit")
    units = config.hidden_sizes[config.code - 1]
    plots.label(panel, f"codes of {units} units, laid out by t-SNE", "", "", grid=False)
    return figure
