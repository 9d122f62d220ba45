"""Exact planning on a known model: the optimum a tabular experiment is measured against."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class TabularModel:
    """A finite model with at most O outcomes for each of S states and A actions.

    Attributes:
        probability: [S, A, O] of each outcome; zero where there are fewer than O.
        successor: [S, A, O] integer states.
        reward: [S, A, O].
        terminal: [S, A, O] bool, the outcome ends the episode.
        start: [S] distribution of the first state.
        legal: [S, A] bool, which actions may be taken; None where all may.
    """

    probability: npt.NDArray[np.float64]
    successor: npt.NDArray[np.int64]
    reward: npt.NDArray[np.float64]
    terminal: npt.NDArray[np.bool_]
    start: npt.NDArray[np.float64]
    legal: npt.NDArray[np.bool_] | None = None

    def backup(self, values: npt.NDArray[np.float64], discount: float) -> npt.NDArray[np.float64]:
        """One Bellman backup: action values [S, A] of the successors' `values` [S].

        Those of illegal actions are the least numbers there are: finite, because the probability 0
        of an action times -infinity would be none.
        """
        follow = np.where(self.terminal, 0.0, discount * values[self.successor])
        q = np.sum(self.probability * (self.reward + follow), axis=-1)
        return q if self.legal is None else np.where(self.legal, q, np.finfo(np.float64).min)


def value_iteration(
    model: TabularModel, discount: float, tolerance: float = 1e-10
) -> npt.NDArray[np.float64]:
    """Optimal action values [S, A] (Sutton and Barto 2018, section 4.4).

    Raises:
        ValueError: `discount` is not in [0, 1): the iteration need not converge.
    """
    if not 0.0 <= discount < 1.0:
        raise ValueError(f"value iteration needs a discount in [0, 1), got {discount}")
    values = np.zeros(len(model.start))
    while True:
        q = model.backup(values, discount)
        change = np.max(np.abs(q.max(axis=1) - values))
        values = q.max(axis=1)
        if change < tolerance:
            return q


def optimal_values(
    model: TabularModel, discount: float, sweeps: int = 1_000
) -> npt.NDArray[np.float64]:
    """Optimal action values [S, A]; undiscounted, those of that many steps."""
    if discount < 1.0:
        return value_iteration(model, discount)
    values = np.zeros(len(model.start))
    for _ in range(sweeps):
        values = model.backup(values, 1.0).max(axis=1)
    return model.backup(values, 1.0)


def expected_return(model: TabularModel, policy: npt.NDArray[np.float64], steps: int) -> float:
    """Exact undiscounted return of a stationary policy in episodes of at most `steps`.

    Args:
        model: The model.
        policy: [S, A] probabilities of each action.
        steps: The episode's limit, in steps.
    """
    values = np.zeros(len(model.start))
    for _ in range(steps):
        values = np.sum(policy * model.backup(values, 1.0), axis=1)
    return float(model.start @ values)


def best_return(model: TabularModel, steps: int) -> float:
    """Best expected undiscounted return in `steps`, by a policy that knows the time left."""
    values = np.zeros(len(model.start))
    for _ in range(steps):
        values = model.backup(values, 1.0).max(axis=1)
    return float(model.start @ values)


def greedy(q: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The deterministic policy [S, A] that takes the first best action of `q` [S, A]."""
    return np.eye(q.shape[1])[q.argmax(axis=1)]
