"""How often the intervals of `compare` cover what they are of.

    python -m benchmarks.coverage [EXPERIMENTS]

Draws that many experiments of 3, 5, 10 and 20 runs (5,000 if not said), whose returns are normal,
skewed (an exponential distance from the optimum) or bimodal (a third of the runs fails), and prints
the share of intervals that hold the true value: of the methods that `compare` uses, and of those it
does not, where there is a choice. "-" where no interval is printed.
"""

import sys
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.results import flags
from launch.reports.compared import limits
from launch.reports.compared.limits import ENOUGH, Floats, Limits

RUNS = (3, 5, 10, 20)
BOUNDS = (-0.5, 1.5)
"""A range that all of the returns are in."""
_TRUTH_DRAWS = 1_000_000
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


def measured(
    name: str, runs: int, rng: np.random.Generator, experiments: int
) -> dict[str, float | None]:
    """The share of experiments whose intervals cover, by measure and method.

    Args:
        name: Which of `RETURNS`.
        runs: Runs of each experiment, and of each agent in it.
        rng: Draws them.
        experiments: How many experiments.
    """
    x, y = RETURNS[name](rng, (experiments, runs)), _normal(rng, (experiments, runs))
    found: dict[str, Limits | None] = {
        "median: order statistics": limits.ordered(x),
        "improvement: Clopper-Pearson": limits.binomial(_wins(x, y), runs),
        "profile at 0.8: Clopper-Pearson": limits.binomial((x > 0.8).mean(-1), runs),
        **(_of_many(x, y) if runs >= ENOUGH else _of_few(x)),
    }
    many, other = RETURNS[name](rng, (_TRUTH_DRAWS,)), _normal(rng, (_TRUTH_DRAWS,))
    return _shares(found, _truth(many, other))


def unused(name: str, runs: int, rng: np.random.Generator, experiments: int) -> dict[str, float]:
    """The coverage of methods that are too narrow, and that `compare` does not use."""
    x = RETURNS[name](rng, (experiments, runs))
    found: dict[str, Limits | None] = {"mean: t at 95 %": _plain_t(x)}
    if runs >= ENOUGH:
        found["IQM: Tukey-McLaughlin at 95 %"] = _yuen(x[:1_000])
    many = RETURNS[name](rng, (_TRUTH_DRAWS,))
    shares = _shares(found, _truth(many, many))
    return {what: share for what, share in shares.items() if share is not None}


def _of_few(x: Floats) -> dict[str, Limits]:
    return {
        "mean: band": limits.banded(x, BOUNDS),
        "IQM: band": limits.banded(x, BOUNDS, _QUARTILES),
    }


def _of_many(x: Floats, y: Floats) -> dict[str, Limits]:
    return {
        "mean: t at 99 %": limits.students([x], [1.0], limits.OF_MEANS),
        "IQM: bootstrap at 98 %": limits.bootstrapped([x], _pooled_iqm, _RESAMPLES),
        "difference of means: Welch at 98 %": limits.students([x, y], [1.0, -1.0], limits.NOMINAL),
        "difference of IQMs: bootstrap at 98 %": limits.bootstrapped(
            [x, y], _iqm_difference, _RESAMPLES
        ),
        "two environments, mean: t at 99 %": limits.students([x, y], [0.5, 0.5], limits.OF_MEANS),
        "two environments, IQM: bootstrap at 98 %": limits.bootstrapped(
            [x, y], _pooled_iqm, _RESAMPLES
        ),
        "two environments, median: order statistics": _pooled_median(x, y),
    }


def _pooled_median(x: Floats, y: Floats) -> Limits:
    found = limits.ordered(np.concatenate([x, y], axis=-1))
    assert found is not None
    return found


def _truth(many: Floats, other: Floats) -> dict[str, float]:
    """The true values, from very many draws."""
    both = np.concatenate([many, other])
    return {
        "mean": float(many.mean()),
        "IQM": float(limits.iqm(many)),
        "median": float(np.median(many)),
        "difference of means": float(many.mean() - other.mean()),
        "difference of IQMs": float(limits.iqm(many) - limits.iqm(other)),
        "improvement": float((many > other).mean()),
        "profile at 0.8": float((many > 0.8).mean()),
        "two environments, mean": float(both.mean()),
        "two environments, IQM": float(limits.iqm(both)),
        "two environments, median": float(np.median(both)),
    }


def _shares(found: dict[str, Limits | None], truth: dict[str, float]) -> dict[str, float | None]:
    return {
        what: None if each is None else _share(each, truth[_measure_of(what)])
        for what, each in found.items()
    }


def _measure_of(what: str) -> str:
    return what.partition(":")[0]


def _wins(first: Floats, second: Floats) -> Floats:
    ahead = first[..., :, None] - second[..., None, :]
    return (ahead > 0).mean((-1, -2)) + (ahead == 0).mean((-1, -2)) / 2


def _share(found: Limits, truth: float) -> float:
    low, high = found
    return float(np.mean((low <= truth) & (truth <= high)))


def main(arguments: Sequence[str]) -> None:
    """Prints the table, as Markdown."""
    parser = flags(__doc__)
    parser.add_argument("experiments", type=int, nargs="?", default=5_000, help="of each kind")
    experiments = parser.parse_args(arguments).experiments
    rows: dict[str, dict[str, str]] = {}
    for name in RETURNS:
        for runs in RUNS:
            used = measured(name, runs, np.random.default_rng(runs), experiments)
            others = unused(name, runs, np.random.default_rng(runs), experiments)
            named = {**used, **{f"not used: {what}": share for what, share in others.items()}}
            for what, share in named.items():
                if share is not None:
                    rows.setdefault(what, {})[f"{name} {runs}"] = f"{share:.3f}"
    columns = [f"{name} {runs}" for name in RETURNS for runs in RUNS]
    print(f"| {experiments:,} experiments | {' | '.join(columns)} |")
    print("| --- " * (1 + len(columns)) + "|")
    for what, shares in rows.items():
        print(f"| {what} | {' | '.join(shares.get(column, '-') for column in columns)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
