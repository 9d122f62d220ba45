"""Measures of an agent over its seeds, and of two agents, each with an interval that covers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from launch.reports.compared import limits
from launch.reports.compared.limits import ENOUGH, TRIM, Floats, Limits, Strata

Bounds = tuple[float, float] | None
"""The lowest and the highest score that there can be; None where they are not known."""
METHODS = {
    "t": "Student's t at 99 %",
    "w": "Welch's t at 98 %",
    "b": "percentile bootstrap at 98 %",
    "k": "Kolmogorov-Smirnov band between the lowest and the highest score there can be",
    "o": "order statistics",
    "c": "Clopper-Pearson",
}
"""What computed an interval, by the letter that stands behind it."""
NAMES = {
    "iqm": "IQM",
    "median": "median",
    "mean": "mean",
    "optimality_gap": "optimality gap",
}
"""The measures of an agent, and what they are called."""
_QUARTILES = (TRIM, 1 - TRIM)
_MEDIAN_RUNS = 6


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure with its 95 % interval.

    Attributes:
        value: The measure.
        low: Lower limit; None where no interval covers.
        high: Upper limit.
        method: Which of `METHODS` the interval is; empty where there is none.
        why: Why there is no interval; else empty.
    """

    value: float
    low: float | None = None
    high: float | None = None
    method: str = ""
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, the method in words."""
        found: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high}
        return {**found, "method": METHODS.get(self.method), "why": self.why or None}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Scores of an agent.

    Attributes:
        strata: [N] scores in each environment, as many in each.
        bounds: The lowest and the highest score that there can be; None where they are not known.
        steady: Whether hardly any run fails outright, as of supervised trainings: Student's t
            covers then from three runs on.
    """

    strata: Strata
    bounds: Bounds = None
    steady: bool = False

    @property
    def pooled(self) -> Floats:
        """The scores of all environments."""
        return np.concatenate(self.strata)

    @property
    def enough(self) -> bool:
        """Whether there are enough runs in each environment for t and the bootstrap."""
        return all(len(scores) >= ENOUGH for scores in self.strata)

    @property
    def is_banded(self) -> bool:
        """Whether its range is known, so that any number of runs has an interval."""
        return self.bounds is not None and len(self.strata) == 1


def mean(sample: Sample) -> Measure:
    """The mean; over several environments that of their means."""
    value = float(sample.pooled.mean())
    if sample.enough or sample.steady:
        shares = [1 / len(sample.strata)] * len(sample.strata)
        found = limits.students(sample.strata, shares, limits.OF_MEANS)
        within = found if sample.bounds is None else np.clip(found, *sample.bounds)
        return _with(value, (within[0], within[1]), "t")
    if sample.is_banded:
        assert sample.bounds is not None
        return _with(value, limits.banded(sample.strata[0], sample.bounds), "k")
    return Measure(value=value, why=_few(sample))


def iqm(sample: Sample) -> Measure:
    """The interquartile mean, of the runs of all environments together."""
    value = float(limits.iqm(sample.pooled))
    if sample.enough:
        return _with(value, limits.bootstrapped(sample.strata, _pooled_iqm), "b")
    if sample.is_banded:
        assert sample.bounds is not None
        return _with(value, limits.banded(sample.strata[0], sample.bounds, _QUARTILES), "k")
    return Measure(value=value, why=_few(sample))


def median(sample: Sample) -> Measure:
    """The median, of the runs of all environments together."""
    value = float(np.median(sample.pooled))
    found = limits.ordered(sample.pooled)
    if found is None:
        return Measure(value=value, why=f"no 95 % interval below {_MEDIAN_RUNS} runs")
    return _with(value, found, "o")


def optimality_gap(sample: Sample) -> Measure:
    """How much the runs lack of 1 in the mean, where what is above counts as 1."""
    lacking = [np.maximum(0.0, 1.0 - scores) for scores in sample.strata]
    if sample.bounds is not None:
        return mean(Sample(strata=lacking, bounds=(0.0, max(0.0, 1.0 - sample.bounds[0]))))
    found = mean(Sample(strata=lacking))
    return replace(found, low=None if found.low is None else max(0.0, found.low))


def all_of(sample: Sample, normalised: Sample | None) -> dict[str, Measure]:
    """The measures of an agent, by the names of `NAMES`.

    Args:
        sample: Its scores.
        normalised: The same with random as 0 and the optimum or anchor as 1; None where these are
            not known, and there is no optimality gap.
    """
    found = {"iqm": iqm(sample), "median": median(sample), "mean": mean(sample)}
    return found if normalised is None else {**found, "optimality_gap": optimality_gap(normalised)}


def differences(first: Sample, second: Sample) -> dict[str, Measure]:
    """By how much one agent is ahead of another, in the same environments.

    Returns:
        The difference of their means and of their interquartile means, and the probability that a
        run of the first scores higher than one of the second in the same environment, where equal
        scores count half: `mean`, `iqm` and `improvement`.
    """
    count = len(first.strata)
    both = [*first.strata, *second.strata]
    enough, is_banded = first.enough and second.enough, first.is_banded and second.is_banded
    found: dict[str, Measure] = {}
    for name, levels in {"mean": (0.0, 1.0), "iqm": _QUARTILES}.items():
        of = np.mean if name == "mean" else limits.iqm
        value = float(of(first.pooled) - of(second.pooled))
        if enough and name == "mean":
            weights = [1 / count] * count + [-1 / count] * count
            found[name] = _with(value, limits.students(both, weights, limits.NOMINAL), "w")
        elif enough:
            found[name] = _with(value, limits.bootstrapped(both, _iqm_difference), "b")
        elif is_banded:
            found[name] = _with(value, _banded_difference(first, second, levels), "k")
        else:
            found[name] = Measure(value=value, why=_few(first if not first.enough else second))
    return {**found, "improvement": improvement(first.strata, second.strata)}


def improvement(first: Strata, second: Strata) -> Measure:
    """The probability that a run of the first scores higher than one of the second.

    Its variance is at most that of as many pairs as the smaller side has runs (Birnbaum and Klose
    1957), and that of a share.
    """
    pairs = np.array([min(len(a), len(b)) for a, b in zip(first, second, strict=True)])
    wins = [_wins(a, b) for a, b in zip(first, second, strict=True)]
    value = float(np.average(wins, weights=pairs))
    return _with(value, limits.binomial(np.asarray(value), float(pairs.sum())), "c")


def profile(sample: Sample, thresholds: Floats) -> tuple[Floats, Limits]:
    """The share of runs above each threshold, and its pointwise limits.

    Args:
        sample: Scores.
        thresholds: [T] thresholds.
    """
    scores = sample.pooled
    shares = (scores[:, None] > thresholds).mean(0)
    return shares, limits.binomial(shares, len(scores))


def _wins(first: Floats, second: Floats) -> float:
    ahead = first[:, None] - second
    return float((ahead > 0).mean() + (ahead == 0).mean() / 2)


def _with(value: float, found: Limits, method: str) -> Measure:
    return Measure(value=value, low=float(found[0]), high=float(found[1]), method=method)


def _pooled_iqm(*strata: Floats, axis: int = -1) -> Floats:
    return limits.iqm(np.concatenate(strata, axis=axis), axis=axis)


def _iqm_difference(*strata: Floats, axis: int = -1) -> Floats:
    half = len(strata) // 2
    return _pooled_iqm(*strata[:half], axis=axis) - _pooled_iqm(*strata[half:], axis=axis)


def _banded_difference(first: Sample, second: Sample, levels: tuple[float, float]) -> Limits:
    """Limits of the difference where each side's cover so much that both together cover 95 %."""
    assert first.bounds is not None
    assert second.bounds is not None
    cover = 1 - (1 - limits.LEVEL) / 2
    a_low, a_high = limits.banded(first.strata[0], first.bounds, levels, cover)
    b_low, b_high = limits.banded(second.strata[0], second.bounds, levels, cover)
    return a_low - b_high, a_high - b_low


def _few(sample: Sample) -> str:
    runs = min(len(scores) for scores in sample.strata)
    where = " in each environment" if len(sample.strata) > 1 else ""
    known = "" if len(sample.strata) > 1 else ", or a known range of scores"
    return f"needs {ENOUGH} runs{where}{known}; there are {runs}"


def equal_strata(scores: Sequence[Floats]) -> list[Floats]:
    """As many scores of each environment as the one with the fewest has, the first ones."""
    fewest = min(len(values) for values in scores)
    return [values[:fewest] for values in scores]
