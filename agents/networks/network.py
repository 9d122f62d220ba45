"""Layers in a row, and the names of their arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agents.networks.inputs import Inputs
from agents.networks.layer import Layer, Shape
from agents.weights import Array, Weights

if TYPE_CHECKING:  # workers run networks without these
    import keras
    import tensorflow as tf


class Place(NamedTuple):
    """A layer in its network."""

    layer: Layer
    shape: Shape
    """Shape of the layer's input row."""
    names: tuple[str, ...]
    """Names of the layer's arrays among the network's."""
    state: slice | None
    """Where the layer's state lies in the network's; None for a layer without one."""
    noise: slice | None
    """Where the layer's noise lies in the network's; None for a layer without any."""


@dataclass(frozen=True)
class Network:
    """A network: how observations enter it, and its layers in order.

    It keeps no arrays: they have names such as "dense_0.kernel" (a layer's class in lower case, its
    position, the layer's own name of the array), and are passed to what needs them.
    """

    inputs: Inputs
    layers: tuple[Layer, ...]

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The layers and what belongs to each.

        Raises:
            ValueError: A layer does not take what the one before gives.
        """
        places, shape, states, noises = [], self.inputs.shape, 0, 0
        for position, layer in enumerate(self.layers):
            prefix = f"{type(layer).__name__.lower()}_{position}"
            names = tuple(f"{prefix}.{name}" for name in layer.names)
            after, state, noise = (
                layer.output_shape(shape),
                layer.state_size,
                layer.noise_size(shape),
            )
            where = slice(states, states + state) if state else None
            draws = slice(noises, noises + noise) if noise else None
            places.append(Place(layer, shape, names, where, draws))
            shape, states, noises = after, states + state, noises + noise
        return tuple(places)

    @cached_property
    def output_shape(self) -> Shape:
        """Shape of an output row.

        Raises:
            ValueError: A layer does not take what the one before gives.
        """
        if not self.places:
            return self.inputs.shape
        return self.places[-1].layer.output_shape(self.places[-1].shape)

    @cached_property
    def state_size(self) -> int:
        """Numbers S of a row's state, over all recurrent layers; 0 where there is none."""
        return sum(layer.state_size for layer in self.layers)

    @cached_property
    def noise_size(self) -> int:
        """Standard normal draws Z for a row, over all noisy layers; 0 where there is none."""
        return sum(place.layer.noise_size(place.shape) for place in self.places)

    @property
    def numbers(self) -> int:
        """How many numbers all arrays have."""
        return sum(place.layer.numbers(place.shape) for place in self.places)

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Fresh float32 arrays by name, in the order of the layers, drawn in this order."""
        return {
            name: array
            for layer, shape, names, _, _ in self.places
            for name, array in zip(names, layer.initial_weights(shape, rng), strict=True)
        }

    def tensor(
        self,
        weights: "Mapping[str, tf.Tensor]",
        observations: "tf.Tensor",
        state: "tf.Tensor | None" = None,
        noise: "tf.Tensor | None" = None,
    ) -> "tuple[tf.Tensor, tf.Tensor | None]":
        """The pass of learners, differentiable and fit for XLA.

        Args:
            weights: The arrays by name.
            observations: [B, ...] raw observations.
            state: [B, S] state before this step; None for zeros, and where S is 0.
            noise: [B, Z] standard normal draws, [1, Z] for the same in all rows, or None for no
                noise.

        Returns:
            The outputs [B, ...], and the state [B, S] after this step, None where S is 0.
        """
        import tensorflow as tf

        x, states = self.inputs.tensor(observations), []
        if state is None and self.state_size:
            state = tf.zeros((tf.shape(x)[0], self.state_size))
        for layer, _, names, where, draws in self.places:
            before = None if state is None or where is None else state[:, where]
            e = None if noise is None or draws is None else noise[:, draws]
            x, after = layer.tensor([weights[name] for name in names], x, before, e)
            if where is not None:
                states.append(after)
        return x, tf.concat(states, axis=-1) if states else None

    def keras_model(self, weights: Mapping[str, Array]) -> "keras.Model":
        """The network without noise as a Keras model, which loads without anything of ours.

        The model takes raw observations [B, ...]: encoding them is a part of it. It gives the
        outputs [B, ...]. A recurrent network's model takes [observations, state [B, S]] and gives
        [outputs, state [B, S]]; a row's first state is zeros.
        """
        import keras

        inputs, x = self.inputs.keras()
        state, states = keras.Input((self.state_size,), name="state"), []
        for layer, _, names, where, _ in self.places:
            before = None if where is None else state[:, where]  # pyright: ignore
            x, after = layer.keras([weights[name] for name in names], x, before)
            if where is not None:
                states.append(after)
        if not states:
            return keras.Model(inputs, x)
        after = states[0] if len(states) == 1 else keras.layers.Concatenate()(states)
        return keras.Model([inputs, state], [x, after])
