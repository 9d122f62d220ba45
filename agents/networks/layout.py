"""All of a network's arrays as one flat vector, for learners.

One flat vector makes an optimizer a handful of operations, which XLA compiles in a third of the
time. Of this package only this module and `unrolled` import TensorFlow.
"""

import numpy as np
import tensorflow as tf

from agents.weights import Array, Weights


class Layout:
    """Where named arrays lie in one flat vector [P] of all of them."""

    def __init__(self, weights: Weights):
        """Lays the arrays out in their order.

        Args:
            weights: Arrays with the names and shapes to lay out; their values do not matter.
        """
        self._shapes = {name: array.shape for name, array in weights.items()}
        self._sizes = [array.size for array in weights.values()]

    def join(self, weights: Weights) -> tf.Tensor:
        """The flat vector [P] of arrays with the names of this layout."""
        return tf.constant(np.concatenate([weights[name].ravel() for name in self._shapes]))

    def split(self, flat: tf.Tensor) -> dict[str, tf.Tensor]:
        """The arrays in a flat vector [P], by name."""
        parts = zip(self._shapes.items(), tf.split(flat, self._sizes), strict=True)
        return {name: tf.reshape(part, shape) for (name, shape), part in parts}

    def arrays(self, flat: tf.Tensor) -> dict[str, Array]:
        """The arrays in a flat vector [P], by name, as NumPy copies."""
        cut = np.split(flat.numpy(), np.cumsum(self._sizes)[:-1])  # pyright: ignore
        parts = zip(self._shapes.items(), cut, strict=True)
        return {name: part.reshape(shape).copy() for (name, shape), part in parts}
