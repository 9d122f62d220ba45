"""The networks that several chapters train on MNIST's digits, and other pictures on demand."""

from functools import partial
from typing import Any

import keras
from keras import layers

from supervised.core import networks
from supervised.core.job import Context
from supervised.core.settings import LenetNetworkConfig, NetworkConfig

_SHAPE = (28, 28)
_CLASSES = 10


def perceptron(
    config: NetworkConfig,
    context: Context,
    name: str = "hidden",
    *,
    shape: tuple[int, ...] = _SHAPE,
    classes: int = _CLASSES,
) -> keras.Model:
    """A perceptron from images [B, 28, 28] of bytes to logits [B, 10].

    Args:
        name: Starts the names of its layers.
        shape: Height and width of other images, and 3 where they have colours.
        classes: How many logits there are.
    """
    return keras.Sequential(
        [
            layers.Input(shape, dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),  # [B, 784]
            *networks.hidden_layers(config, context, name),
            networks.output_layer(classes, config, context, f"{name}_logits"),
        ]
    )


def lenet(
    config: LenetNetworkConfig,
    context: Context,
    *,
    shape: tuple[int, ...] = _SHAPE,
    classes: int = _CLASSES,
) -> keras.Model:
    """Convolutions and a hidden layer from images [B, 28, 28] of bytes to logits [B, 10].

    Args:
        shape: Height and width of other images, and 3 where they have colours.
        classes: How many logits there are.
    """
    parts: list[Any] = [
        layers.Input(shape, dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Reshape((*shape[:2], 3 if len(shape) == 3 else 1)),
    ]
    seeded = partial(
        networks.seeded, start=config.initializer, context=context, use_bias=config.bias
    )
    convolving = {"kernel_size": config.kernel, "padding": "same", "activation": "relu"}
    for number, count in enumerate(config.filters, 1):
        name = f"convolution_{number}"
        parts += [
            seeded(layers.Conv2D, count, name, **convolving),  # [B, H, W, count]
            layers.MaxPooling2D(padding="same"),  # [B, H / 2, W / 2, count], rounded up
            *networks.dropout(config.convolution_dropout, context, name),
        ]
    return keras.Sequential(
        [
            *parts,
            layers.Flatten(),  # [B, 2048] with the book's filters
            seeded(layers.Dense, config.hidden, "hidden", activation="relu"),
            *networks.dropout(config.hidden_dropout, context, "hidden"),
            seeded(layers.Dense, classes, "logits", dtype=keras.config.floatx()),
        ]
    )
