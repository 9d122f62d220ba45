"""What learning from a replay asks of an agent: its weights, and the losses of a batch."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from agents.weights import Array, Weights

Tensors = Mapping[str, tf.Tensor]
"""Tensors by name: the arrays of a network, or the columns of a batch."""


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
