"""A parameter server: its rows of the weights, and the optimizer that moves them."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy.typing as npt
import tensorflow as tf

from supervised.core.sharing.group import check_step
from supervised.core.sharing.sums import Gradient, Rows, Sums, whole
from supervised.core.variables import assign, values


class ParameterServer:
    """Holds rows of the weights and makes updates; an update asked for twice is made once."""

    def __init__(self, optimizer: Mapping[str, Any]):
        """Makes a server without weights, which it gets from `restore`.

        Args:
            optimizer: A serialized Keras optimizer.
        """
        self._settings = optimizer
        self._made: int | None = None  # updates

    def restore(
        self,
        weights: Sequence[npt.NDArray[Any]],
        state: Sequence[npt.NDArray[Any]],
        limits: Sequence[Any],
    ) -> tuple[int, list[npt.NDArray[Any]]]:
        """Takes weights and the optimizer's state, and counts its updates from 0 again.

        Args:
            weights: This server's rows of each variable.
            state: This server's rows of each of the optimizer's variables.
            limits: For each variable its serialized constraint, or None.

        Returns:
            The number of updates made, which is 0, and the weights.
        """
        if self._made is None:  # else what is compiled stays
            self._make(weights, limits)
        assign(self._variables, weights)
        assign(self._optimizer.variables, state)
        self._made = 0
        return self._weights(0)

    def _make(self, weights: Sequence[npt.NDArray[Any]], limits: Sequence[Any]) -> None:
        self._variables = [
            keras.Variable(value, name=f"v{number}") for number, value in enumerate(weights)
        ]
        for variable, limit in zip(self._variables, limits, strict=True):
            variable.constraint = keras.constraints.get(limit)
        self._optimizer: Any = keras.optimizers.deserialize(dict(self._settings))
        self._optimizer.build(self._variables)
        self._move = tf.function(self._moved, reduce_retracing=True)

    def apply(self, update: int, parts: int, *given: Sums) -> tuple[int, list[npt.NDArray[Any]]]:
        """Makes an update from the gradients of a batch.

        Args:
            update: Number of the update since `restore`, from 0.
            parts: How many parts the batch has.
            given: From each worker its sums of gradients.

        Returns:
            The number of updates made, and the weights after this one.

        Raises:
            StepMismatch: This server has not made the one before it.
        """
        check_step(self._made, update, update + 1)
        if update == self._made:
            pairs = zip(whole(parts, given), self._variables, strict=True)
            self._move([_tensor(gradient, variable) for gradient, variable in pairs])
            self._made = update + 1
        return self._weights(update + 1)

    def state(self, made: int) -> tuple[list[npt.NDArray[Any]], list[npt.NDArray[Any]]]:
        """This server's rows of the weights and of the optimizer's variables.

        Args:
            made: How many updates they must have seen.

        Raises:
            StepMismatch: This server has made another number of updates.
        """
        check_step(self._made, made)
        return values(self._variables), values(self._optimizer.variables)

    def _weights(self, made: int) -> tuple[int, list[npt.NDArray[Any]]]:
        return made, values(self._variables)

    def _moved(self, gradients: list[Any]) -> None:
        self._optimizer.apply(gradients, self._variables)


def _tensor(gradient: Gradient, variable: Any) -> Any:
    if isinstance(gradient, Rows):
        return tf.IndexedSlices(
            tf.constant(gradient.values), tf.constant(gradient.places), tf.shape(variable.value)
        )
    return tf.constant(gradient)
