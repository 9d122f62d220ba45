"""The chapter's cluster of one parameter server and two workers: 3 · 4, and then 10 · 4.

In the book the second worker binds the name `a` to another number after its product is built, which
cannot give the 40.0 that the book prints. Here it sets the server's `a`, and then multiplies what
the server holds. The book's servers share one process; here each has its own.
"""

import functools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from supervised.core.job import Context, InputError, Result
from supervised.core.sharing.group import check_step, run_with_recovery
from supervised.datasets.source import Loaded
from supervised.parallel.configs import ToyConfig

_PRODUCTS: tuple[str, ...] = ("first", "second")


class Numbers:
    """A parameter server of named numbers; it counts how often they were set."""

    def __init__(self, values: Mapping[str, float]):
        self._values, self._made = dict(values), 0

    def read(self, made: int, *names: str) -> tuple[float, ...]:
        """The values of all numbers after a number of assignments.

        Raises:
            StepMismatch: This server has made another number of assignments: it is a new one.
        """
        check_step(self._made, made)
        return tuple(self._values[name] for name in names)

    def assign(self, made: int, name: str, value: float) -> float:
        """Sets a number; if asked twice, once. `made` is the number of assignments before."""
        check_step(self._made, made, made + 1)
        self._values[name], self._made = value, made + 1
        return value


class Multiplier:
    """A worker, which multiplies."""

    def product(self, a: float, b: float) -> float:
        """The product a · b, by TensorFlow."""
        import tensorflow as tf

        return float(tf.constant(a) * tf.constant(b))


def run(config: ToyConfig, context: Context) -> Result:
    """Has each worker multiply the numbers that the server holds.

    Returns:
        `first` and `second`, the workers' products.

    Raises:
        InputError: There are not two workers.
    """
    if context.workers != 2:
        raise InputError(f"--workers {context.workers}: this cluster has two workers")
    held = {"a": config.a, "b": config.b}
    context.load(lambda _: Loaded(name="two numbers", kind="synthetic"))
    server = context.worker_group(Numbers, held, count=1, name="parameter server", reserve=False)
    workers = context.worker_group(Multiplier, count=2, name="worker", reserve=True)
    products = []

    def product(worker: int) -> float:
        """The worker's product, after one assignment by each worker before it."""
        if worker:
            server.answers([server.call(0, "assign", 0, "a", config.new_a)])
        read = server.call(0, "read", worker, "a", "b", results=2)
        found = workers.call(worker, "product", read.result(0), read.result(1))
        workers.answers([found])
        server.answers([read])
        return found.answer

    def forget() -> None:
        server.forget()
        workers.forget()

    try:
        for worker in range(2):
            work = functools.partial(product, worker)
            products.append(run_with_recovery(work, forget, context.say, "parameter server"))
            context.say(f"worker {worker}: a · b = {products[-1]}")
            context.scalars(worker, {"product": products[-1]})
    finally:
        workers.close()
        server.close()
    rows = {"worker": np.arange(2), "a": [config.a, config.new_a], "b": config.b}
    context.table("products", pd.DataFrame({**rows, "product": products}))
    metrics: dict[str, float] = dict(zip(_PRODUCTS, products, strict=True))
    return Result(
        metrics=metrics if context.final else {},
        validation=metrics,
        optimum=config.new_a * config.b,
    )
