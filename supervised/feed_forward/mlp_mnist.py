"""Perceptrons on MNIST: softmax regression and the book's five-layer networks (chapter 3).

Deviations from the book: its loss compares the network's output with itself (`labels=Y`), here with
the labels; the mean loss is not multiplied by 100, which Adam does not notice; the step size falls
along a cosine; 5,000 training images are for validation. Its dropout rate is not printed.
"""

from collections.abc import Mapping, Sequence

import keras
import pandas as pd
from keras import layers

from supervised import digits, networks
from supervised.datasets import mnist
from supervised.digits import NAMES
from supervised.feed_forward.configs import MnistConfig
from supervised.job import Context, Result
from supervised.settings import NetworkConfig


def run(config: MnistConfig, context: Context) -> Result:
    """Trains on raw images [N, 28, 28] of bytes and scores all test images once."""
    data = context.load(mnist.load)
    return digits.train_and_score(build(config.network, context), data, config, context)


def evaluate(config: MnistConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test images."""
    return digits.evaluate(context, model)


def predict(
    config: MnistConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Reads a user's own pictures of digits."""
    return digits.predict(model, inputs)


def build(config: NetworkConfig, context: Context, name: str = "hidden") -> keras.Model:
    """A network from images [B, 28, 28] of bytes to logits [B, 10]."""
    return keras.Sequential(
        [
            layers.Input((28, 28), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Flatten(),  # [B, 784]
            *networks.hidden_layers(config, context, name),
            networks.output_layer(len(NAMES), config, context, f"{name}_logits"),
        ]
    )
