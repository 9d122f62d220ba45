"""What scores of an environment are held to: random, optimum or anchor, solved, their range."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from launch.reports.compared.found import Run
from launch.reports.compared.limits import Floats
from launch.reports.compared.measures import Bounds, Sample
from launch.reports.intervals import mean_known
from launch.run_folder.score_comparison import Comparison


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of an environment without a run.

    Attributes:
        solved: Mean return at which it counts as solved.
        optimum: The best mean return there can be; None where nobody knows it.
        worst: No return is below it; None where there is no such number.
        best: No return is above it.
    """

    solved: float
    optimum: float | None
    worst: float | None
    best: float | None


KNOWN = {
    "CartPole-v0": Known(solved=195.0, optimum=200.0, worst=0.0, best=200.0),
    "CartPole-v1": Known(solved=475.0, optimum=500.0, worst=0.0, best=500.0),
    "Acrobot-v1": Known(solved=-100.0, optimum=None, worst=-500.0, best=0.0),
    "MountainCar-v0": Known(solved=-110.0, optimum=None, worst=-200.0, best=0.0),
    "LunarLander-v3": Known(solved=200.0, optimum=None, worst=None, best=None),
}
"""Gymnasium's own thresholds and limits of steps, in docs/compare.md too."""
_RATE = "success_rate"


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """What the scores of an environment are held to.

    Attributes:
        random: Score of random actions, as the runs measured it: 0 when normalised.
        best: The optimum, or where it is not known the solved mark: 1 when normalised.
        is_optimum: Whether `best` is the optimum.
        solved: Mean return at which a run has reached the threshold.
        marks: The solved marks of the runs where these differ, so that none of them counts; empty
            where they do not, or a threshold was given.
        solved_is_score: Whether that is in the unit of the scores.
        bounds: The lowest and the highest score that there can be.
        is_rate: Whether scores are rates of success.
    """

    random: float | None
    best: float | None
    is_optimum: bool
    solved: float | None
    marks: tuple[float, ...]
    solved_is_score: bool
    bounds: Bounds
    is_rate: bool

    @property
    def is_normal(self) -> bool:
        """Whether scores can be normalised."""
        return self.random is not None and self.best is not None and self.best > self.random

    def normalised(self, scores: Floats) -> Floats:
        """Scores with random as 0 and the optimum or anchor as 1."""
        assert self.random is not None
        assert self.best is not None
        return (scores - self.random) / (self.best - self.random)

    def sample(self, scores: Floats) -> Sample:
        """An agent's scores in this environment."""
        return Sample(strata=[scores], bounds=widened(self.bounds, scores))

    def normalised_sample(self, scores: Floats) -> Sample | None:
        """An agent's scores, normalised: random 0, the best 1; None where these are not known."""
        if not self.is_normal:
            return None
        low_and_high = None if self.bounds is None else self.normalised(np.array(self.bounds))
        bounds = None if low_and_high is None else (float(low_and_high[0]), float(low_and_high[1]))
        return Sample(strata=[self.normalised(scores)], bounds=bounds)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        kind = None if self.best is None else "optimum" if self.is_optimum else "solved mark"
        return {
            "random": self.random,
            "best": self.best,
            "best_is": kind,
            "solved": self.solved,
            "marks": self.marks,
            "bounds": self.bounds,
            "is_rate": self.is_rate,
        }


def of(runs: Sequence[Run], threshold: float | None) -> Anchors:
    """What the scores of an environment are held to.

    Args:
        runs: The runs in it.
        threshold: The mean return to reach, in place of the solved mark.
    """
    known = KNOWN.get(runs[0].environment)
    claims = [run.result.claim for run in runs]
    random, optimum = _ends(known, claims)
    marks = sorted({run.solved_at for run in runs if run.solved_at is not None})
    solved = marks[0] if len(marks) == 1 else known and known.solved
    return Anchors(
        random=random,
        best=solved if optimum is None else optimum,
        is_optimum=optimum is not None,
        solved=solved if threshold is None else threshold,
        marks=tuple(marks) if len(marks) > 1 and threshold is None else (),
        solved_is_score=all((r.evaluations[:, 2] == r.evaluations[:, 3]).all() for r in runs),
        bounds=score_range(runs[0].environment, claims),
        is_rate=claims[0].metric == _RATE,
    )


def score_range(environment: str, claims: Sequence[Comparison]) -> Bounds:
    """The range of scores: a known one, else from random, or the worst run, to the optimum.

    Evaluations during training are of few episodes and widen nothing.

    Args:
        environment: The environment, with what is changed about it.
        claims: The scores of all runs in it that are told together.

    Returns:
        None where nobody knows it.
    """
    if claims[0].metric == _RATE:
        return 0.0, 1.0
    known = KNOWN.get(environment)
    if known is not None:
        if known.worst is None or known.best is None:
            return None
        return known.worst, known.best
    random, optimum = _ends(known, claims)
    if random is None or optimum is None:
        return None
    scores = [score for claim in claims for score in (claim.ours, claim.final) if score is not None]
    return float(min(random, *scores)), float(max(optimum, *scores))


def widened(bounds: Bounds, scores: Floats) -> Bounds:
    """The range with scores that it was not made from, such as evaluations during training."""
    if bounds is None:
        return None
    return min(bounds[0], float(scores.min())), max(bounds[1], float(scores.max()))


def _ends(known: Known | None, claims: Sequence[Comparison]) -> tuple[float | None, float | None]:
    """The scores of random actions and of the optimum, where they are known."""
    optima = [claim.optimum for claim in claims if claim.optimum is not None]
    # Of agents with several γ each has the best stationary policy's for its own: the best of them.
    optimum = max(optima) if optima else known and known.optimum
    return mean_known([claim.baseline for claim in claims]), optimum
