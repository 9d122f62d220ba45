"""Layers that are run once for each action, which is part of their input."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportOptionalOperand=false, reportIncompatibleMethodOverride=false

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agents.networks.layer import Layer, Shape, width
from agents.weights import Array


@dataclass(frozen=True)
class PerAction(Layer):
    """Values of actions by a network of rows and actions, Q(s, a): [.., D] to [.., actions].

    The layers see each row with each action, one-hot, behind it: [.., D + actions]. So they run
    `actions` times as often as those that value all actions at once, and what they learn of one
    action they learn of the others as well. The last of them gives one number. They have neither
    state nor noise.
    """

    actions: int
    layers: tuple[Layer, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(
            f"{type(layer).__name__.lower()}_{position}_{name}"
            for position, layer in enumerate(self.layers)
            for name in layer.names
        )

    def output_shape(self, shape: Shape) -> Shape:
        if self._shapes(shape)[-1] != (1,):
            raise ValueError("The last layer of PerAction gives one number, the action's value.")
        return (self.actions,)

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        return tuple(
            array
            for layer, inner in zip(self.layers, self._shapes(shape), strict=False)
            for array in layer.initial_weights(inner, rng)
        )

    def numpy(self, w, x, state, noise):
        blocks, rows, numbers = x.shape
        pairs = np.empty((blocks, rows, self.actions, numbers + self.actions), np.float32)
        pairs[..., :numbers] = x[:, :, None]
        pairs[..., numbers:] = np.eye(self.actions, dtype=np.float32)
        h = pairs.reshape(blocks, rows * self.actions, -1)
        for layer, own in self._with(w):
            h, _ = layer.numpy(own, h, None, None)
        return h.reshape(blocks, rows, self.actions), state

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        rows = tf.shape(x)[0]
        actions = tf.tile(tf.eye(self.actions), tf.stack([rows, 1]))  # [B * A, A]
        h = tf.concat([tf.repeat(x, self.actions, axis=0), actions], axis=-1)  # [B * A, D + A]
        for layer, own in self._with(w):
            h, _ = layer.tensor(own, h, None, None)
        return tf.reshape(h, (-1, self.actions)), state

    def keras(self, w, x, state):
        import keras

        repeated = keras.layers.RepeatVector(self.actions)(x)  # [B, A, D]
        zeros = keras.ops.zeros_like(repeated[..., :1])  # [B, A, 1]
        actions = zeros + np.eye(self.actions, dtype=np.float32)  # [B, A, A]
        h = keras.layers.Concatenate()([repeated, actions])
        for layer, own in self._with(w):
            h, _ = layer.keras(own, h, None)
        return keras.layers.Reshape((self.actions,))(h), state

    def _shapes(self, shape: Shape) -> list[Shape]:
        """Shapes of the rows between the layers, from the first one's input to the last output."""
        shapes: list[Shape] = [(width(shape, "per-action") + self.actions,)]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    def _with(self, w: Sequence) -> Iterator[tuple[Layer, Sequence]]:
        """The layers, each with its own of the arrays."""
        start = 0
        for layer in self.layers:
            end = start + len(layer.names)
            yield layer, w[start:end]
            start = end
