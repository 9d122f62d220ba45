"""Windows, closed loops, controls and intervals of series: by hand, and by how often they hold."""

import numpy as np
import pytest
from scipy import stats

from supervised.core.forecasts import intervals
from supervised.core.forecasts.intervals import independent, radii


def _windows(**settings):
    from supervised.core.forecasts.windows import Windows  # TensorFlow

    return Windows(**settings)


def test_windows_of_levels_end_before_their_step():
    levels = _windows(values=np.arange(1.0, 9.0), target="level", window=2)
    found = levels.examples(2, 5)
    assert found.x[:, :, 0].tolist() == [[1, 2], [2, 3], [3, 4]]
    assert found.y[:, 0].tolist() == [3, 4, 5]
    assert levels.first == 2
    assert levels.foretold(found.y, np.arange(2, 5))[:, 0].tolist() == [3, 4, 5]


def test_windows_of_growth_end_before_their_step():
    values = np.array([1.0, 2.0, 6.0, 24.0, 24.0])
    windows = _windows(values=values, target="growth", window=2)
    assert windows.first == 3
    found = windows.examples(3, 5)
    np.testing.assert_allclose(np.exp(found.x[:, :, 0]), [[2, 3], [3, 4]], rtol=1e-6)
    np.testing.assert_allclose(np.exp(found.y[:, 0]), [4, 1], rtol=1e-6)
    np.testing.assert_allclose(windows.foretold(found.y, np.array([3, 4]))[:, 0], [24, 24])


def test_windows_of_changes_on_a_scale_of_their_own():
    windows = _windows(
        values=np.array([10.0, 12.0, 16.0, 22.0]), target="change", window=1, middle=9.0, scale=2.0
    )
    found = windows.examples(2, 4)
    assert found.x[:, 0, 0].tolist() == [1, 2]
    assert found.y[:, 0].tolist() == [2, 3]
    # from step 2 on, after 12: two changes of 2 and 3 units
    assert windows.foretold(np.array([[2.0, 3.0]]), np.array([2])).tolist() == [[16, 22]]
    low, high = windows.around(np.array([16.0]), np.array([0.5]))
    assert (low.tolist(), high.tolist()) == ([15], [17])


@pytest.mark.parametrize(
    ("values", "target", "ahead"),
    [
        (np.arange(1.0, 9.0), "level", [4, 4, 4]),
        (2.0 ** np.arange(8), "growth", [16, 32, 64]),
        (np.arange(0.0, 16.0, 2), "change", [8, 10, 12]),
    ],
)
def test_a_closed_loop_goes_on_from_its_own_forecasts(values, target, ahead):
    windows = _windows(values=values, target=target, window=2)
    found = windows.forecasts(lambda x: x[:, -1], np.array([4, 5]), 3)
    np.testing.assert_allclose(found[0], ahead, rtol=1e-6)
    past = windows.forecasts(lambda x: x[:, -1], np.array([len(values)]), 1)
    assert np.isfinite(past).all()


def test_controls_by_hand():
    from supervised.core.forecasts import controls  # TensorFlow

    values = np.arange(100.0, 140.0)
    steps = np.array([30, 31])
    assert controls.persistence(values, steps, 2).tolist() == [[129, 129], [130, 130]]
    # a season of three: the steps ahead repeat the last three
    assert controls.persistence(values, steps, 4, 3)[0].tolist() == [127, 128, 129, 127]
    windows = _windows(values=values, target="level", window=3)
    ridge = controls.ridge(windows.examples(3, 30))
    found = windows.forecasts(ridge, np.arange(30, 40), 1)[:, 0]
    np.testing.assert_allclose(found, np.arange(130, 140), atol=1.5)


def test_errors_of_a_part_are_of_its_steps_alone():
    from supervised.core.forecasts import errors  # TensorFlow

    windows = _windows(values=np.arange(20.0), target="level", window=2)
    said, true = errors.rolled(windows, windows.values, lambda x: x[:, -1], 10, 13, 3)
    nan = np.nan
    np.testing.assert_array_equal(true, [[10, 11, 12], [11, 12, nan], [12, nan, nan]])
    assert said[:, 0].tolist() == [9, 10, 11]
    assert errors.naive_error(np.array([1.0, 2.0, 4.0, 8.0]), 2) == pytest.approx((3 + 6) / 2)
    assert np.isnan(errors.naive_error(np.ones(3), 3))


def test_radii_are_ranks_of_many_errors_and_students_of_few():
    errors = np.arange(1.0, 40.0)[:, None] * np.where(np.arange(39) % 2, 1, -1)[:, None]  # 39
    np.testing.assert_allclose(radii([errors])[:, 0], [32, 38])  # ranks .8 * 40 and .95 * 40
    few = np.array([[3.0], [-4.0], [np.nan], [0.0]])  # 3: .8 * 4 is more than 3
    scale = np.sqrt(25 / 3)
    found = radii([few])[:, 0]
    np.testing.assert_allclose(found, scale * stats.t.ppf([0.9, 0.975], 3))
    assert radii([few], levels=(0.5,))[0, 0] == 3.0  # rank 2 of 0, 3, 4


def test_horizons_with_few_errors_are_wider_in_proportion():
    nan = np.nan
    errors = np.array([[1.0, 2, 3], [-1, -2, nan], [1, nan, nan], [1, nan, nan]])
    assert intervals.calibrated([errors]) == 2
    found = radii([errors], levels=(0.5,))[0]
    np.testing.assert_allclose(found[2], found[1] * 3 / 2)


def test_errors_that_are_alike_count_less():
    same = np.ones(10)
    assert independent([same], 0) == 10
    # lag 1: 9 of 10 products, so 10 / (1 + 2 * .81)
    assert independent([same], 1) == pytest.approx(10 / 2.62)
    assert independent([np.array([1.0, -1.0] * 5), same], 0) == 20
    assert independent([np.zeros(5)], 2) == 5


def _noise(rng: np.random.Generator, count: int, memory: float) -> np.ndarray:
    drawn, found = rng.normal(size=count + 50), np.zeros(count + 50)
    for step in range(1, count + 50):
        found[step] = memory * found[step - 1] + drawn[step]
    return found[50:]


def _seasonal(rng: np.random.Generator, count: int) -> np.ndarray:
    steps = np.arange(count)
    return 10 + 0.02 * steps + 3 * np.sin(2 * np.pi * steps / 12) + _noise(rng, count, 0.5)


@pytest.mark.parametrize(
    ("make", "target", "window", "validation"),
    [
        (lambda rng: _noise(rng, 200, 0.6), "level", 4, 40),
        (lambda rng: np.exp(0.1 * np.cumsum(rng.normal(size=200))), "growth", 4, 18),
        (lambda rng: _seasonal(rng, 200), "level", 13, 40),
    ],
    ids=["AR(1)", "growth, 18 steps", "seasonal"],
)
def test_intervals_hold_as_often_as_they_say(make, target, window, validation):
    from supervised.core.forecasts import controls, errors  # TensorFlow

    horizon, series = 6, 150
    inside = np.zeros((series, 2, horizon))
    for number in range(series):
        values = make(np.random.default_rng(number))
        windows = _windows(values=values, target=target, window=window)
        test = len(values) - horizon
        step = controls.ridge(windows.examples(windows.first, test - validation))
        of_part = errors.calibration(windows, step, test - validation, test, horizon)
        (said,) = windows.forecasts(step, np.array([test]), horizon)
        for place, radius in enumerate(radii([of_part])):
            low, high = windows.around(said, radius)
            inside[number, place] = (low <= values[test:]) & (values[test:] <= high)
    for level, held in zip(intervals.LEVELS, inside.transpose(1, 0, 2), strict=True):
        # the steps of a series are alike: errors are over the series
        error = held.mean(axis=1).std() / np.sqrt(series)
        assert level - 2.5 * error < held.mean() < level + 0.09


def test_the_share_inside_of_all_and_by_horizon():
    true = np.array([[1.0, 5.0], [2.0, np.nan]])
    ends = {0.8: (np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[2.0, 9.0], [4.0, 9.0]]))}
    assert intervals.inside(true, ends) == {"inside_80%": pytest.approx(2 / 3)}
    assert intervals.inside(true, ends, axis=0)["inside_80%"].tolist() == [0.5, 1.0]
