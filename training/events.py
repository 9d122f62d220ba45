"""What callbacks are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agents.weights import Weights
from envs.faults import Fault
from training.evaluation import Summary

Status = Literal["finished", "interrupted"]
"""How a training came to its end: its budget is spent or its aim reached, or it was stopped."""


@dataclass(frozen=True, kw_only=True)
class EvaluationDone:
    """An evaluation of a training under way.

    Attributes:
        env_steps: Environment steps before it.
        summary: Its returns.
        faults: Environments that failed in it.
        is_best: Whether its mean return is above that of every one before it.
        solves: Whether it is the first that reached the threshold.
    """

    env_steps: int
    summary: Summary
    faults: Sequence[Fault]
    is_best: bool
    solves: bool


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The policy that evaluations chose: the latest of those with the best mean return.

    Attributes:
        env_steps: Environment steps at which it was evaluated.
        mean_return: Its mean return then.
        weights: What it acts with.
    """

    env_steps: int
    mean_return: float
    weights: Weights
