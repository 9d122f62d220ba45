"""Convolutions as one matrix product of all windows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agents.networks.layer import (
    Layer,
    Nonlinearity,
    Shape,
    activate,
    activate_tensor,
    check_activation,
    check_units,
    row_shape,
    stock,
    uniform,
)
from agents.weights import Array

if TYPE_CHECKING:  # workers run networks without it
    import tensorflow as tf


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution of pictures without padding: [.., H, W, C] to [.., OH, OW, filters].

    `size` is the height and width of the window in pixels, `stride` the pixels from one window to
    the next. The kernel [size, size, C, filters] starts He-uniform (He et al. 2015) over the
    size * size * C numbers of a window, the bias zero.
    """

    filters: int
    size: int
    stride: int = 1
    activation: Nonlinearity = "relu"

    def __post_init__(self) -> None:
        check_units(self.filters)
        check_activation(self.activation)

    @property
    def names(self) -> tuple[str, ...]:
        return "kernel", "bias"

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ValueError(
                "A convolution takes pictures [height, width, channels], "
                f"not rows of shape {list(shape)}."
            )
        height, width, _ = shape
        if self.size > min(height, width):
            raise ValueError(
                f"A convolution's window of {self.size} x {self.size} pixels does not fit into "
                f"its picture of {height} x {width}."
            )
        return self._windows(height), self._windows(width), self.filters

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        fan = self.size * self.size * shape[-1]
        kernel = uniform(rng, (self.size, self.size, shape[-1], self.filters), 2.0 / fan)
        return kernel, np.zeros(self.filters, np.float32)

    def numbers(self, shape: Shape) -> int:
        return (self.size * self.size * shape[-1] + 1) * self.filters

    def numpy(self, w, x, state, noise):
        kernel, bias = w  # [K, K, C, F], [F]
        blocks, rows, height, width, channels = x.shape
        high, wide, size = self._windows(height), self._windows(width), self.size
        # Then the K pixels of a window's row are one piece, which is copied in half the time.
        x = np.ascontiguousarray(x)
        by_block, by_row, down, right, across = x.strides
        windows = np.lib.stride_tricks.as_strided(  # [N, BLOCK, OH, OW, K, K * C]
            x,
            (blocks, rows, high, wide, size, size * channels),
            (by_block, by_row, down * self.stride, right * self.stride, down, across),
            writeable=False,
        )
        # One product per block, whose shape does not depend on the number of blocks; one after the
        # other, because a block's windows are still in the cache when they are multiplied.
        kernel = kernel.reshape(-1, self.filters)
        copied = np.empty(windows.shape[1:], x.dtype)
        patches = copied.reshape(rows * high * wide, -1)  # [BLOCK * OH * OW, K * K * C]
        h = np.empty((blocks, len(patches), self.filters), x.dtype)  # [N, BLOCK * OH * OW, F]
        for block, sums in zip(windows, h, strict=True):
            copied[...] = block
            np.matmul(patches, kernel, out=sums)
        h += bias
        return activate(h, self.activation).reshape(blocks, rows, high, wide, self.filters), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        kernel, bias = w  # [K, K, C, F], [F]
        # XLA on a CPU runs tf.nn.conv2d, and above all its gradient, 20 times slower than these.
        divides = self.stride > 1 and self.size % self.stride == 0
        h = self._by_blocks(kernel, x) if divides else self._by_windows(kernel, x)
        return activate_tensor(tf.nn.bias_add(h, bias), self.activation), state

    def _by_windows(self, kernel: "tf.Tensor", x: "tf.Tensor") -> "tf.Tensor":
        """The sums [B, OH, OW, F] as one product of all windows, each with a row of its own."""
        import tensorflow as tf

        high, wide, _ = self.output_shape(row_shape(x))
        tall, long = self.stride * (high - 1) + 1, self.stride * (wide - 1) + 1
        patches = tf.concat(  # [B, OH, OW, K * K * C]
            [
                x[:, i : i + tall : self.stride, j : j + long : self.stride]
                for i in range(self.size)
                for j in range(self.size)
            ],
            axis=-1,
        )
        patches = tf.reshape(patches, (-1, patches.shape[-1]))  # [B * OH * OW, K * K * C]
        h = patches @ tf.reshape(kernel, (-1, self.filters))  # [B * OH * OW, F]
        return tf.reshape(h, (-1, high, wide, self.filters))

    def _by_blocks(self, kernel: "tf.Tensor", x: "tf.Tensor") -> "tf.Tensor":
        """The sums [B, OH, OW, F] where windows are made of whole blocks of the picture.

        Such a block has `stride` times `stride` pixels, and none is copied twice: each is
        multiplied with all M * M blocks of the kernel, and windows add up what belongs to them.
        """
        import tensorflow as tf

        (high, wide, filters), step, each = (
            self.output_shape(row_shape(x)),
            self.stride,
            self.size // self.stride,  # M
        )
        down, across, channels = high + each - 1, wide + each - 1, row_shape(x)[-1]
        rows = tf.reshape(  # [B, D, S, A, S * C]
            x[:, : down * step, : across * step], (-1, down, step, across, step * channels)
        )
        blocks = tf.concat([rows[:, :, i] for i in range(step)], axis=-1)  # [B, D, A, S * S * C]
        kernels = tf.reshape(kernel, (each, step, each, step, channels, filters))
        kernels = tf.reshape(  # [S * S * C, M * M * F]
            tf.transpose(kernels, (1, 3, 4, 0, 2, 5)), (blocks.shape[-1], -1)
        )
        products = tf.reshape(blocks, (-1, blocks.shape[-1])) @ kernels
        products = tf.reshape(products, (-1, down, across, each * each * filters))
        parts = tf.split(products, each * each, axis=-1)  # M * M times [B, D, A, F]
        shifted = [
            parts[each * i + j][:, i : i + high, j : j + wide]  # [B, OH, OW, F]
            for i in range(each)
            for j in range(each)
        ]
        return tf.add_n(shifted)

    def keras(self, w, x, state):
        import keras

        layer = keras.layers.Conv2D(
            self.filters, self.size, strides=self.stride, activation=self.activation
        )
        return stock(layer, w, x), state

    def _windows(self, pixels: int) -> int:
        """Windows side by side in so many pixels."""
        return (pixels - self.size) // self.stride + 1
