"""Errors of forecasts from many steps of a series, each of several steps ahead."""

import numpy as np

from supervised.core.forecasts.windows import Floats, Step, Windows


def rolled(
    windows: Windows, values: Floats, step: Step, begin: int, end: int, horizon: int
) -> tuple[Floats, Floats]:
    """Forecasts from every step of a part of a series, and what came.

    A forecast that began before the part would run through steps that were learned from: its errors
    would be too small.

    Args:
        windows: The series; a forecast knows what lies before its first step, and nothing after.
        values: [N] what is true, NaN where it is not known.
        begin: The first step of the part.
        end: The one after its last.
        horizon: H.

    Returns:
        Forecasts [O, H], and what is true of them [O, H], NaN behind the end of the part.
    """
    firsts = np.arange(begin, end)
    steps = firsts[:, None] + np.arange(horizon)
    true = np.where(steps < end, values[np.minimum(steps, end - 1)], np.nan)
    return windows.forecasts(step, firsts, horizon), true


def calibration(windows: Windows, step: Step, begin: int, end: int, horizon: int) -> Floats:
    """Errors [O, H] of all forecasts of a part that was not learned from, for `intervals.radii`.

    They are on the scale of `Windows.straight`, and NaN where the foretold step is behind the end
    of the part.
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
