"""Ways to make the same updates: by one process, by a team, by TensorFlow's own strategy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import keras
import numpy.typing as npt
import tensorflow as tf

from supervised.core import networks, training
from supervised.core.classifiers import cross_entropy
from supervised.core.examples import Examples, keras_inputs
from supervised.core.job import Context
from supervised.core.sharing import distributed_training
from supervised.core.sharing.batches import Batches, Order
from supervised.core.sharing.distributed_training import DistributedTraining, UpdatesMade
from supervised.core.sharing.group import ResultLost, WorkerGroup, run_with_recovery
from supervised.core.variables import assign, values
from supervised.parallel.configs import DataParallelConfig

Weights = list[npt.NDArray[Any]]


class Way(Protocol):
    """Trains a model, some updates at a time, from the weights that it has when this is made.

    Attributes:
        who: What trains it, as plots name it.
    """

    @property
    def who(self) -> str: ...

    def put(self) -> None:
        """Begins again, from the weights that the model has now."""
        ...

    def advance(self, first: int, updates: int) -> UpdatesMade:
        """Makes updates, from a batch counted from 0 through the epochs; the model has them."""
        ...


class Alone:
    """This process, a batch at a time: Keras' own step."""

    who = "one process"

    def __init__(self, model: Any, examples: Examples, order: Order):
        """Takes a compiled model."""
        self._model, self._batches = model, Batches(examples, order)

    def put(self) -> None:
        """The model itself is trained."""

    def advance(self, first: int, updates: int) -> UpdatesMade:
        self._model.reset_metrics()
        metrics: dict[str, Any] = {}
        for batch in range(first, first + updates):
            examples = self._batches.of(batch)
            metrics = self._model.train_on_batch(
                keras_inputs(examples.x), examples.y, return_dict=True
            )
        told = {name: float(value) for name, value in metrics.items()}
        return UpdatesMade(metrics=told, staleness=[0] * updates)


class Together:
    """Workers and parameter servers."""

    def __init__(self, members: DistributedTraining, who: str, *, in_step: bool):
        """Takes a team, which has the model's weights."""
        self._team, self.who, self._in_step = members, who, in_step

    def put(self) -> None:
        self._team.put()

    def advance(self, first: int, updates: int) -> UpdatesMade:
        if self._in_step:
            return self._team.train_synchronously(first, updates)
        return self._team.train_asynchronously(first, updates)


class Mirrored:
    """TensorFlow's `MirroredStrategy`, in a process of its own: it fixes the devices there."""

    def __init__(self, model: Any, member: WorkerGroup, say: Callable[[str], None]):
        """Has a process of its own train the model.

        Args:
            model: The compiled model.
            member: A group whose one member is a `MirroredTrainer`.
            say: Gets a line for the user about each recovery.
        """
        self._model, self._group, self._say = model, member, say
        self.who = f"MirroredStrategy, {self._call('devices')}"
        self.put()

    def put(self) -> None:
        self._group.forget()
        self._call("put", self._model.get_weights(), values(self._model.optimizer.variables))

    def advance(self, first: int, updates: int) -> UpdatesMade:
        """As `Way`.

        Raises:
            ResultLost: The process dies again and again.
        """

        def done() -> tuple[dict[str, float], Weights, Weights]:
            return self._call("advance", first, updates)

        metrics, weights, state = run_with_recovery(done, self.put, self._say, "strategy")
        self._model.set_weights(weights)
        assign(self._model.optimizer.variables, state)
        return UpdatesMade(metrics=metrics, staleness=[0] * updates)

    def _call(self, method: str, *arguments: Any) -> Any:
        (call,) = self._group.answers([self._group.call(0, method, *arguments)])
        return call.answer


class MirroredTrainer:
    """One model on several devices of a process, each with its share of every batch."""

    def __init__(
        self,
        build: Callable[[], keras.Model],
        config: DataParallelConfig,
        examples: Examples,
        order: Order,
    ):
        """Makes the devices; before TensorFlow has computed anything here.

        Args:
            build: Makes the network.
            config: The job's settings.
            examples: What it learns from.
            order: Of its batches.
        """
        # Those of this process: it does not see all that the machine has.
        kind = "GPU" if len(tf.config.get_visible_devices("GPU")) >= config.replicas else "CPU"
        if kind == "CPU":
            cpu = tf.config.list_physical_devices("CPU")[0]
            devices = [tf.config.LogicalDeviceConfiguration() for _ in range(config.replicas)]
            tf.config.set_logical_device_configuration(cpu, devices)
        names = [f"{kind}:{number}" for number in range(config.replicas)]
        self._strategy = tf.distribute.MirroredStrategy(names)
        self._batches = Batches(examples, order)
        with self._strategy.scope():
            self._model: Any = build()
            compiled(self._model, config)
            self._model.optimizer.build(self._model.trainable_variables)
        self._ready = False
        self._devices = f"{config.replicas} {'GPUs' if kind == 'GPU' else 'logical CPUs'}"

    def devices(self) -> str:
        """The devices that it trains on, as plots name them."""
        return self._devices

    def put(self, weights: Weights, state: Weights) -> None:
        """Begins from these weights, and this state of the optimizer."""
        self._model.set_weights(weights)
        assign(self._model.optimizer.variables, state)
        self._ready = True

    def advance(self, first: int, updates: int) -> tuple[dict[str, float], Weights, Weights]:
        """Makes updates; Keras' metrics of them, the weights, and the optimizer's state.

        Raises:
            ResultLost: This is a new process, in the place of one that died.
        """
        if not self._ready:
            raise ResultLost("its process died, and the weights with it")
        data: Any = None
        for examples in self._batches.epochs(first, updates):
            columns = (keras_inputs(examples.x), examples.y)
            sliced: Any = tf.data.Dataset.from_tensor_slices(columns)
            batches = sliced.batch(self._batches.order.batch_size)
            data = batches if data is None else data.concatenate(batches)
        history = self._model.fit(data, epochs=1, shuffle=False, verbose=0).history
        metrics = {name: found[-1] for name, found in history.items()}
        return metrics, self._model.get_weights(), values(self._model.optimizer.variables)


def compiled(model: keras.Model, config: DataParallelConfig) -> None:
    """Compiles a network of logits as all ways have it."""
    optimizer = networks.optimizer(config.optimizer, config.updates)
    training.compile_model(model, optimizer, cross_entropy(), ["accuracy"])


@contextmanager
def way(
    name: str,
    workers: int,
    build: Callable[[], keras.Model],
    model: Any,
    examples: Examples,
    config: DataParallelConfig,
    context: Context,
) -> Iterator[Way]:
    """A way by its name, for as long as it is needed.

    Args:
        name: alone, synchronous, asynchronous or mirrored.
        workers: Of a team.
        build: Makes the network anew.
        model: Compiled; the way brings it up to date.
        examples: What it learns from.
        config: The job's settings.
        context: The job's context.
    """
    order = Order(batch_size=config.batch_size, parts=config.parts, seed=context.seed("order"))
    if name == "alone":
        yield Alone(model, examples, order)
    elif name == "mirrored":
        making = (MirroredTrainer, build, config, examples, order)
        group = context.worker_group(*making, count=1, name="strategy", reserve=True)
        try:
            yield Mirrored(model, group, context.say)
        finally:
            group.close()
    else:
        with distributed_training.start(model, examples, order, context, workers) as members:
            who = f"{name}, {workers} worker{'s' * (workers > 1)}"
            yield Together(members, who, in_step=name == "synchronous")
