"""The networks that several chapters train on MNIST's digits, and other pictures on demand."""

from typing import Any

import keras
from keras import layers

from supervised.core import networks
from supervised.core.job import Context
from supervised.core.settings import LenetNetworkConfig, NetworkConfig

_Conv2D: Any = layers.Conv2D  # its annotations leave out what it documents
_Dense: Any = layers.Dense
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
        config: The network's settings.
        context: Gives the seeds of initial weights and dropout.
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
        config: The network's settings.
        context: Gives the seeds of initial weights and dropout.
        shape: Height and width of other images, and 3 where they have colours.
        classes: How many logits there are.
    """
    parts: list[Any] = [
        layers.Input(shape, dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Reshape((*shape[:2], 3 if len(shape) == 3 else 1)),
    ]
    for number, count in enumerate(config.filters, 1):
        name = f"convolution_{number}"
        parts += [
            _Conv2D(
                count,
                config.kernel,
                padding="same",
                activation="relu",
                use_bias=config.bias,
                kernel_initializer=networks.initializer(
                    config.initializer, context.seed(f"{name}/weights")
                ),
                name=name,
            ),  # [B, H, W, count]
            layers.MaxPooling2D(padding="same"),  # [B, H / 2, W / 2, count], rounded up
            *networks.dropout(config.convolution_dropout, context, name),
        ]
    return keras.Sequential(
        [
            *parts,
            layers.Flatten(),  # [B, 2048] with the book's filters
            _layer(config.hidden, "relu", "hidden", config, context),
            *networks.dropout(config.hidden_dropout, context, "hidden"),
            _layer(classes, None, "logits", config, context, dtype=keras.config.floatx()),
        ]
    )


def _layer(
    units: int,
    activation: str | None,
    name: str,
    config: LenetNetworkConfig,
    context: Context,
    **options: Any,
) -> Any:
    return _Dense(
        units,
        activation=activation,
        use_bias=config.bias,
        kernel_initializer=networks.initializer(
            config.initializer, context.seed(f"{name}/weights")
        ),
        name=name,
        **options,
    )
