"""AlexNet (Krizhevsky et al. 2012) as Caffe published it: 60,965,224 parameters.

Book ch. 4 imports the layers and prints none of them; kernels and channels are those of Caffe's
`bvlc_alexnet`, whose weights it loads. Convolutions 2, 4 and 5 are cut into two groups, because
the first AlexNet was trained on two cards.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from supervised.core.imagenet.names import Shape

_CLASSES = 1_000


@keras.saving.register_keras_serializable("actorlab")
class LocalResponseNormalization(layers.Layer):
    """x / (1 + 1e-4 / 5 Σ x²)^0.75, the sum over 5 neighbouring channels."""

    def call(self, x: Any) -> Any:
        return tf.nn.local_response_normalization(x, 2, 1.0, 1e-4 / 5, 0.75)

    def compute_output_shape(self, shape: Any) -> Any:
        return shape


def build(shape: Shape, *, classifier: bool, seed: int) -> keras.Model:
    """The network from pixels [B, 227, 227, 3], BGR less their mean, to probabilities or `fc7`.

    Args:
        shape: Height, width and channels of its input; its dense layers take 227 only.
        classifier: Whether it ends in probabilities [B, 1000] or in the features [B, 4096].
        seed: Seed of dropout.
    """
    inputs = layers.Input(shape)
    x: Any = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1")(inputs)  # 55 x 55
    x = LocalResponseNormalization(name="norm1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)  # 27 x 27
    x = _convolution(x, "conv2", 256, 5, groups=2)
    x = LocalResponseNormalization(name="norm2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)  # 13 x 13
    x = _convolution(x, "conv3", 384, 3, groups=1)
    x = _convolution(x, "conv4", 384, 3, groups=2)
    x = _convolution(x, "conv5", 256, 3, groups=2)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)  # 6 x 6
    x = layers.Flatten(name="flatten")(x)  # [B, 9216]
    for number, name in enumerate(("fc6", "fc7")):
        x = layers.Dense(4_096, activation="relu", name=name)(x)
        x = layers.Dropout(0.5, seed=seed + number, name=f"drop{name[2:]}")(x)
    if classifier:
        x = layers.Dense(_CLASSES, name="fc8")(x)
        x = layers.Softmax(name="probabilities")(x)
    return keras.Model(inputs, x, name="alexnet")


def _convolution(x: Any, name: str, channels: int, side: int, *, groups: int) -> Any:
    return layers.Conv2D(
        channels, side, padding="same", groups=groups, activation="relu", name=name
    )(x)
