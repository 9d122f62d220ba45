"""A convolutional denoising autoencoder of MNIST (chapter 5).

Deviations, each a bug in the book: no dropout on the output; one network, where the book builds two
with dropout masks of their own; the error is a mean over pixels of held-out images, where the book
prints sums over a training batch. Its text says that the code is 7x7, its code makes it 4x4. The
experiment has ELUs and cross-entropy: after five epochs on real MNIST the book's sigmoids and
squared error are at 0.038 to 0.069, about as far from the clean image as the noisy one is (0.047),
and ReLUs or ELUs with squared error paint all black (0.111).
"""

from functools import partial
from typing import Any

import keras
from keras import layers

from supervised.autoencoders import reconstructing
from supervised.autoencoders.configs import ConvolutionalConfig
from supervised.autoencoders.reconstructing import SIDE
from supervised.core import networks
from supervised.core.job import Context, Result

evaluate = reconstructing.evaluate
predict = reconstructing.predict


def run(config: ConvolutionalConfig, context: Context) -> Result:
    """Trains on images [N, 28, 28], and reconstructs the test images once."""
    parts = reconstructing.load(config, context)
    model = build(config, context)
    history = reconstructing.fit(model, parts, config, context, "fit")
    title = "convolutional autoencoder"
    return reconstructing.finish(model, parts, config, context, history, title)


def build(config: ConvolutionalConfig, context: Context) -> keras.Model:
    """A network from pixels [B, 28, 28] to pixels [B, 28, 28] from 0 to 1."""
    sides = [SIDE]  # of the images between the layers: 28, 14, 7, 4
    for _ in config.filters:
        sides.append(-(-sides[-1] // 2))
    seeded = partial(
        networks.seeded,
        start=config.initializer,
        context=context,
        kernel_size=config.kernel,
        strides=2,
        padding="same",
    )
    way_in: list[Any] = []
    for number, count in enumerate(config.filters, 1):
        name = f"convolution_{number}"
        way_in.append(seeded(layers.Conv2D, count, name, activation=config.activation))
        way_in += networks.dropout(config.dropout, context, name)
    way_out: list[Any] = []
    for number in reversed(range(len(config.filters))):
        name = f"transposed_{number + 1}"
        count = config.filters[number - 1] if number else 1
        activation = config.activation if number else "sigmoid"
        way_out.append(seeded(layers.Conv2DTranspose, count, name, activation=activation))
        if extra := 2 * sides[number + 1] - sides[number]:
            way_out.append(layers.Cropping2D(((0, extra), (0, extra))))  # 8 back to 7
        if number:
            way_out += networks.dropout(config.dropout, context, name)
    return keras.Sequential(
        [
            *reconstructing.input_layers(config, context, "input"),
            layers.Reshape((SIDE, SIDE, 1)),
            *way_in,  # [B, 4, 4, 64] with the book's filters
            *way_out,  # [B, 28, 28, 1]
            layers.Reshape((SIDE, SIDE), dtype=keras.config.floatx()),  # in mixed precision, too
        ]
    )
