"""Full-batch gradient descent on several least-squares problems at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from common.errors import Diverged
from supervised.core.job import Context

Floats = npt.NDArray[np.float64]

_ITERATIONS_PER_CALL = 5_000  # and between checkpoints


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A least-squares problem: rows of inputs, and the target of each.

    Attributes:
        design: [N, D] float64 inputs; a column of ones makes a bias.
        target: [N] float64 targets.
    """

    design: Floats
    target: Floats

    def closed_form(self) -> Floats:
        """The weights [D] with the least mean squared error."""
        weights, *_ = np.linalg.lstsq(self.design, self.target, rcond=None)
        return weights.astype(np.float64)


def descend(
    problems: Sequence[Problem],
    *,
    learning_rate: float,
    iterations: int,
    context: Context,
    phase: str = "descent",
) -> tuple[Floats, Floats]:
    """Follows the gradient of each problem's mean squared error, from weights of 1.

    The cost is |Xw - y|²/N = w'Gw - 2w'm + c with G = X'X/N, m = X'y/N and c = y'y/N, and its
    gradient is 2(Gw - m). So an iteration costs D² operations, whatever the number of rows.

    Args:
        problems: [S] problems with the same number of columns D.
        iterations: Updates of each problem.
        context: The job's context; keeps the state every few thousand iterations.
        phase: Name of this descent where a job has several.

    Returns:
        The weights [S, D], and the first problem's cost before each update and after the last
        [iterations + 1].

    Raises:
        Diverged: A cost or a weight is not finite.
    """
    gram = tf.constant([p.design.T @ p.design / len(p.target) for p in problems])  # [S, D, D]
    moment = tf.constant([p.design.T @ p.target / len(p.target) for p in problems])  # [S, D]
    power = float(np.mean(problems[0].target ** 2))

    def cost(weights: Any, product: Any) -> Any:  # [S, D] each; product is Gw
        return tf.reduce_sum(weights[0] * (product[0] - 2.0 * moment[0])) + power

    @tf.function
    def advance(weights: Any, count: Any) -> Any:  # [S, D], () -> [S, D], [count]
        costs = tf.TensorArray(tf.float64, count)
        for i in tf.range(count):
            product = tf.linalg.matvec(gram, weights)  # [S, D]
            costs = costs.write(i, cost(weights, product))
            weights = weights - learning_rate * 2.0 * (product - moment)
        return weights, costs.stack()

    state = context.restored(phase)
    weights = tf.ones_like(moment) if state is None else tf.constant(state["weights"])
    costs = np.zeros(0) if state is None else state["costs"]
    shown = np.unique(np.geomspace(1, iterations, 100).astype(int))  # a log scale's even steps
    while len(costs) < iterations:
        done = len(costs)
        count = min(_ITERATIONS_PER_CALL, iterations - done)
        weights, found = advance(weights, tf.constant(count))
        costs = np.concatenate([costs, found.numpy()])
        if not (np.isfinite(costs).all() and np.isfinite(weights.numpy()).all()):
            raise Diverged(
                f"{phase}: the cost is no longer finite within {len(costs):,} iterations: "
                f"a learning rate of {learning_rate:g} is too large"
            )
        for iteration in shown[(shown > done) & (shown <= len(costs))]:
            context.scalars(int(iteration), {f"{phase}/cost": float(costs[iteration - 1])})
        context.progress(len(costs), iterations, f"{phase}: cost {costs[-1]:.6g}")
        context.checkpoint(phase, {"weights": weights.numpy(), "costs": costs})
    last = cost(weights, tf.linalg.matvec(gram, weights))
    return weights.numpy(), np.append(costs, float(last))
