"""Limits of measures over seeds that cover them in 95 of 100 experiments.

benchmarks/coverage.py simulates how often they do, for normal, skewed and bimodal returns; its
table is in docs/compare.md. Student's t is asked for 99 %, and Welch's and the bootstrap for 98 %,
because at 95 % they miss too often where returns are skewed or a third of the runs fails.
Everything takes batches: scores [..., N] of N runs, a stratum for each environment. SciPy is
imported where it is used, because its statistics take a second to load.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Strata = Sequence[Floats]
Limits = tuple[Floats, Floats]

LEVEL = 0.95
"""What the limits cover."""
OF_MEANS = 0.99
"""What Student's t is asked for to cover that."""
NOMINAL = 0.98
"""What Welch's t and the bootstrap are asked for to cover that: differences are less skewed."""
ENOUGH = 10
"""Runs, in each environment, from which t and the bootstrap cover."""
TRIM = 0.25
"""The share of the runs that an interquartile mean leaves out at either end."""
_RESAMPLES = 2_000


def iqm(scores: Floats, axis: int = -1) -> Floats:
    """The interquartile mean: SciPy's mean of the scores without a quarter at either end."""
    from scipy.stats import trim_mean

    return np.asarray(trim_mean(scores, TRIM, axis=axis))


def students(strata: Strata, weights: Sequence[float], nominal: float) -> Limits:
    """Limits of a weighted sum of means: Student's t of one stratum, else Welch's.

    Args:
        strata: Scores [..., N] of each stratum, two runs or more.
        weights: The factor of each stratum's mean.
        nominal: What they would cover if scores were normal.
    """
    from scipy.special import stdtrit

    factors = list(zip(strata, weights, strict=True))
    total = np.sum([w * s.mean(-1) for s, w in factors], axis=0)
    variances = np.array([w**2 * s.var(-1, ddof=1) / s.shape[-1] for s, w in factors])
    variance = variances.sum(0)
    shares = variances / np.where(variance > 0, variance, 1.0)
    inverse = np.sum(
        [q**2 / (s.shape[-1] - 1) for q, s in zip(shares, strata, strict=True)], axis=0
    )
    freedom = 1 / np.where(inverse > 0, inverse, 1.0)  # Welch's and Satterthwaite's
    half = stdtrit(freedom, (1 + nominal) / 2) * np.sqrt(variance)
    return total - half, total + half


def bootstrapped(
    strata: Strata, statistic: Callable[..., Floats], resamples: int = _RESAMPLES
) -> Limits:
    """Limits by SciPy's percentile bootstrap, which resamples each stratum for itself.

    Args:
        strata: Scores [..., N] of each stratum.
        statistic: Takes the strata and `axis`.
        resamples: How often it resamples; the draws are always the same.
    """
    from scipy.stats import bootstrap

    found = bootstrap(
        tuple(strata),
        statistic,
        axis=-1,
        vectorized=True,
        method="percentile",
        confidence_level=NOMINAL,
        n_resamples=resamples,
        batch=200,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.asarray(found.low), np.asarray(found.high)


def banded(
    scores: Floats,
    bounds: tuple[float, float],
    levels: tuple[float, float] = (0.0, 1.0),
    cover: float = LEVEL,
) -> Limits:
    """Limits of the mean of the scores between two quantiles, for any distribution in a range.

    Kolmogorov's and Smirnov's band around the distribution, with what it leaves open put at the
    lowest and at the highest score that there can be (Anderson 1969).

    Args:
        scores: [..., N] scores of one stratum.
        bounds: The lowest and the highest score that there can be.
        levels: The quantiles, as shares: 0 and 1 for the mean, 1/4 and 3/4 for the
            interquartile mean.
        cover: What the limits cover.
    """
    from scipy.stats import kstwo

    runs = scores.shape[-1]
    open_share = float(kstwo.ppf(cover, runs))
    low, high = levels
    edges = np.array([0.0, *(open_share + np.arange(runs + 1) / runs)])
    weights = np.diff(np.clip(edges, low, high)) / (
        high - low
    )  # [1 + N], of the bound and each run

    def lowest(values: Floats, bound: float) -> Floats:
        return weights[0] * bound + np.sort(values, axis=-1) @ weights[1:]

    return lowest(scores, bounds[0]), -lowest(-scores, -bounds[1])


def ordered(scores: Floats) -> Limits | None:
    """Limits of the median: two of the ordered scores. None for fewer than six runs.

    Of five runs all are on one side of the median once in 16 experiments, so that even the lowest
    and the highest do not cover 95 %.
    """
    from scipy.stats import binom

    runs = scores.shape[-1]
    rank = int(binom.ppf((1 - LEVEL) / 2, runs, 0.5))  # fewer below it have less than 2.5 %
    if rank < 1:
        return None
    inner = np.sort(scores, axis=-1)
    return inner[..., rank - 1], inner[..., runs - rank]


def binomial(share: Floats, trials: float) -> Limits:
    """Clopper's and Pearson's limits of a share, which need not be of a whole number of trials."""
    from scipy.stats import beta

    hits = np.asarray(share) * trials
    tail = (1 - LEVEL) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, beta.ppf(tail, hits, trials - hits + 1), 0.0)
        high = np.where(hits < trials, beta.ppf(1 - tail, hits + 1, trials - hits), 1.0)
    return low, high
