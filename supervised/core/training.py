"""The one training loop: Keras' own `fit` with checkpoints, resumable to the same bits."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from common.errors import Diverged
from supervised.core import networks
from supervised.core.examples import Batched, Examples, Inputs, Stored, keras_inputs
from supervised.core.job import Context, InputError
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.core.sharing import distributed_training
from supervised.core.sharing.batches import Order
from supervised.core.variables import assign, values

_LOOK_SECONDS = 2.0  # between two words about an epoch under way
_UPDATES_PER_CALL = 32  # of the compiled function: Python is entered between calls only
_SCORING_BATCH = 1_000


class Settings(Protocol):
    """What the settings of a job must have so that it can train a model."""

    @property
    def optimizer(self) -> OptimizerConfig: ...

    @property
    def fit(self) -> FitConfig: ...


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The course of a training, and the epoch that is kept.

    Attributes:
        history: One record per epoch: `epoch` (from 1) and Keras' metrics.
        best_epoch: The epoch whose weights the model has.
    """

    history: list[dict[str, float]]
    best_epoch: int


def updates(examples: int, config: FitConfig) -> int:
    """Number of updates of a whole training, over which the step size falls."""
    return math.ceil(examples / config.batch_size) * config.epochs


def compile_model(
    model: keras.Model, optimizer: Any, loss: Any, metrics: list[Any] | None = None
) -> None:
    """Compiles a model so that a call of TensorFlow makes many updates; the bits stay the same."""
    several = tf.distribute.get_strategy().num_replicas_in_sync > 1
    # Keras' loop over several updates asks a distributed iterator where it ends, in vain.
    calls = 1 if several else _UPDATES_PER_CALL
    # XLA would compile anew for every shape; Keras takes it only where bits need not be the same.
    jit: Any = False  # typed as a word
    model.compile(optimizer, loss, metrics=metrics, steps_per_execution=calls, jit_compile=jit)


def train(
    model: keras.Model,
    examples: Batched,
    validation: Examples | Stored | None,
    config: Settings,
    loss: Any,
    context: Context,
    *,
    metrics: list[Any] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    phase: str = "fit",
    scoring_batch: int = _SCORING_BATCH,
) -> Fitted:
    """Compiles a model as a job's settings say, and trains it.

    Args:
        model: A model that is not compiled yet.
        validation: What is scored after each epoch, or None.
        metrics: Metrics of each epoch beside the loss.
        callbacks: Keras callbacks; what they add to an epoch's logs is part of the history.
        phase: Name of this training where a job has several.
        scoring_batch: How many validation examples are scored at once.

    Raises:
        Diverged: A loss is not finite.
    """
    rule = networks.optimizer(config.optimizer, updates(len(examples), config.fit))
    compile_model(model, rule, loss, metrics)
    return fit(model, examples, validation, config.fit, context, phase, callbacks, scoring_batch)


def fit(
    model: keras.Model,
    train: Batched,
    validation: Examples | Stored | None,
    config: FitConfig,
    context: Context,
    phase: str = "fit",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    scoring_batch: int = _SCORING_BATCH,
) -> Fitted:
    """Trains a compiled model, from where its last checkpoint left it.

    Every epoch has its own order of the examples, which depends on seed, phase and epoch alone. The
    state after each epoch goes to the context: weights, optimizer, seeds of dropout, history.

    Args:
        model: A compiled model; has the weights of `best_epoch` afterwards.
        validation: What is scored after each epoch, or None.
        phase: Name of this training where a job has several.
        callbacks: Keras callbacks; what they add to an epoch's logs is part of the history.
        scoring_batch: How many validation examples are scored at once.

    Raises:
        Diverged: A loss is not finite.
    """
    model.optimizer.build(model.trainable_variables)
    follower = _Follower(model, len(train), config, context, phase)
    first = follower.restore()
    if first < config.epochs and not follower.over:
        context.activity("compiling")
        order = Order(
            batch_size=config.batch_size, parts=config.parts, seed=context.seed(f"{phase}/order")
        )
        data: Any = validation
        if isinstance(validation, Examples):
            data = (keras_inputs(validation.x), validation.y)
        elif validation is not None:
            data = validation.in_order(scoring_batch)
        following = [*callbacks, follower]
        if context.workers:
            epochs = range(first, config.epochs)
            _share(model, train, data, order, epochs, scoring_batch, following, context)
        else:
            model.fit(
                train.batches(order.batch_size, order.seed, follower.epoch),
                validation_data=data,
                validation_batch_size=scoring_batch,
                initial_epoch=first,
                epochs=config.epochs,
                callbacks=following,
                shuffle=False,
                verbose=0,  # type: ignore[arg-type]
            )
    context.activity("scoring")
    if config.keep == "best" and follower.best_variables is not None:
        assign(model.variables, follower.best_variables)
        return Fitted(history=follower.history, best_epoch=follower.best_epoch)
    return Fitted(history=follower.history, best_epoch=len(follower.history))


def _share(
    model: Any,
    train: Batched,
    validation: Any,
    order: Order,
    epochs: range,
    scoring_batch: int,
    callbacks: Sequence[keras.callbacks.Callback],
    context: Context,
) -> None:
    """Trains like Keras' `fit`, with workers that share each batch.

    Raises:
        InputError: The examples are not in memory, or there are more workers than parts.
    """
    if not isinstance(train, Examples):
        raise InputError("--workers: these examples are read from disk as they come; leave it out")
    most = min(order.parts, order.batch_size)
    if context.workers > most:
        raise InputError(
            f"--workers {context.workers}: a batch of {order.batch_size} is cut into {most} parts "
            f"(--fit.parts), and each worker needs one"
        )
    calls: Any = keras.callbacks.CallbackList(list(callbacks), model=model)
    with distributed_training.start(model, train, order, context) as shared:
        model.stop_training = False
        for epoch in epochs:
            calls.on_epoch_begin(epoch)
            updates = shared.updates_per_epoch
            made = shared.advance(
                epoch * updates, updates, lambda done: calls.on_train_batch_end(done - 1)
            )
            logs = made.metrics
            if validation is not None:
                x, y = validation
                found = model.evaluate(x, y, batch_size=scoring_batch, return_dict=True, verbose=0)
                logs |= {f"val_{name}": value for name, value in found.items()}
            calls.on_epoch_end(epoch, logs)
            if model.stop_training:
                break


def predict(model: keras.Model, x: Inputs) -> npt.NDArray[np.float32]:
    """The model's outputs [N, ...] for inputs in memory."""
    return model.predict(keras_inputs(x), batch_size=_SCORING_BATCH, verbose=0)  # type: ignore[arg-type]


class _Follower(keras.callbacks.Callback):
    """Reports a training to the job's context, keeps its state there, and restores it."""

    def __init__(
        self, model: keras.Model, examples: int, config: FitConfig, context: Context, phase: str
    ):
        super().__init__()
        self._model, self._config, self._context, self._phase = model, config, context, phase
        self.epoch = tf.Variable(tf.constant(0), trainable=False)
        self._updates = math.ceil(examples / config.batch_size)
        self._said = time.monotonic()
        self._scores = ""
        self.history: list[dict[str, float]] = []
        self.best_epoch = 0
        self.best_variables: list[npt.NDArray[Any]] | None = None
        self._best_loss = math.inf
        self.over = False

    def restore(self) -> int:
        """Gives the model the state of the last checkpoint; returns the number of epochs done."""
        state = self._context.restored(self._phase)
        if state is None:
            return 0
        assign(self._model.variables, state["variables"])
        assign(self._model.optimizer.variables, state["optimizer"])
        self.history = [dict(record) for record in state["history"]]
        self.best_epoch, self._best_loss = state["best_epoch"], state["best_loss"]
        self.best_variables = state["best_variables"]
        self.over = state["over"]
        return len(self.history)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch.assign(epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if time.monotonic() - self._said >= _LOOK_SECONDS:
            done = min(batch + 1, self._updates)  # a call of many updates counts those it lacks
            self._say(len(self.history) * self._updates + done, "")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        if not all(math.isfinite(value) for value in metrics.values()):
            raise Diverged(f"{self._phase}: the loss is no longer finite in epoch {epoch + 1}")
        self.history.append({"epoch": epoch + 1, **metrics})
        self._remember_best(epoch + 1, metrics)
        self._context.scalars(
            epoch + 1, {f"{self._phase}/{name}": value for name, value in metrics.items()}
        )
        text = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        self._say((epoch + 1) * self._updates, text)
        self._context.checkpoint(self._phase, self._state())
        if self.over:
            self._model.stop_training = True

    def _remember_best(self, epoch: int, metrics: Mapping[str, float]) -> None:
        loss = metrics.get("val_loss")
        if loss is None:
            return
        if loss < self._best_loss:
            self._best_loss, self.best_epoch = loss, epoch
            if self._config.keep == "best":
                self.best_variables = values(self._model.variables)
        elif self._config.patience and epoch - self.best_epoch >= self._config.patience:
            self.over = True

    def _say(self, done: int, text: str) -> None:
        self._said = time.monotonic()
        epoch = min(len(self.history) + (text == ""), self._config.epochs)
        text = text or self._scores  # in an epoch under way, those of the one before it
        self._scores = text
        where = f"{self._phase}: epoch {epoch}/{self._config.epochs}"
        self._context.progress(
            done, self._config.epochs * self._updates, f"{where}  {text}".rstrip()
        )

    def _state(self) -> dict[str, Any]:
        return {
            "variables": values(self._model.variables),
            "optimizer": values(self._model.optimizer.variables),
            "history": self.history,
            "best_epoch": self.best_epoch,
            "best_loss": self._best_loss,
            "best_variables": self.best_variables,
            "over": self.over,
        }
