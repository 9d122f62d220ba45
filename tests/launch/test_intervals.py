"""Intervals over seeds: by hand, and whether they cover what they say."""

import numpy as np
import pytest

from launch.reports.intervals import half_width, mean_and_interval


def test_the_interval_is_students():
    # Three values with standard deviation 1: t(0.975; 2) = 4.30265, over the root of 3.
    assert half_width([1.0, 2.0, 3.0]) == pytest.approx(4.30265 / 3**0.5, rel=1e-5)
    assert mean_and_interval([0.91, 0.92, 0.93]) == "0.920 ± 0.025"
    assert mean_and_interval([2.0, 2.0, 2.0]) == "2 ± 0"


def test_there_is_none_below_three_runs():
    assert half_width([1.0, 2.0]) is None
    assert mean_and_interval([1.0, 2.0]) == "1.5"
    assert mean_and_interval([0.5]) == "0.5"


def test_a_figure_that_is_not_finite_has_none():
    assert mean_and_interval([1.0, float("nan"), 2.0]) == "nan"
    assert mean_and_interval([1.0, float("inf"), 2.0]) == "inf"


@pytest.mark.parametrize("runs", [3, 5, 10])
def test_it_covers_what_it_says(runs):
    """Of 5,000 simulated experiments 94 to 96 % have the true mean in their interval."""
    drawn = np.random.default_rng(runs).normal(loc=3.0, size=(5_000, runs))
    covered = [abs(np.mean(values) - 3.0) <= half_width(values) for values in drawn]
    assert 0.94 <= np.mean(covered) <= 0.96
