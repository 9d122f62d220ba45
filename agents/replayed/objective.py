"""What learning from a replay asks of an agent: its weights, and the losses of a batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from agents.losses import of_error
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.weights import Array, Weights

Tensors = Mapping[str, tf.Tensor]
"""Tensors by name: the arrays of a network, or the columns of a batch."""


Config = TypeVar("Config", bound=ReplayedConfig)


class Losses(NamedTuple):
    """What an objective finds in a batch of B rows.

    Attributes:
        each: [B] the loss of each row; gradient descent is on their mean.
        td_error: [B] the TD error of each row's value.
        q_tm1: Values under the online network, of any shape, whose mean is logged.
        priority: [B] what prioritised replay draws rows by, in place of the TD error.
        values: [B, A] the values of all actions under the online network, where they have one.
    """

    each: tf.Tensor
    td_error: tf.Tensor
    q_tm1: tf.Tensor
    priority: tf.Tensor | None = None
    values: tf.Tensor | None = None


class Objective(ABC):
    """The part of an agent's updates that is its own.

    Attributes:
        columns: Names of the columns of a batch that `losses` reads.
        observations: Those of them that are observations.
    """

    columns: tuple[str, ...] = ("s_tm1", "a_tm1", "r_t", "discount_t", "s_t")
    observations: tuple[str, ...] = ("s_tm1", "s_t")

    @abstractmethod
    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Fresh arrays by name."""

    def draws(self, rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Array]:
        """Further columns [K, ...] that are drawn for K updates, such as noise.

        Args:
            rng: Draws them.
            shape: (K, B), updates and rows of each.
        """
        return {}

    @abstractmethod
    def losses(self, online: Tensors, target: Tensors, batch: Tensors) -> Losses:
        """The losses of a batch, of which gradients flow into `online`.

        Args:
            online: Arrays of the network that learns.
            target: Arrays of the target network.
            batch: [B, ...] the columns, `mask_t` where actions are masked, and what `draws` gave;
                and `bounds` [2], between which the rewards seen so far keep every return.
        """


class NetworkObjective(Objective, Generic[Config]):
    """An objective of one network, and the noise of its passes.

    Attributes:
        passes: Of the network in an update at most; each has noise of its own.
    """

    passes: int = 3

    def __init__(self, config: Config, network: Network):
        """Takes the settings and the network that acts."""
        self._config, self._network = config, network

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        return self._network.initial_weights(rng)

    def draws(self, rng: np.random.Generator, shape: tuple[int, int]) -> dict[str, Array]:
        if not self._network.noise_size:
            return {}
        # A batch shares its noise: in noisy layers as in Fortunato et al. 2018; the places of IQN's
        # quantiles besides, whose embedding is then made once for all rows.
        size = (shape[0], self.passes, 1, self._network.noise_size)
        return {"noise": rng.standard_normal(size, np.float32)}

    def _pass(
        self,
        weights: Tensors,
        batch: Tensors,
        column: str,
        number: int,
        network: Network | None = None,
    ) -> tf.Tensor:
        """What a network gives for a column of observations, with the noise of so many a pass.

        Without `network` it is the one that acts.
        """
        noise = batch["noise"][number] if "noise" in batch else None
        return (network or self._network).tensor(weights, batch[column], noise=noise)[0]

    def _bounds(self, batch: Tensors) -> tf.Tensor | None:
        """The bounds [2] of targets; None where the settings want none."""
        return batch["bounds"] if self._config.bound_targets else None

    def _of_error(self, td_error: tf.Tensor) -> tf.Tensor:
        """The loss of TD errors, of any shape, that the settings want."""
        return of_error(td_error, self._config.loss, self._config.huber_delta)
