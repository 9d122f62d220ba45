"""Workers and parameter servers that train one model together (Dean et al. 2012; book, chapter 7).

The servers have the weights, cut into ranges of rows. Workers take them, compute gradients of their
share of a batch, and those go straight to the servers. Whoever calls them passes references on.
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
from supervised.core.sharing.group import Call, Crew, insist
from supervised.core.sharing.partition import Layout, owners
from supervised.core.sharing.server import ParameterServer
from supervised.core.sharing.sums import whole
from supervised.core.sharing.worker import Done, GradientWorker, Share, states_of
from supervised.core.variables import assign, values


@dataclass(frozen=True, kw_only=True)
class Made:
    """What some updates came to.

    Attributes:
        figures: Keras' figures over their batches.
        staleness: For each update in its order, the updates that others had made since its weights
            were read.
    """

    figures: dict[str, float]
    staleness: list[int]


class Team:
    """Workers and servers; the weights are on the servers until they are fetched.

    Attributes:
        updates_per_epoch: Batches of an epoch.
    """

    def __init__(
        self,
        model: Any,
        examples: int,
        order: Order,
        layout: Layout,
        workers: Crew,
        servers: Crew,
        say: Callable[[str], None],
    ):
        """Puts the model's weights on the servers.

        Args:
            model: Compiled, its optimizer built.
            examples: Of an epoch.
            order: Of their batches.
            layout: Of the servers.
            workers: Of `GradientWorker`.
            servers: Of `ParameterServer`.
            say: Told what went wrong and was mended.
        """
        self._model, self._examples, self._order, self._say = model, examples, order, say
        self._layout, self._workers, self._servers = layout, workers, servers
        whose = owners(model.optimizer, len(model.trainable_variables))
        self._slots = layout.of_slots(whose)
        self.updates_per_epoch = order.per_epoch(examples)
        self.put()

    def synchronously(
        self, first: int, updates: int, told: Callable[[int], None] = lambda done: None
    ) -> Made:
        """Makes updates for each of which the workers share a batch.

        Args:
            first: The batch to begin with, counted from 0 through the epochs.
            updates: How many; the model has the weights after them.
            told: Told how many are made, after each.

        Raises:
            Lost: Servers die again and again.
        """
        return self._insisting(lambda: self._in_step(first, updates, told))

    def asynchronously(
        self, first: int, updates: int, told: Callable[[int], None] = lambda done: None
    ) -> Made:
        """The same where each worker has batches of its own, and whoever is ready makes an update.

        No order is kept, and no bits repeat.
        """
        return self._insisting(lambda: self._as_they_come(first, updates, told))

    def _insisting(self, work: Callable[[], Made]) -> Made:
        def done() -> Made:
            made = work()
            self._fetch()
            return made

        return insist(done, self.put, self._say, "parameter server")

    def _in_step(self, first: int, updates: int, told: Callable[[int], None]) -> Made:
        metrics: list[npt.NDArray[Any]] = []
        for done, batch in enumerate(range(first, first + updates), 1):
            parts = self._parts(batch)
            shares = [(held.start, held.stop) for held in split(parts, len(self._workers))]
            calls = [self._ask(worker, batch, share) for worker, share in enumerate(shares)]
            self._settle()
            metrics = self._take(self._workers.answers(calls), parts, metrics)
            told(done)
        return Made(figures=self._figures(metrics), staleness=[0] * updates)

    def _as_they_come(self, first: int, updates: int, told: Callable[[int], None]) -> Made:
        batches = iter(range(first, first + updates))
        metrics: list[npt.NDArray[Any]] = []
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
                    metrics = self._take([call], parts, metrics)
                    told(len(staleness))
                    hand_out(worker)
        return Made(figures=self._figures(metrics), staleness=staleness)

    def _take(
        self, calls: Sequence[Call], parts: int, metrics: list[npt.NDArray[Any]]
    ) -> list[npt.NDArray[Any]]:
        """Has the servers make an update of what workers have done; the metrics with it."""
        done: list[Done] = [call.answer for call in calls]
        self._apply(calls, parts)
        moves: list[Any] = whole(parts, (answer.states for answer in done))
        self._states = [a + b for a, b in zip(self._states, moves, strict=True)]
        return _added(metrics, done)

    def _figures(self, metrics: Sequence[npt.NDArray[Any]]) -> dict[str, float]:
        (call,) = self._workers.answers([self._workers.call(0, "figures", metrics)])
        return call.answer

    def _parts(self, batch: int) -> int:
        return self._order.parts_of(batch, self._examples)

    def _ask(self, worker: int, batch: int, parts: tuple[int, int]) -> Call:
        """Asks a worker for gradients under the newest weights."""
        share = Share(batch=batch, parts=parts, states=self._states)
        weights = [version.result(1) for version in self._versions]
        results = 1 + self._layout.servers
        return self._workers.call(worker, "gradients", share, *weights, results=results)

    def _apply(self, calls: Sequence[Call], parts: int) -> None:
        """Has the servers make an update; whoever needs its weights waits for them."""
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
            for server in range(self._layout.servers)
        ]
        self._settled = False
        self._made += 1

    def _settle(self) -> None:
        """Waits for the servers, and sees to them, if that has not been done since they moved.

        Workers begin no earlier: while they are waited for, nobody looks after a server.
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
                self._layout.cut(weights, server),
                self._slots.cut(state, server),
                limits,
                results=2,
            )
            for server in range(self._layout.servers)
        ]
        self._settled = False
        self._settle()

    def _fetch(self) -> None:
        """Brings the model and its optimizer up to what the servers have."""
        calls = [self._servers.call(s, "state", self._made) for s in range(self._layout.servers)]
        self._settle()
        self._servers.answers(calls)
        weights, slots = zip(*(call.answer for call in calls), strict=True)
        assign(self._model.trainable_variables, self._layout.joined(weights))
        assign(self._model.optimizer.variables, self._slots.joined(slots))
        assign(states_of(self._model), self._states)


@contextmanager
def hired(
    model: Any,
    examples: Examples,
    order: Order,
    context: Context,
    workers: int | None = None,
) -> Iterator[Team]:
    """A team for a model, for as long as it is needed.

    Args:
        model: Compiled, its optimizer built.
        examples: What it learns from.
        order: Of its batches.
        context: The job's.
        workers: How many; None are as many as the job has.
    """
    layout = Layout.of(model.trainable_variables, context.servers)
    makes = (GradientWorker, model, examples, order, layout)
    optimizer = keras.optimizers.serialize(model.optimizer)
    hands = context.crew(*makes, count=workers or context.workers, name="worker", reserve=True)
    stores = context.crew(
        ParameterServer, optimizer, count=context.servers, name="parameter server", reserve=False
    )
    try:
        yield Team(model, len(examples), order, layout, hands, stores, context.say)
    finally:
        hands.close()
        stores.close()


def _added(sums: list[npt.NDArray[Any]], done: Sequence[Done]) -> list[npt.NDArray[Any]]:
    """Metrics' variables, with those of a batch's parts added in their order, in float64."""
    for answer in done:
        for part in answer.metrics:
            added = [value.astype(np.float64) for value in part]
            sums = [a + b for a, b in zip(sums, added, strict=True)] if sums else added
    return sums
