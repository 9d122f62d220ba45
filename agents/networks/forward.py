"""The forward pass of a network in NumPy: workers need nothing else of it."""

from collections.abc import Callable, Sequence
from operator import itemgetter

import numpy as np

from agents.networks.layer import Shape
from agents.networks.network import Network
from agents.weights import Array, Weights

BLOCK = 16
"""Rows of one matrix product. Environment i is always row i % BLOCK of block i // BLOCK, whichever
worker steps it, and with whichever others: a product of another shape may round differently."""


class Forward:
    """Runs a network on the same environments again and again, in float32 NumPy.

    The bits of an environment's outputs depend neither on its neighbours nor on how environments
    are split over workers: each one has its row in a block, and blocks are padded with zeros.
    """

    def __init__(self, network: Network, env_indices: Sequence[int]):
        """Assigns the environments to rows of blocks.

        Args:
            network: What to run.
            env_indices: [B] increasing numbers of the environments.
        """
        first = env_indices[0] // BLOCK
        self._positions = np.asarray(env_indices) - first * BLOCK  # [B] rows in the padded batch
        self._blocks = env_indices[-1] // BLOCK - first + 1
        self._x, self._x_rows = self._padded(network.inputs.shape)
        self._adjoin = bool((np.diff(self._positions) == 1).all())
        # [B, ...] the environments' own rows where they are neighbours, so that no row is copied.
        self._encoded = self._x_rows[self._positions[0] :][: len(env_indices)]
        if not self._adjoin:
            self._encoded = self._encoded.copy()
        self._state, self._state_rows = self._padded((network.state_size,))
        self._noise, self._noise_rows = self._padded((network.noise_size,))
        self._encode, self._recurrent = network.inputs.numpy, network.state_size > 0
        self._steps = [
            (layer.numpy, _getter(names), state, noise)
            for layer, _, names, state, noise in network.places
        ]

    def __call__(
        self,
        weights: Weights,
        observations: Array,
        state: Array | None = None,
        noise: Array | None = None,
    ) -> tuple[Array, Array | None]:
        """One step of every environment.

        Args:
            weights: The arrays by name.
            observations: [B, ...] raw observations.
            state: [B, S] state before this step; None for zeros, and where S is 0.
            noise: [B, Z] standard normal draws, or None for no noise.

        Returns:
            The outputs [B, ...], and the state [B, S] after this step, None where S is 0.
        """
        self._encode(observations, self._encoded)
        if not self._adjoin:
            self._x_rows[self._positions] = self._encoded
        if self._recurrent:
            self._state_rows[self._positions] = 0 if state is None else state
        if noise is not None:
            self._noise_rows[self._positions] = noise
        x, states = self._x, []  # [N, BLOCK, ...]
        for run, get, where, draws in self._steps:
            before = None if where is None else self._state[..., where]
            e = None if noise is None or draws is None else self._noise[..., draws]
            x, after = run(get(weights), x, before, e)
            if where is not None:
                states.append(after)
        return self._rows(x), self._rows(np.concatenate(states, axis=-1)) if states else None

    def _padded(self, shape: Shape) -> tuple[Array, Array]:
        """Zeros [N, BLOCK, *shape], and their rows [N * BLOCK, *shape]."""
        padded = np.zeros((self._blocks, BLOCK, *shape), np.float32)
        return padded, padded.reshape(self._blocks * BLOCK, *shape)

    def _rows(self, x: Array) -> Array:
        """The environments' rows [B, ...] of a padded batch [N, BLOCK, ...]."""
        rows = x.reshape(-1, *x.shape[2:])[self._positions]
        # In one order of memory for any number of blocks: that decides how sums of them round.
        return np.ascontiguousarray(rows)


def _getter(names: Sequence[str]) -> Callable[[Weights], Sequence[Array]]:
    """A function that looks up the named arrays."""
    if len(names) > 1:
        return itemgetter(*names)  # no loop: with few environments the calls cost the time
    return lambda weights: [weights[name] for name in names]
