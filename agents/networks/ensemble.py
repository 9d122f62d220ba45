"""Several networks side by side, each with a prior that never learns."""

# Keras annotates its ops as returning None: wrong, and not ours to mend.
# pyright: reportOptionalOperand=false, reportIncompatibleMethodOverride=false

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.networks.layer import (
    Layer,
    Shape,
    activate,
    activate_tensor,
    check_units,
    stock,
    uniform,
    width,
)
from agents.weights import Array

PRIOR = "prior_"
"""How the names of arrays begin that never learn."""


@dataclass(frozen=True)
class Ensemble(Layer):
    """K perceptrons that share nothing, and as many fixed ones: [.., D] to [.., actions, K].

    Member k gives f_k(x) + `prior_scale` p_k(x): its own network f_k learns, and p_k stays as it
    was drawn (Osband et al. 2018, section 3: randomised prior functions). Both have the same hidden
    ReLU layers. Kernels [K, inputs, units] start He-uniform for each member (He et al. 2015), those
    of the last layers Glorot-uniform, biases zero. Without a scale there are no priors.
    """

    members: int
    hidden_sizes: tuple[int, ...]
    actions: int
    prior_scale: float = 0.0

    def __post_init__(self) -> None:
        for units in (self.members, *self.hidden_sizes, self.actions):
            check_units(units)

    @property
    def names(self) -> tuple[str, ...]:
        layers = range(len(self.hidden_sizes) + 1)
        own = [f"{part}_{i}" for i in layers for part in ("kernel", "bias")]
        priors = [f"{PRIOR}{name}" for name in own] if self.prior_scale else []
        return (*own, *priors)

    def output_shape(self, shape: Shape) -> Shape:
        width(shape, "ensemble")
        return self.actions, self.members

    def initial_weights(self, shape: Shape, rng: np.random.Generator) -> tuple[Array, ...]:
        sizes = (width(shape, "ensemble"), *self.hidden_sizes, self.actions)
        arrays = []
        for _ in range(2 if self.prior_scale else 1):
            for i, (inputs, units) in enumerate(itertools.pairwise(sizes)):
                fan = inputs if i < len(self.hidden_sizes) else inputs + units
                arrays.append(uniform(rng, (self.members, inputs, units), 2.0 / fan))
                arrays.append(np.zeros((self.members, units), np.float32))
        return tuple(arrays)

    def numpy(self, w, x, state, noise):
        own, prior = self._halves(w)
        values = _numpy(own, x)  # [N, K, BLOCK, A]
        if prior:
            values += np.float32(self.prior_scale) * _numpy(prior, x)
        return np.ascontiguousarray(np.moveaxis(values, 1, -1)), state  # [N, BLOCK, A, K]

    def tensor(self, w, x, state, noise):
        import tensorflow as tf

        own, prior = self._halves(w)
        values = _tensor(own, x)  # [K, B, A]
        if prior:
            values += self.prior_scale * tf.stop_gradient(_tensor(prior, x))
        return tf.transpose(values, (1, 2, 0)), state  # [B, A, K]

    def keras(self, w, x, state):
        import keras

        own, prior = self._halves(w)
        values = _keras(own, x)  # [B, K, A]
        if prior:
            values += self.prior_scale * _keras(prior, x)
        return keras.layers.Permute((2, 1))(values), state  # [B, A, K]

    def _halves(self, w):
        """The arrays that learn, and those of the priors."""
        count = 2 * (len(self.hidden_sizes) + 1)
        return w[:count], w[count:]


def _numpy(w: Sequence[Array], x: Array) -> Array:
    """The members' outputs [N, K, BLOCK, A] of rows x [N, BLOCK, D]."""
    h = x[:, None]  # [N, 1, BLOCK, D]
    for i in range(0, len(w), 2):
        h = np.matmul(h, w[i])  # [N, K, BLOCK, U]
        h += w[i + 1][:, None]
        activate(h, _nonlinearity(i, w))
    return h


def _tensor(w, x):
    """The members' outputs [K, B, A] of rows x [B, D]."""
    import tensorflow as tf

    h = x[None]  # [1, B, D]
    for i in range(0, len(w), 2):
        h = tf.matmul(h, w[i]) + w[i + 1][:, None]  # [K, B, U]
        h = activate_tensor(h, _nonlinearity(i, w))
    return h


def _keras(w, x):
    """The members' outputs [B, K, A] of rows x [B, D]."""
    import keras

    for i in range(0, len(w), 2):
        equation = "bkd,kdu->bku" if i else "bd,kdu->bku"
        members, _, units = w[i].shape
        layer = keras.layers.EinsumDense(
            equation, (members, units), activation=_nonlinearity(i, w), bias_axes="ku"
        )
        x = stock(layer, w[i : i + 2], x)  # [B, K, U]
    return x


def _nonlinearity(i: int, w: Sequence[object]):
    """What follows the layer whose kernel is the i-th array."""
    return "linear" if i == len(w) - 2 else "relu"
