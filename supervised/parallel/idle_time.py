"""The times in which stages of a pipeline work, and the share of time that they wait."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time in which a stage works.

    Attributes:
        stage: Number of the stage, from 0.
        kind: What it does: forward, backward or apply.
        began: Start in seconds, by the clock of the stage's machine.
        ended: End in seconds, by the clock of the stage's machine.
    """

    stage: int
    kind: str
    began: float
    ended: float


def idle_share(spans: Sequence[Span], stages: int) -> float:
    """The share of time that stages waited, from the first start to the last end.

    It is only right for stages on one machine: the clocks of machines differ.
    """
    busy = sum(span.ended - span.began for span in spans)
    whole = max(span.ended for span in spans) - min(span.began for span in spans)
    return 1 - busy / (stages * whole)


def ideal_idle_share(forward: Sequence[float], backward: Sequence[float], count: int) -> float:
    """The share of time that stages would wait if only their work took time.

    Args:
        forward: For each stage the seconds of a micro-batch's forward pass; that of the last stage
            is part of `backward`.
        backward: For each stage the seconds of a micro-batch's backward pass.
        count: Number of micro-batches.
    """
    stages = len(forward)
    free = [0.0] * stages
    there = [[0.0] * count for _ in range(stages + 1)]
    for micro in range(count):
        for stage in range(stages - 1):
            free[stage] = max(free[stage], there[stage][micro]) + forward[stage]
            there[stage + 1][micro] = free[stage]
    back = [0.0] * count
    for micro in range(count):
        arrived = there[stages - 1][micro]
        for stage in reversed(range(stages)):
            free[stage] = max(free[stage], arrived) + backward[stage]
            arrived = free[stage]
        back[micro] = arrived
    busy = count * (sum(forward[:-1]) + sum(backward))
    return 1 - busy / (stages * max(back))
