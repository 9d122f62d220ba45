"""How often the intervals of `compare` cover what they are of.

    python -m benchmarks.coverage [EXPERIMENTS]

Draws that many experiments of 3, 5, 10 and 20 runs (5,000 if not said), whose returns are normal,
skewed (an exponential distance from the optimum) or bimodal (a third of the runs fails), and prints
the share of intervals that hold the true value: of the methods that `compare` uses, and of those it
does not, where there is a choice. "-" where no interval is printed.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from launch.reports.compared import limits
from launch.reports.compared.limits import ENOUGH, Floats, Limits

RUNS = (3, 5, 10, 20)
BOUNDS = (-0.5, 1.5)
"""A range that all of the returns are in."""
_TRUTH_DRAWS = 2_000_000
_RESAMPLES = 400
Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return rng.normal(0.7, 0.1, shape)


def _skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return np.maximum(BOUNDS[0], 1 - rng.exponential(0.15, shape))


def _bimodal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return np.where(
        rng.random(shape) < 1 / 3, rng.normal(0.1, 0.05, shape), rng.normal(0.9, 0.05, shape)
    )


RETURNS: dict[str, Draw] = {"normal": _normal, "skewed": _skewed, "bimodal": _bimodal}
"""Distributions of returns: normalised, 0 is random and 1 the optimum."""
_QUARTILES = (limits.TRIM, 1 - limits.TRIM)


def _pooled_iqm(*strata: Floats, axis: int = -1) -> Floats:
    return limits.iqm(np.concatenate(strata, axis=axis), axis=axis)


def _iqm_difference(first: Floats, second: Floats, axis: int = -1) -> Floats:
    return limits.iqm(first, axis) - limits.iqm(second, axis)


def _yuen(scores: Floats) -> Limits:
    from scipy.stats.mstats import trimmed_mean_ci

    found = [trimmed_mean_ci(each, limits=_QUARTILES[:1] * 2) for each in scores]
    low, high = np.array(found).T
    return low, high


def _plain_t(scores: Floats) -> Limits:
    from scipy.stats import t

    half = t.ppf(0.975, scores.shape[-1] - 1) * scores.std(-1, ddof=1) / scores.shape[-1] ** 0.5
    return scores.mean(-1) - half, scores.mean(-1) + half


def measured(name: str, runs: int, rng: np.random.Generator, experiments: int) -> dict[str, Any]:
    """The share of experiments whose intervals cover, by measure and method.

    Args:
        name: Which of `RETURNS`.
        runs: Runs of each experiment, and of each agent in it.
        rng: Draws them.
        experiments: How many experiments.
    """
    draw = RETURNS[name]
    x, y = draw(rng, (experiments, runs)), _normal(rng, (experiments, runs))
    many, other = draw(rng, (_TRUTH_DRAWS,)), _normal(rng, (_TRUTH_DRAWS,))
    mean, iqm = float(many.mean()), float(limits.iqm(many))
    ahead, iqm_ahead = mean - float(other.mean()), iqm - float(limits.iqm(other))
    is_enough = runs >= ENOUGH
    both = (_normal(rng, (experiments, runs)), x)
    found: dict[str, Limits | None] = {
        "mean: t at 98 %": limits.students([x], [1.0]) if is_enough else None,
        "mean: band": None if is_enough else limits.banded(x, BOUNDS),
        "IQM: bootstrap at 98 %": limits.bootstrapped([x], _pooled_iqm, _RESAMPLES)
        if is_enough
        else None,
        "IQM: band": None if is_enough else limits.banded(x, BOUNDS, _QUARTILES),
        "median: order statistics": limits.ordered(x),
        "difference of means: Welch at 98 %": limits.students([x, y], [1.0, -1.0])
        if is_enough
        else None,
        "difference of IQMs: bootstrap at 98 %": limits.bootstrapped(
            [x, y], _iqm_difference, _RESAMPLES
        )
        if is_enough
        else None,
        "improvement: Clopper-Pearson": limits.binomial(_wins(x, y), runs),
        "profile at 0.8: Clopper-Pearson": limits.binomial((x > 0.8).mean(-1), runs),
        "two environments, mean: t at 98 %": limits.students(both, [0.5, 0.5])
        if is_enough
        else None,
        "two environments, IQM: bootstrap at 98 %": limits.bootstrapped(
            both, _pooled_iqm, _RESAMPLES
        )
        if is_enough
        else None,
        "(not used) mean: t at 95 %": _plain_t(x),
        "(not used) IQM: Tukey-McLaughlin at 95 %": _yuen(x[:1_000]) if is_enough else None,
    }
    truth = {
        "mean": mean,
        "IQM": iqm,
        "median": float(np.median(many)),
        "difference of means": ahead,
        "difference of IQMs": iqm_ahead,
        "improvement": float((many > other).mean()),
        "profile at 0.8": float((many > 0.8).mean()),
        "two environments, mean": (mean + float(other.mean())) / 2,
        "two environments, IQM": float(limits.iqm(np.concatenate([many, other]))),
    }
    return {
        what: None if each is None else _share(each, truth[_measure_of(what)])
        for what, each in found.items()
    }


def _measure_of(what: str) -> str:
    return what.removeprefix("(not used) ").partition(":")[0]


def _wins(first: Floats, second: Floats) -> Floats:
    ahead = first[..., :, None] - second[..., None, :]
    return (ahead > 0).mean((-1, -2)) + (ahead == 0).mean((-1, -2)) / 2


def _share(found: Limits, truth: float) -> float:
    low, high = found
    return float(np.mean((low <= truth) & (truth <= high)))


def main(arguments: Sequence[str]) -> None:
    """Prints the table."""
    experiments = int(arguments[0]) if arguments else 5_000
    rows: dict[str, list[str]] = {}
    table = Table(title=f"share of {experiments:,} intervals that cover; asked for: 0.95")
    table.add_column("measure and method")
    for name in RETURNS:
        for runs in RUNS:
            table.add_column(f"{name} {runs}", justify="right")
            found = measured(name, runs, np.random.default_rng(runs), experiments)
            for what, share in found.items():
                text = "-" if share is None else f"{share:.3f}"
                rows.setdefault(what, []).append(text)
    for what, shares in rows.items():
        table.add_row(what, *shares)
    Console(width=180).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
