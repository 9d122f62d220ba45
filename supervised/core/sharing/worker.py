"""A worker of data-parallel training: it computes gradients of some parts of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from common.ranges import split
from supervised.core.examples import Examples, keras_inputs
from supervised.core.sharing.batches import Batches, Order
from supervised.core.sharing.partition import Partition
from supervised.core.sharing.sums import Gradient, Node, Rows, Sums, nodes, total
from supervised.core.variables import assign


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a worker has to compute for an update.

    Attributes:
        batch: Number of the batch, from 0 through all epochs.
        parts: Numbers of the first of the batch's parts, and of the one after the last.
        states: Values of the variables that batches move without training, such as the running
            means of batch normalization.
    """

    batch: int
    parts: Node
    states: Sequence[npt.NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class ShareResult:
    """What a worker has computed for a share beside the gradients.

    Attributes:
        metrics: For each part, what it adds to the variables of Keras' metrics.
        states: By how much each part moves the model's states, weighted by its share of the
            examples and added up at nodes of the tree.
    """

    metrics: list[list[npt.NDArray[Any]]]
    states: Sums


class GradientWorker:
    """Holds a copy of the model. Its answers depend on the arguments of the call alone."""

    def __init__(self, model: keras.Model, examples: Examples, order: Order, partition: Partition):
        """Takes the model and compiles the computation of a part.

        Args:
            model: The compiled model.
            partition: How gradients are cut for the servers.
        """
        self._model: Any = model
        self._batches, self._partition = Batches(examples, order), partition
        self._varies = examples.lengths is not None
        self._draws = [v for v in self._model.variables if "seed_generator" in v.path]
        self._seeds = [tuple(np.asarray(v).ravel().tolist()) for v in self._draws]
        self._states = states_of(self._model)
        seeds = [tf.TensorSpec(v.shape, v.dtype) for v in self._draws]  # type: ignore[call-arg]
        states = [tf.TensorSpec(v.shape, v.dtype) for v in self._states]  # type: ignore[call-arg]
        x, y = tf.nest.map_structure(self._spec, (keras_inputs(examples.x), examples.y))
        weight = tf.TensorSpec((), keras.config.floatx())  # type: ignore[call-arg]
        compiled: Any = tf.function(self._part, input_signature=(x, y, weight, states, seeds))
        self._of_part = compiled.get_concrete_function()

    def gradients(self, share: Share, *weights: list[npt.NDArray[Any]]) -> tuple[Any, ...]:
        """Gradients of a batch's mean loss, from some of its parts.

        Args:
            weights: From each server its rows of the weights.

        Returns:
            A `ShareResult`, and for each server the `Sums` of its rows' gradients.
        """
        assign(self._model.trainable_variables, self._partition.joined(weights))
        batch = self._batches.of(share.batch)
        parts = split(len(batch), self._batches.order.parts)
        metrics: list[list[npt.NDArray[Any]]] = []
        found: Sums = {}
        states: Sums = {}
        for number in range(*share.parts):
            part = batch.take(np.arange(parts[number].start, parts[number].stop))
            weight = np.array(len(part) / len(batch), keras.config.floatx())
            given = (keras_inputs(part.x), part.y, weight, share.states, self._drawn(share, number))
            gradients, counted, after = self._of_part(*tf.nest.map_structure(tf.constant, given))
            found[number, number + 1] = [_gradient(value) for value in gradients]
            metrics.append([value.numpy() for value in counted])
            states[number, number + 1] = [value.numpy() for value in after]
        tops = nodes(range(*share.parts), len(parts))
        sums_ = {node: total(node, found) for node in tops}
        done = ShareResult(metrics=metrics, states={node: total(node, states) for node in tops})
        return done, *(
            {node: self._partition.cut(values, server) for node, values in sums_.items()}
            for server in range(self._partition.servers)
        )

    def metrics(self, sums: Sequence[npt.NDArray[Any]]) -> dict[str, float]:
        """Keras' metrics by name, from the sums of what parts have added to their variables."""
        assign([v for m in self._model.metrics for v in m.variables], sums)
        return {name: float(value) for name, value in self._model.get_metrics_result().items()}

    def _spec(self, column: npt.NDArray[Any]) -> Any:
        """The shape of a part's inputs or targets, for any number of examples.

        Where sequences differ in length, it leaves the number of steps open, too.
        """
        shape = [None, *column.shape[1:]]
        if self._varies and len(shape) > 1:
            shape[1] = None
        return tf.TensorSpec(shape, column.dtype)  # type: ignore[call-arg]

    def _drawn(self, share: Share, part: int) -> list[npt.NDArray[Any]]:
        """States for the random generators of dropout and similar layers, for one part alone."""
        return [
            np.random.SeedSequence((*seed, share.batch, part)).generate_state(2).astype(np.int64)
            for seed in self._seeds
        ]

    def _part(self, x: Any, y: Any, weight: Any, states: Any, drawn: Any) -> Any:
        """Weighted gradients of a part, its metrics' variables, and its weighted changes of states.

        TensorFlow compiles this.
        """
        for variable, value in zip([*self._states, *self._draws], [*states, *drawn], strict=True):
            variable.assign(value)
        for metric in self._model.metrics:
            metric.reset_state()
        with tf.GradientTape() as tape:
            predicted = self._model(x, training=True)
            loss = self._model.compute_loss(x=x, y=y, y_pred=predicted, training=True)
            weighted = loss * weight
        loss_mean = self._model.metrics[0]
        loss_mean.update_state(loss, sample_weight=tf.shape(tf.nest.flatten(x)[0])[0])
        self._model.compute_metrics(x, y, predicted)
        variables = [variable.value for variable in self._model.trainable_variables]
        zero = tf.UnconnectedGradients.ZERO
        return (
            tape.gradient(weighted, variables, unconnected_gradients=zero),
            [v.value + 0 for m in self._model.metrics for v in m.variables],
            [
                (v.value - before) * tf.cast(weight, v.dtype)
                for v, before in zip(self._states, states, strict=True)
            ],
        )


def states_of(model: keras.Model) -> list[Any]:
    """Variables that a batch moves without training, such as the means of batch normalization.

    Frozen layers have none: their variables do not move. States of random generators do not belong
    here either: they follow from the number of the batch.
    """
    found: list[Any] = []
    for layer in model.layers:
        if not layer.trainable:
            continue
        if isinstance(layer, keras.Model):
            found += states_of(layer)
        else:
            kinds = ("float", "bfloat")
            found += [v for v in layer.non_trainable_variables if v.dtype.startswith(kinds)]
    return found


def _gradient(value: Any) -> Gradient:
    if isinstance(value, tf.IndexedSlices):
        return Rows.of(value.indices.numpy(), value.values.numpy())
    return value.numpy()
