"""Workers and parameter servers that train one model together (Dean et al. 2012; book, chapter 7).

The servers hold the weights, cut into ranges of rows. Workers take the weights and compute
gradients of their share of a batch. Weights and gradients go directly from process to process: the
job's own process only passes references to them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from common.ranges import split
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.core.sharing.batches import Order
from supervised.core.sharing.group import Call, WorkerGroup, run_with_recovery
from supervised.core.sharing.partition import Partition, owners
from supervised.core.sharing.server import ParameterServer
from supervised.core.sharing.sums import whole
from supervised.core.sharing.worker import GradientWorker, Share, ShareResult, states_of
from supervised.core.variables import assign, values


@dataclass(frozen=True, kw_only=True)
class UpdatesMade:
    """What is known about some updates after they are made.

    Attributes:
        metrics: Keras' metrics over the batches of these updates.
        staleness: For each update, in the order in which they were made, how many updates other
            workers had made since its weights were read.
    """

    metrics: dict[str, float]
    staleness: list[int]


class DistributedTraining:
    """Trains a model with workers and parameter servers, some updates at a time.

    The newest weights are on the servers; after each call the model here has them, too.

    Attributes:
        updates_per_epoch: Batches of an epoch.
    """

    def __init__(
        self,
        model: Any,
        examples: int,
        order: Order,
        partition: Partition,
        workers: WorkerGroup,
        servers: WorkerGroup,
        say: Callable[[str], None],
        synchronous: bool,
    ):
        """Puts the model's weights on the servers.

        Args:
            model: A compiled model whose optimizer is built.
            examples: How many examples an epoch has.
            workers: A group whose members are `GradientWorker`s.
            servers: A group whose members are `ParameterServer`s.
            say: Gets a line for the user about each recovery.
            synchronous: As in `start`.
        """
        self._synchronous = synchronous
        self._model, self._examples, self._order, self._say = model, examples, order, say
        self._partition, self._workers, self._servers = partition, workers, servers
        whose = owners(model.optimizer, len(model.trainable_variables))
        self._slots = partition.of_slots(whose)
        self.updates_per_epoch = order.per_epoch(examples)
        self.put()

    def advance(
        self, first: int, updates: int, told: Callable[[int], None] = lambda done: None
    ) -> UpdatesMade:
        """Makes updates; afterwards the model has the new weights.

        Args:
            first: Number of the first batch, from 0 through all epochs.
            told: Called after each update with the number of updates made so far.

        Raises:
            ResultLost: Servers died in every attempt.
        """

        def done() -> UpdatesMade:
            make = self._in_step if self._synchronous else self._as_they_come
            made = make(first, updates, told)
            self._fetch()
            return made

        return run_with_recovery(done, self.put, self._say, "parameter server")

    def _in_step(self, first: int, updates: int, told: Callable[[int], None]) -> UpdatesMade:
        sums: list[npt.NDArray[Any]] = []  # of the variables of Keras' metrics
        for done, batch in enumerate(range(first, first + updates), 1):
            parts = self._parts(batch)
            shares = [(held.start, held.stop) for held in split(parts, len(self._workers))]
            calls = [self._ask(worker, batch, share) for worker, share in enumerate(shares)]
            self._settle()
            sums = self._take(self._workers.answers(calls), parts, sums)
            told(done)
        return UpdatesMade(metrics=self._metrics(sums), staleness=[0] * updates)

    def _as_they_come(self, first: int, updates: int, told: Callable[[int], None]) -> UpdatesMade:
        batches = iter(range(first, first + updates))
        sums: list[npt.NDArray[Any]] = []  # of the variables of Keras' metrics
        staleness: list[int] = []
        waiting: dict[int, tuple[Call, int, int]] = {}  # by worker: call, its weights, its parts

        def hand_out(worker: int) -> None:
            batch = next(batches, None)
            if batch is not None:
                parts = self._parts(batch)
                waiting[worker] = (self._ask(worker, batch, (0, parts)), self._made, parts)

        for worker in range(len(self._workers)):
            hand_out(worker)
        while waiting:
            self._settle()
            ready = self._workers.answers([call for call, _, _ in waiting.values()], wanted=1)
            for worker, (call, asked_at, parts) in list(waiting.items()):
                if any(call is one for one in ready):
                    del waiting[worker]
                    staleness.append(self._made - asked_at)
                    sums = self._take([call], parts, sums)
                    told(len(staleness))
                    hand_out(worker)
        return UpdatesMade(metrics=self._metrics(sums), staleness=staleness)

    def _take(
        self, calls: Sequence[Call], parts: int, sums: list[npt.NDArray[Any]]
    ) -> list[npt.NDArray[Any]]:
        """Has the servers make an update of the workers' gradients.

        Args:
            calls: The workers' answered calls of `gradients`.
            parts: How many parts the batch has.
            sums: Sums of the metrics' variables over earlier updates.

        Returns:
            The sums over this update, too.
        """
        done: list[ShareResult] = [call.answer for call in calls]
        self._apply(calls, parts)
        moves: list[Any] = whole(parts, (answer.states for answer in done))
        self._states = [a + b for a, b in zip(self._states, moves, strict=True)]
        return _added(sums, done)

    def _metrics(self, sums: Sequence[npt.NDArray[Any]]) -> dict[str, float]:
        (call,) = self._workers.answers([self._workers.call(0, "metrics", sums)])
        return call.answer

    def _parts(self, batch: int) -> int:
        return self._order.parts_of(batch, self._examples)

    def _ask(self, worker: int, batch: int, parts: tuple[int, int]) -> Call:
        """Asks a worker for gradients under the newest weights."""
        share = Share(batch=batch, parts=parts, states=self._states)
        weights = [version.result(1) for version in self._versions]
        results = 1 + self._partition.servers
        return self._workers.call(worker, "gradients", share, *weights, results=results)

    def _apply(self, calls: Sequence[Call], parts: int) -> None:
        """Has the servers begin an update; calls that take its weights wait for them."""
        self._settle()
        self._versions = [
            self._servers.call(
                server,
                "apply",
                self._made,
                parts,
                *(call.result(1 + server) for call in calls),
                results=2,
            )
            for server in range(self._partition.servers)
        ]
        self._settled = False
        self._made += 1

    def _settle(self) -> None:
        """Waits for the update that the servers have begun, if there is one.

        Workers begin after that: while the workers are waited for, nothing would notice a server
        that died.
        """
        if not self._settled:
            self._servers.answers(self._versions)
            self._settled = True

    def put(self) -> None:
        """Puts the model's weights, and its optimizer's state, on the servers."""
        self._workers.forget()
        self._servers.forget()
        variables = self._model.trainable_variables
        weights = values(variables)
        state = values(self._model.optimizer.variables)
        limits = [v.constraint and keras.constraints.serialize(v.constraint) for v in variables]
        self._states = values(states_of(self._model))
        self._made = 0
        self._versions = [
            self._servers.call(
                server,
                "restore",
                self._partition.cut(weights, server),
                self._slots.cut(state, server),
                limits,
                results=2,
            )
            for server in range(self._partition.servers)
        ]
        self._settled = False
        self._settle()

    def _fetch(self) -> None:
        """Gives the model and its optimizer the values that the servers hold."""
        calls = [self._servers.call(s, "state", self._made) for s in range(self._partition.servers)]
        self._settle()
        self._servers.answers(calls)
        weights, slots = zip(*(call.answer for call in calls), strict=True)
        assign(self._model.trainable_variables, self._partition.joined(weights))
        assign(self._model.optimizer.variables, self._slots.joined(slots))
        assign(states_of(self._model), self._states)


@contextmanager
def start(
    model: Any,
    examples: Examples,
    order: Order,
    context: Context,
    workers: int | None = None,
    synchronous: bool = True,
) -> Iterator[DistributedTraining]:
    """Starts workers and parameter servers for a model; they end with the `with` block.

    Args:
        model: A compiled model whose optimizer is built.
        workers: How many workers; None takes as many as the job has.
        synchronous: Whether the workers share the batch of each update. Otherwise an update is made
            from a whole batch as soon as one worker has its gradients: the order of the updates
            depends on how fast the workers are, so no bits repeat.
    """
    partition = Partition.of(model.trainable_variables, context.servers)
    makes = (GradientWorker, model, examples, order, partition)
    optimizer = keras.optimizers.serialize(model.optimizer)
    count = workers or context.workers
    worker_group = context.worker_group(*makes, count=count, name="worker", reserve=True)
    server_group = context.worker_group(
        ParameterServer, optimizer, count=context.servers, name="parameter server", reserve=False
    )
    try:
        yield DistributedTraining(
            model,
            len(examples),
            order,
            partition,
            worker_group,
            server_group,
            context.say,
            synchronous,
        )
    finally:
        worker_group.close()
        server_group.close()


def _added(sums: list[npt.NDArray[Any]], done: Sequence[ShareResult]) -> list[npt.NDArray[Any]]:
    """Adds what a batch's parts add to the metrics' variables, part after part, in float64."""
    for answer in done:
        for part in answer.metrics:
            added = [value.astype(np.float64) for value in part]
            sums = [a + b for a, b in zip(sums, added, strict=True)] if sums else added
    return sums
