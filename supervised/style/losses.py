"""Losses of style transfer: pure functions of feature maps and pixels.

Book ch. 4, after Gatys et al. 2015, "A neural algorithm of artistic style".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from supervised.style.configs import StyleConfig

Features = Callable[[Any], Mapping[str, Any]]
"""A function from RGB pixels [1, H, W, 3] in [0, 255] to feature maps [1, h, w, C] by layer."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The features that the picture should have.

    Attributes:
        content: Feature maps [1, h, w, C] of the content picture, by layer.
        style: Gram matrices [C, C] of the style picture, by layer.
    """

    content: Mapping[str, Any]
    style: Mapping[str, Any]


def content_loss(maps: Any, target: Any) -> Any:
    """Half the mean squared difference of feature maps [1, h, w, C]: Σ(x - p)² / (2hwC)."""
    return tf.reduce_mean(tf.math.squared_difference(maps, target)) / 2


def gram(maps: Any) -> Any:
    """Gram matrix [C, C] of feature maps [1, h, w, C]: FᵀF over the number of positions.

    The book divides by the number of positions in the loss instead. That is equal if both pictures
    have one size, which is not required here.
    """
    flat = tf.reshape(maps, (-1, maps.shape[-1]))  # [M, C]
    return tf.matmul(flat, flat, transpose_a=True) / tf.cast(tf.shape(flat)[0], flat.dtype)


def style_loss(gram_matrix: Any, target: Any) -> Any:
    """A quarter of the mean squared difference of Gram matrices [C, C]: Σ(G - A)² / (4C²)."""
    return tf.reduce_mean(tf.math.squared_difference(gram_matrix, target)) / 4


def variation_loss(pixels: Any) -> Any:
    """Absolute differences between neighbours, down and across, summed per pixel [1, H, W, 3]."""
    _, height, width, _ = pixels.shape
    return tf.image.total_variation(pixels)[0] / (height * width)


def targets(
    content: Mapping[str, Any],
    style: Mapping[str, Any],
    content_layers: tuple[str, ...],
    style_layers: tuple[str, ...],
) -> Targets:
    """The targets, from the feature maps of the content picture and of the style picture."""
    return Targets(
        content={name: content[name] for name in content_layers},
        style={name: gram(style[name]) for name in style_layers},
    )


def terms(features: Features, pixels: Any, targets: Targets, config: StyleConfig) -> Any:
    """The cost of pixels [1, H, W, 3] as weighted terms [3]: content, style, variation.

    The layers of a loss have equal weights: the loss is the mean over its layers.
    """
    maps = features(pixels)
    content = [content_loss(maps[name], target) for name, target in targets.content.items()]
    style = [style_loss(gram(maps[name]), target) for name, target in targets.style.items()]
    return tf.stack(
        [
            config.content_weight * tf.reduce_mean(tf.stack(content)),
            config.style_weight * tf.reduce_mean(tf.stack(style)),
            config.variation_weight * variation_loss(pixels),
        ]
    )
