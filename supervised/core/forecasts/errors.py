"""Errors of forecasts from many steps of a series, each of several steps ahead."""

import numpy as np

from supervised.core.forecasts.windows import Floats, Step, Windows


def rolled(
    windows: Windows, values: Floats, step: Step, begin: int, end: int, horizon: int
) -> tuple[Floats, Floats]:
    """Forecasts of the steps from `begin` to before `end`, each made 1 to `horizon` steps before.

    Args:
        windows: The series; a forecast knows what lies before its first step, and nothing after.
        values: [N] what is true, NaN where it is not known.
        step: Foretells one step.
        begin: The first step that is foretold.
        end: The one after the last, which may be the end of the series.
        horizon: H.

    Returns:
        Forecasts [O, H], the first of which begin before `begin`, and what is true of them [O, H],
        NaN where a step is none of the part.
    """
    firsts = np.arange(max(windows.first, begin - horizon + 1), end)
    steps = firsts[:, None] + np.arange(horizon)
    inside = (steps >= begin) & (steps < end)
    true = np.where(inside, values[np.minimum(steps, end - 1)], np.nan)
    return windows.forecasts(step, firsts, horizon), true


def calibration(windows: Windows, step: Step, begin: int, end: int, horizon: int) -> Floats:
    """Errors [O, H] of all forecasts of a part that was not learned from, for `intervals.radii`.

    They are on the scale of `Windows.straight`, and NaN where the foretold step is none of the
    part: so each horizon has as many as the part has steps, where these have a window before them.
    """
    found, true = rolled(windows, windows.values, step, begin, end, horizon)
    return windows.straight(true) - windows.straight(found)


def naive_error(values: Floats, season: int) -> float:
    """Mean absolute error of repeating the season before: the unit of MASE (Hyndman 2006).

    NaN where the values [N] are no longer than a season.
    """
    if len(values) <= season:
        return np.nan
    return float(np.mean(np.abs(values[season:] - values[:-season])))
