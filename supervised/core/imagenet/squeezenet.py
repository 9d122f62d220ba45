"""SqueezeNet 1.1 (Iandola et al. 2016): 1,235,496 parameters with its 1,000 classes.

The layers have the names of the published weights, with `_` in place of `/`, which Keras no longer
allows.
"""

from typing import Any

import keras
from keras import layers

from supervised.core.imagenet.names import Shape

_FIRE = (
    *((16, 64), (16, 64), (32, 128), (32, 128)),
    *((48, 192), (48, 192), (64, 256), (64, 256)),
)
"""Channels of `fire2` to `fire9`: of the squeezing convolution, and of each expanding one."""
_POOLED = (3, 5)
_CLASSES = 1_000


def build(shape: Shape, *, classifier: bool, seed: int) -> keras.Model:
    """The network from pixels [B, H, W, 3], BGR less their mean, to probabilities or features.

    Args:
        shape: Height, width and channels of its input; the first two may be None.
        classifier: Whether it ends in probabilities [B, 1000] or in `fire9` [B, h, w, 512].
        seed: Seed of dropout.
    """
    inputs = layers.Input(shape)
    x: Any = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for number, (squeezed, expanded) in enumerate(_FIRE, 2):
        x = _fire(x, f"fire{number}", squeezed, expanded)
        if number in _POOLED:
            x = layers.MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    if classifier:
        x = layers.Dropout(0.5, seed=seed, name="drop9")(x)
        x = layers.Conv2D(_CLASSES, 1, activation="relu", name="conv10")(x)
        x = layers.GlobalAveragePooling2D(name="pool10")(x)  # [B, 1000]
        x = layers.Softmax(name="probabilities")(x)
    return keras.Model(inputs, x, name="squeezenet")


def _fire(x: Any, name: str, squeezed: int, expanded: int) -> Any:
    """A fire module: squeezes to few channels [B, h, w, squeezed], then expands them again."""
    x = layers.Conv2D(squeezed, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
    points = layers.Conv2D(expanded, 1, activation="relu", name=f"{name}_expand1x1")(x)
    squares = layers.Conv2D(
        expanded, 3, padding="same", activation="relu", name=f"{name}_expand3x3"
    )(x)
    return layers.Concatenate(name=name)([points, squares])  # [B, h, w, 2 expanded]
