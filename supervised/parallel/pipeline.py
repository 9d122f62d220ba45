"""Layers of one network in several processes, through which micro-batches flow (Huang et al. 2019).

Each stage computes the forward pass of all micro-batches of a batch, one after another, and then
the backward passes. The more micro-batches, the less the stages wait for each other.
"""

import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from common.ranges import split
from supervised.core.classifiers import cross_entropy
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.core.sharing.batches import Batches, Order
from supervised.core.sharing.group import Call, WorkerGroup, check_step, run_with_recovery
from supervised.core.variables import assign, values
from supervised.parallel.idle_time import Span


class Stage:
    """Some layers of the network, their optimizer, and the micro-batches that pass through them.

    `made` is everywhere the number of updates that the stage must have made; where it has made
    another number, a call raises `StepMismatch`.
    """

    def __init__(
        self,
        stages: Sequence[keras.Model],
        optimizer: dict[str, Any],
        examples: Examples,
        order: Order,
    ):
        """Takes the layers of all stages; `restore` says which are its own.

        Args:
            stages: A model of each stage's layers; its inputs are the outputs of the one before.
            optimizer: A serialized Keras optimizer.
            examples: All examples; the first stage reads their inputs, the last their targets.
            order: How they are divided into batches, and batches into micro-batches.
        """
        self._stages, self._settings = stages, optimizer
        self._batches = Batches(examples, order)
        self._loss = cross_entropy()
        self._made: int | None = None

    def restore(self, number: int, weights: Sequence[Any], state: Sequence[Any]) -> None:
        """Becomes the stage of this number, with these weights and optimizer's variables.

        Its updates are counted from 0 again.
        """
        if self._made is None:  # else what is compiled stays
            self._make(number)
        assign(self._model.trainable_variables, weights)
        assign(self._optimizer.variables, state or self._start)
        self._made = 0
        self._clear()

    def _make(self, number: int) -> None:
        self._number = number
        self._model: Any = self._stages[number]
        variables = self._model.trainable_variables
        self._optimizer: Any = keras.optimizers.deserialize(dict(self._settings))
        self._optimizer.build(variables)
        self._start = values(self._optimizer.variables)
        self._forward = tf.function(self._model, reduce_retracing=True)
        self._backward = tf.function(self._gradients, reduce_retracing=True)
        self._last = tf.function(self._gradients_of_loss, reduce_retracing=True)
        self._apply = tf.function(lambda found: self._optimizer.apply(found, variables))

    def forward(self, made: int, batch: int, micro: int, *given: Any) -> tuple[Span, Any]:
        """The forward pass of a micro-batch.

        Args:
            given: The outputs of the stage before; the first stage reads examples instead.

        Returns:
            When it worked, and its outputs.
        """
        check_step(self._made, made)
        x: Any = given[0] if given else self._micro(batch, micro)[0].x
        began = time.time()
        self._inputs[micro] = tf.constant(x)
        found = self._forward(self._inputs[micro], training=True).numpy()
        return self._span("forward", began), found

    def turn(self, made: int, batch: int, micro: int, given: Any) -> tuple[Span, Any]:
        """The last stage's forward and backward pass of a micro-batch.

        Args:
            given: The outputs of the stage before.

        Returns:
            When it worked, and the gradient of `given`.
        """
        check_step(self._made, made)
        examples, share = self._micro(batch, micro)
        began = time.time()
        weight = tf.constant(share, keras.config.floatx())
        to_input, found = self._last(tf.constant(given), tf.constant(examples.y), weight)
        self._add(found)
        return self._span("backward", began), to_input.numpy()

    def backward(self, made: int, micro: int, gradient: Any) -> tuple[Span, Any]:
        """The backward pass of a micro-batch.

        Args:
            gradient: The gradient of the stage's outputs.

        Returns:
            When it worked, and the gradient of its inputs.
        """
        check_step(self._made, made)
        began = time.time()
        to_input, found = self._backward(self._inputs.pop(micro), tf.constant(gradient))
        self._add(found)
        return self._span("backward", began), to_input.numpy()

    def apply(self, made: int) -> Span:
        """Makes an update with the gradients of all micro-batches."""
        check_step(self._made, made)
        began = time.time()
        self._apply(self._sums)
        self._clear()
        self._made = made + 1
        return self._span("apply", began)

    def state(self, made: int) -> tuple[list[Any], list[Any]]:
        """The stage's weights, and its optimizer's variables."""
        check_step(self._made, made)
        return values(self._model.trainable_variables), values(self._optimizer.variables)

    def _clear(self) -> None:
        self._inputs: dict[int, Any] = {}
        self._sums: list[Any] = []

    def _micro(self, batch: int, micro: int) -> tuple[Examples, float]:
        """The examples of a micro-batch, and their share of the batch."""
        examples = self._batches.of(batch)
        held = split(len(examples), self._batches.order.parts)[micro]
        return examples.take(np.arange(held.start, held.stop)), len(held) / len(examples)

    def _add(self, found: Sequence[Any]) -> None:
        if self._sums:
            found = [a + b for a, b in zip(self._sums, found, strict=True)]
        self._sums = list(found)

    def _span(self, kind: str, began: float) -> Span:
        return Span(stage=self._number, kind=kind, began=began, ended=time.time())

    def _gradients(self, x: Any, gradient: Any) -> Any:
        variables = [variable.value for variable in self._model.trainable_variables]
        if not x.dtype.is_floating:  # bytes of pictures: nothing goes further back
            with tf.GradientTape() as tape:
                found = self._model(x, training=True)
            return tf.zeros(()), tape.gradient(found, variables, output_gradients=gradient)
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = self._model(x, training=True)
        to_input, *others = tape.gradient(found, [x, *variables], output_gradients=gradient)
        return to_input, others

    def _gradients_of_loss(self, x: Any, y: Any, weight: Any) -> Any:
        variables = [variable.value for variable in self._model.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = weight * self._loss(y, self._model(x, training=True))
        to_input, *found = tape.gradient(loss, [x, *variables])
        return to_input, found


class Pipeline:
    """Trains a network whose stages are the members of a group.

    Attributes:
        state: The variables of each stage's optimizer; they are as new as the weights here.
    """

    def __init__(
        self,
        stages: Sequence[Any],
        group: WorkerGroup,
        order: Order,
        examples: int,
        context: Context,
    ):
        """Gives the stages the weights that the network has here.

        Args:
            stages: The models of the stages in this process.
            group: A group with a member for each stage.
            order: How examples are divided into batches, and batches into micro-batches.
            examples: How many examples an epoch has.
        """
        self._stages, self._group, self._context = stages, group, context
        self._order, self._examples = order, examples
        self._made = 0
        self.begin([])

    def begin(self, state: Sequence[Sequence[Any]]) -> None:
        """Begins from the weights that the network has here.

        Args:
            state: Variables of each stage's optimizer, as in the attribute; empty for new ones.
        """
        self.state = [*state] or [[] for _ in self._stages]
        self._put()

    def _put(self) -> None:
        """Gives the stages the weights and optimizers' variables that are here."""
        self._group.forget()
        self._made = 0
        calls = [
            self._group.call(
                number, "restore", number, values(stage.trainable_variables), self.state[number]
            )
            for number, stage in enumerate(self._stages)
        ]
        self._group.answers(calls)

    def advance(self, first: int, updates: int) -> list[list[Span]]:
        """Makes updates; afterwards the network here has the new weights.

        Args:
            first: Number of the first batch, from 0 through all epochs.

        Returns:
            For each update the times in which the stages worked.

        Raises:
            ResultLost: Stages died in every attempt.
        """

        def done() -> list[list[Span]]:
            found = [self._update(batch) for batch in range(first, first + updates)]
            self._fetch()
            return found

        return run_with_recovery(done, self._put, self._context.say, "stage")

    def _update(self, batch: int) -> list[Span]:
        group, last, made = self._group, len(self._stages) - 1, self._made
        calls: list[Call] = []
        turned: list[Call] = []
        for micro in range(self._order.parts_of(batch, self._examples)):
            given: list[Any] = []
            for stage in range(last):
                calls.append(group.call(stage, "forward", made, batch, micro, *given, results=2))
                given = [calls[-1].result(1)]
            turned.append(group.call(last, "turn", made, batch, micro, *given, results=2))
        for micro, call in enumerate(turned):
            calls.append(call)
            for stage in reversed(range(last)):
                gradient = calls[-1].result(1)
                calls.append(group.call(stage, "backward", made, micro, gradient, results=2))
        calls += [group.call(stage, "apply", made) for stage in range(last + 1)]
        spans = [call.answer for call in group.answers(calls)]
        self._made += 1
        return spans

    def _fetch(self) -> None:
        calls = [
            self._group.call(number, "state", self._made) for number in range(len(self._stages))
        ]
        self._group.answers(calls)
        weights, state = zip(*(call.answer for call in calls), strict=True)
        for stage, of_stage in zip(self._stages, weights, strict=True):
            assign(stage.trainable_variables, of_stage)
        self.state = [*state]
