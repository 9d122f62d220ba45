"""The arguments of callbacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agents.weights import Weights
from envs.faults import Fault
from training.evaluation import Summary

EndStatus = Literal["finished", "interrupted"]
"""How a training ended: its budget was spent or its aim reached, or it was interrupted."""


@dataclass(frozen=True, kw_only=True)
class EvaluationDone:
    """The outcome of an evaluation during training.

    Attributes:
        env_steps: Environment steps before it.
        summary: Its returns.
        weights: The weights that were evaluated.
        faults: Environments that failed in it.
        is_best: Whether its mean return is above that of every earlier evaluation.
        solves: Whether it is the first evaluation that reached the threshold.
    """

    env_steps: int
    summary: Summary
    weights: Weights
    faults: Sequence[Fault]
    is_best: bool
    solves: bool


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The policy that evaluations chose: the latest of those with the best mean return.

    Attributes:
        env_steps: Environment steps at which it was evaluated.
        mean_return: Its mean return then.
        weights: Its weights.
    """

    env_steps: int
    mean_return: float
    weights: Weights
