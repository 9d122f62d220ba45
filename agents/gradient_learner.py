"""What learners share that move the weights of a network along gradients, in one flat vector."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from agents import optimizers
from agents.agent import Learner
from agents.networks.layout import Layout
from agents.optimizer_config import OptimizerConfig
from agents.optimizers import clip, mix
from agents.schedules import WeightAverage
from agents.weights import Array, Weights, fitted


class Moved(NamedTuple):
    """What a gradient step leaves.

    Attributes:
        online: [P] weights of the network that learns.
        average: [P] moving average of `online`; [0] where the settings want none.
        optimizer: The optimizer's.
    """

    online: tf.Tensor
    average: tf.Tensor
    optimizer: optimizers.OptimizerState


class GradientLearner(Learner):
    """Holds the tensors of a network: its weights, their average, the optimizer's state.

    A subclass keeps them in `_state`, a named tuple with at least the fields of `Moved`.
    """

    _state: Any

    def __init__(
        self,
        weights: Weights,
        *,
        optimizer: OptimizerConfig,
        average: WeightAverage,
        max_gradient_norm: float,
    ):
        """Takes the settings, and starts from weights.

        Args:
            weights: Initial arrays by name.
            optimizer: What turns gradients into steps.
            average: Which average of the weights is kept.
            max_gradient_norm: Gradients are scaled down to it; 0 leaves them alone.
        """
        self._optimizer, self._average = optimizer, average
        self._max_gradient_norm = max_gradient_norm
        self._layout = Layout(weights)
        self._state = self._start(weights)
        self.updates = 0

    @abstractmethod
    def _start(self, weights: Weights) -> Any:
        """The tensors before the first update of weights."""

    def _unmoved(self, weights: Weights) -> Moved:
        """Weights that no gradient has moved yet."""
        online = self._layout.join(weights)  # [P]
        average = online if self._average.decay else tf.zeros(0)
        return Moved(online, average, optimizers.start(online))

    def _moved(self, state: Any, gradient: tf.Tensor, rate: Any, share: Any) -> Moved:
        """The tensors after a step along a gradient [P], with rate and share []."""
        gradient = clip(gradient, self._max_gradient_norm)
        optimizer, online = optimizers.update(
            self._optimizer, state.optimizer, state.online, gradient, rate
        )
        average = mix(state.average, online, share) if self._average.decay else state.average
        return Moved(online, average, optimizer)

    def weights(self) -> Weights:
        """The weights that act in training: the average or the newest."""
        return self._layout.arrays(
            self._state.average if self._average.acts else self._state.online
        )

    def evaluated_weights(self) -> Weights:
        """The average of the weights where there is one, else the newest."""
        averages = self._average.decay > 0
        return self._layout.arrays(self._state.average if averages else self._state.online)

    def set_weights(self, weights: Weights) -> None:
        """Gives all networks and the average the same weights."""
        self._state = self._start(fitted(weights, self.weights()))

    def _arrays(self) -> list[Array]:
        """The tensors as arrays, for a checkpoint."""
        return [tensor.numpy() for tensor in tf.nest.flatten(self._state)]

    def _put_back(self, arrays: Sequence[Array]) -> None:
        """Takes what `_arrays` gave."""
        tensors = [tf.constant(array) for array in arrays]
        self._state = tf.nest.pack_sequence_as(self._state, tensors)
