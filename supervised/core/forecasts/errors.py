"""Errors of forecasts from many steps of a series, each of several steps ahead."""

import numpy as np
import numpy.typing as npt

from supervised.core.forecasts.windows import Floats, Step, Windows


def rolled(
    windows: Windows, step: Step, begin: int, end: int, horizon: int
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Forecasts of the steps from `begin` to before `end`, each made 1 to `horizon` steps before.

    Args:
        windows: The series; a forecast knows what lies before its first step, and nothing after.
        step: Foretells one step.
        begin: The first step that is foretold.
        end: The one after the last, which may be the end of the series.
        horizon: H.

    Returns:
        The first step [O] of each forecast, which may lie before `begin`, and the values [O, H].
    """
    firsts = np.arange(max(windows.first, begin - horizon + 1), end)
    return firsts, windows.forecasts(step, firsts, horizon)


def truth(
    values: Floats, firsts: npt.NDArray[np.int64], horizon: int, begin: int, end: int
) -> Floats:
    """The true values [O, H] of the H steps from each first step [O] on; NaN outside of the part.

    Args:
        values: [N] the series, NaN where it is not known.
        firsts: [O] first steps.
        horizon: H.
        begin: The first step of the part.
        end: The one after its last.
    """
    steps = firsts[:, None] + np.arange(horizon)
    inside = (steps >= begin) & (steps < end)
    return np.where(inside, values[np.minimum(steps, len(values) - 1)], np.nan)


def calibration(windows: Windows, step: Step, begin: int, end: int, horizon: int) -> Floats:
    """Errors [O, H] of all forecasts of a part that was not learned from, for `intervals.radii`.

    They are on the scale of `Windows.straight`, and NaN where the foretold step is none of the
    part: so each horizon has as many as the part has steps, where these have a window before them.
    """
    firsts, found = rolled(windows, step, begin, end, horizon)
    true = truth(windows.values, firsts, horizon, begin, end)
    return windows.straight(true) - windows.straight(found)


def naive_error(values: Floats, season: int) -> float:
    """Mean absolute error of repeating the season before: the unit of MASE (Hyndman 2006)."""
    return float(np.mean(np.abs(values[season:] - values[:-season])))
