"""The networks that several chapters train on MNIST's digits: a perceptron and LeNet."""

from typing import Any

import keras
from keras import layers

from supervised.core import networks
from supervised.core.job import Context
from supervised.core.settings import LenetNetworkConfig, NetworkConfig

_Conv2D: Any = layers.Conv2D  # its annotations leave out what it documents
_Dense: Any = layers.Dense
_SIDE = 28
_CLASSES = 10


def perceptron(config: NetworkConfig, context: Context, name: str = "hidden") -> keras.Model:
    """A perceptron from images [B, 28, 28] of bytes to logits [B, 10].

    Args:
        config: The network's settings.
        context: Gives the seeds of initial weights and dropout.
        name: Starts the names of its layers.
    """
    return keras.Sequential(
        [
            layers.Input((_SIDE, _SIDE), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),  # [B, 784]
            *networks.hidden_layers(config, context, name),
            networks.output_layer(_CLASSES, config, context, f"{name}_logits"),
        ]
    )


def lenet(config: LenetNetworkConfig, context: Context) -> keras.Model:
    """Convolutions and a hidden layer from images [B, 28, 28] of bytes to logits [B, 10].

    Args:
        config: The network's settings.
        context: Gives the seeds of initial weights and dropout.
    """
    parts: list[Any] = [
        layers.Input((_SIDE, _SIDE), dtype="uint8"),
        layers.Rescaling(1 / 255),
        layers.Reshape((_SIDE, _SIDE, 1)),
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
            _layer(_CLASSES, None, "logits", config, context, dtype=keras.config.floatx()),
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
