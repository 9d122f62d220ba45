"""Recurrent layers: they have a state."""

from dataclasses import dataclass

import numpy as np

from agents.networks.layer import Layer, Shape, check_units, uniform, width
from agents.weights import Array

_HALF = np.float32(0.5)
_ONE = np.float32(1)


@dataclass(frozen=True)
class GRU(Layer):
    """A gated recurrent unit (Cho et al. 2014), reset after the product as in Keras and cuDNN.

    With gates in the order z, r, candidate along the last axis of the kernel K [D, 3 units], the
    recurrent kernel R [units, 3 units] and the bias b [2, 3 units], a step from the state h is

        z = sigmoid(x K_z + b_0z + h R_z + b_1z)
        r = sigmoid(x K_r + b_0r + h R_r + b_1r)
        c = tanh(x K_c + b_0c + r * (h R_c + b_1c))
        h' = z * h + (1 - z) * c,

    and h' [.., units] is both the output and the next state. K starts Glorot-uniform over all
    gates, as in Keras, R uniform in ±1 / sqrt(units), as in PyTorch, the bias zero.
    """

    units: int

    def __post_init__(self) -> None:
        check_units(self.units)

    @property
    def names(self) -> tuple[str, ...]:
        return "kernel", "recurrent_kernel", "bias"

    @property
    def state_size(self) -> int:
        return self.units

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "recurrent")
        return (self.units,)

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        inputs, gates = width(shape, "recurrent"), 3 * self.units
        kernel = uniform(rng, (inputs, gates), 2.0 / (inputs + gates))
        recurrent = uniform(rng, (self.units, gates), 1.0 / (3.0 * self.units))
        return kernel, recurrent, np.zeros((2, gates), np.float32)

    def numbers(self, shape: Shape) -> int:
        return (width(shape, "recurrent") + self.units + 2) * 3 * self.units

    def numpy(self, w, x, state, noise):
        assert state is not None
        kernel, recurrent_kernel, bias = w  # [D, 3U], [U, 3U], [2, 3U]
        units = self.units
        new = np.matmul(x, kernel)  # [N, BLOCK, 3U]
        new += bias[0]
        old = np.matmul(state, recurrent_kernel)  # [N, BLOCK, 3U]
        old += bias[1]
        gates = new[..., : 2 * units] + old[..., : 2 * units]  # [N, BLOCK, 2U]
        gates *= _HALF  # sigmoid(g) = (1 + tanh(g / 2)) / 2, which does not overflow
        np.tanh(gates, out=gates)
        gates += _ONE
        gates *= _HALF
        update, reset = gates[..., :units], gates[..., units:]  # [N, BLOCK, U] each
        candidate = reset * old[..., 2 * units :]  # [N, BLOCK, U]
        candidate += new[..., 2 * units :]
        np.tanh(candidate, out=candidate)
        h = update * state + (_ONE - update) * candidate  # [N, BLOCK, U]
        return h, h

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        assert state is not None
        kernel, recurrent_kernel, bias = w  # [D, 3U], [U, 3U], [2, 3U]
        new_z, new_r, new_c = tf.split(x @ kernel + bias[0], 3, axis=-1)  # [B, U] each
        old_z, old_r, old_c = tf.split(state @ recurrent_kernel + bias[1], 3, axis=-1)
        update, reset = tf.sigmoid(new_z + old_z), tf.sigmoid(new_r + old_r)  # [B, U]
        candidate = tf.tanh(new_c + reset * old_c)  # [B, U]
        h = update * state + (1.0 - update) * candidate  # [B, U]
        return h, h

    def keras(self, w, x, state):
        import keras

        layer = keras.layers.GRU(self.units, unroll=True)  # one step needs no loop
        steps = keras.layers.Reshape((1, x.shape[-1]))(x)  # [B, 1, D]
        h = layer(steps, initial_state=state)  # [B, U]
        layer.set_weights(list(w))
        return h, h
