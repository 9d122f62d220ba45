"""Limits by hand, beside SciPy's, and whether they cover."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.coverage import RETURNS, RUNS, measured, unused
from launch.reports.compared import limits, measures
from launch.reports.compared.measures import Sample

X = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0, 3.5, 8.0, 9.7])
Y = np.array([2.0, 7.0, 1.0, 8.0, 2.8, 1.8, 2.0, 8.4, 5.9, 0.4])


def test_of_one_and_of_two_means_they_are_students_and_welchs():
    one = stats.ttest_1samp(X, 0).confidence_interval(0.99)
    assert limits.students([X], [1.0], 0.99) == pytest.approx((one.low, one.high))
    two = stats.ttest_ind(X, Y, equal_var=False).confidence_interval(0.98)
    assert limits.students([X, Y], [1.0, -1.0], 0.98) == pytest.approx((two.low, two.high))


def test_of_equal_scores_they_have_no_width():
    same = Sample(strata=[np.full(10, 500.0)], bounds=(0.0, 500.0))
    for found in measures.all_of(same, None).values():
        assert (found.low, found.value, found.high) == (500.0, 500.0, 500.0)


def test_the_iqm_is_scipys_trimmed_mean():
    assert limits.iqm(np.arange(1.0, 9.0)) == 4.5  # of 3, 4, 5 and 6
    assert limits.iqm(X) == stats.trim_mean(X, 0.25)


def test_the_bootstrap_is_scipys_and_always_the_same():
    first = limits.bootstrapped([X], lambda x, axis: limits.iqm(x, axis))
    assert first == limits.bootstrapped([X], lambda x, axis: limits.iqm(x, axis))
    beside = stats.bootstrap(
        (X,),
        lambda x, axis: stats.trim_mean(x, 0.25, axis=axis),
        confidence_level=0.98,
        method="percentile",
        rng=np.random.default_rng(7),
    ).confidence_interval
    assert first == pytest.approx((beside.low, beside.high), abs=0.3)


def test_the_band_by_hand():
    # Of one run 97.5 % are open: 0.975 at the bound, 0.025 at the run.
    low, high = limits.banded(np.array([0.6]), (0.0, 1.0))
    assert (low, high) == pytest.approx((0.025 * 0.6, 0.975 + 0.025 * 0.6))
    open_share = stats.kstwo.ppf(0.95, 3)  # 0.7076
    low, _ = limits.banded(np.array([0.9, 0.3, 0.6]), (0.0, 1.0))
    assert low == pytest.approx(0.3 * (1 - open_share))  # less than a third is left, at the lowest
    low, _ = limits.banded(np.array([0.9, 0.3, 0.6]), (0.0, 1.0), (0.25, 0.75))
    assert low == pytest.approx(0.3 * (0.75 - open_share) / 0.5)


def test_of_a_median_there_are_none_below_six_runs():
    assert limits.ordered(X[:5]) is None
    assert limits.ordered(X[:6]) == (1.0, 9.0)  # all are on one side in 1 of 32 experiments
    assert limits.ordered(X) == (1.5, 9.0)  # the second and the ninth of ten
    told = measures.median(Sample(strata=[X[:5]]))
    assert (told.low, told.high) == (None, None)
    assert told.why == "no 95 % interval below 6 runs"


def test_of_a_share_they_are_clopper_and_pearsons():
    shares, (low, high) = measures.profile(Sample(strata=[X]), np.array([0.0, 3.0, 9.0, 20.0]))
    assert shares.tolist() == [1.0, 0.6, 0.1, 0.0]
    for hits, *ours in zip((10, 6, 1, 0), low, high, strict=True):
        exact = stats.binomtest(hits, 10).proportion_ci(method="exact")
        assert ours == pytest.approx([exact.low, exact.high])


def test_the_probability_of_improvement_by_hand():
    # 2 beats 1 and is equal to 2; 3 beats both: 3.5 of 4 pairs.
    found = measures.improvement([np.array([2.0, 3.0])], [np.array([1.0, 2.0])])
    assert found.value == 3.5 / 4
    mann_whitney = stats.mannwhitneyu(X, Y).statistic / 100
    assert measures.improvement([X], [Y]).value == pytest.approx(mann_whitney)


def test_the_gap_counts_what_is_above_as_reached():
    scores = np.array([0.5, 0.9, 1.5])
    found = measures.optimality_gap(Sample(strata=[scores], bounds=(0.0, 1.5)))
    assert found.value == pytest.approx(0.6 / 3)
    assert found.high <= 1.0


def test_without_a_range_few_runs_have_no_interval_and_it_is_said_why():
    found = measures.mean(Sample(strata=[X[:5]]))
    assert found.low is None
    assert found.why == "needs 10 runs, or a known range of scores; there are 5"
    found = measures.iqm(Sample(strata=[X, X[:9]]))
    assert found.why == "needs 10 runs in each environment; there are 9"


@pytest.mark.parametrize("returns", RETURNS)
@pytest.mark.parametrize("runs", [3, 5, 10])
def test_they_cover(returns, runs):
    """Of each method that is printed, in 700 simulated experiments."""
    _covers(returns, runs, 700)


@pytest.mark.slow
@pytest.mark.parametrize("returns", RETURNS)
@pytest.mark.parametrize("runs", RUNS)
def test_they_cover_in_many_experiments(returns, runs):
    _covers(returns, runs, 4_000)


def _covers(returns: str, runs: int, experiments: int) -> None:
    found = measured(returns, runs, np.random.default_rng(runs), experiments)
    assert found
    short = {what: share for what, share in found.items() if share is not None and share < 0.93}
    assert not short


def test_what_is_not_used_does_not_cover():
    found = unused("bimodal", 10, np.random.default_rng(0), 1_000)
    assert found["IQM: Tukey-McLaughlin at 95 %"] < 0.8
    assert unused("bimodal", 5, np.random.default_rng(0), 1_000)["mean: t at 95 %"] < 0.9
