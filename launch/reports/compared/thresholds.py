"""How long runs took to reach a threshold, by their own evaluations during training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from launch.reports.compared.found import Run
from launch.reports.compared.limits import Floats
from launch.reports.compared.measures import Measure, Sample, median


@dataclass(frozen=True, kw_only=True)
class Reached:
    """How long the runs of an agent took; runs that never got there count as endless.

    Attributes:
        threshold: The mean return of an evaluation that had to be reached.
        count: How many runs reached it.
        runs: How many there are.
        steps: Median of the environment steps.
        seconds: Median of the seconds of training, evaluations not counted.
    """

    threshold: float
    count: int
    runs: int
    steps: Measure
    seconds: Measure

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; "never" stands for a time without an end."""
        found = {"steps": _times(self.steps), "seconds": _times(self.seconds)}
        counts = {"threshold": self.threshold, "reached": self.count, "runs": self.runs}
        return {**counts, **found}


def reached(runs: Sequence[Run], threshold: float) -> Reached:
    """How long some runs took to reach a mean return in an evaluation."""
    times = np.array([_first(run.evaluations, threshold) for run in runs])  # [runs, 2]
    return Reached(
        threshold=threshold,
        count=int(np.isfinite(times[:, 0]).sum()),
        runs=len(runs),
        steps=median(Sample(strata=[times[:, 0]])),
        seconds=median(Sample(strata=[times[:, 1]])),
    )


def _first(evaluations: Floats, threshold: float) -> Floats:
    """Steps and seconds of the first evaluation that reaches the threshold."""
    there = evaluations[evaluations[:, 2] >= threshold]
    return there[0, :2] if len(there) else np.array([np.inf, np.inf])


def _times(measure: Measure) -> dict[str, Any]:
    return {
        name: "never" if value == float("inf") else value
        for name, value in measure.to_json().items()
    }
