"""Ways to make the same updates: by one process, by workers, by TensorFlow's own strategy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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


class Alone:
    """Trains in this process, by Keras' own step for each batch."""

    def __init__(self, model: Any, examples: Examples, order: Order):
        """Takes a compiled model."""
        self._model, self._batches = model, Batches(examples, order)

    def put(self) -> None:
        """Does nothing: the model itself is trained."""

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


class Mirrored:
    """Trains by TensorFlow's `MirroredStrategy`, in another process, whose devices it fixes."""

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
    """Trains one model on several devices of a process; each takes a share of every batch."""

    def __init__(
        self,
        build: Callable[[], keras.Model],
        config: DataParallelConfig,
        examples: Examples,
        order: Order,
    ):
        """Makes the devices, before TensorFlow has computed anything in this process."""
        # This process sees only its own GPUs, not all of the machine's.
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
        """Makes updates; returns Keras' metrics, the weights, and the optimizer's state.

        Raises:
            ResultLost: This process has no weights: it replaces one that died.
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
    """Compiles a network that gives logits with loss, optimizer and metrics of all ways."""
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
) -> Iterator[tuple[Alone | Mirrored | DistributedTraining, str]]:
    """Starts a way by its name, and tells who trains; its processes end with the `with` block.

    Args:
        name: alone, synchronous, asynchronous or mirrored.
        workers: Number of workers; the other ways ignore it.
        build: Makes the network with its initial weights.
        model: The compiled model, which gets the new weights.
    """
    order = Order(batch_size=config.batch_size, parts=config.parts, seed=context.seed("order"))
    if name == "alone":
        yield Alone(model, examples, order), "one process"
    elif name == "mirrored":
        making = (MirroredTrainer, build, config, examples, order)
        group = context.worker_group(*making, count=1, name="strategy", reserve=True)
        try:
            mirrored = Mirrored(model, group, context.say)
            yield mirrored, mirrored.who
        finally:
            group.close()
    else:
        who = f"{name}, {workers} worker{'s' * (workers > 1)}"
        with distributed_training.start(
            model, examples, order, context, workers, name == "synchronous"
        ) as together:
            yield together, who
