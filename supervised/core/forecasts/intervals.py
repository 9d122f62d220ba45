"""Intervals around forecasts, calibrated on errors of forecasts that were not learned from.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018), for each horizon by itself: of n
errors, the one of rank p (n + 1) by size is the half width of an interval that has a new value with
probability p. Errors of forecasts several steps ahead overlap, and so are alike: n is then the
number of independent errors that tell as much. Where these are too few for the rank, the interval
is that of the normal distribution with a scale that is estimated from as many, Student's. Horizons
of which there are less than half as many errors as of the first have the width of the last one
before, in proportion to the horizon: as far as an error grows that is the same in every step.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from supervised.core.forecasts.windows import Floats, Windows

LEVELS = (0.8, 0.95)
"""Probabilities with which intervals have the value to come."""


def radii(errors: Sequence[Floats], levels: Sequence[float] = LEVELS) -> Floats:
    """Half widths of intervals.

    Args:
        errors: For each series [O, H]: the errors of forecasts from O steps that follow each other,
            1 to H steps ahead; NaN where there is none. At least one of the first horizon.
        levels: Probabilities, the smaller first.

    Returns:
        [L, H], not falling from level to level.
    """
    horizon, known = errors[0].shape[1], calibrated(errors)
    columns = [[each[:, ahead] for each in errors] for ahead in range(known)]
    found = np.array([_radii(column, ahead, levels) for ahead, column in enumerate(columns)])
    beyond = np.arange(known + 1, horizon + 1)[:, None] / known * found[-1]
    return np.maximum.accumulate(np.concatenate([found, beyond]).T, axis=0)


def bands(windows: Windows, said: Floats, found: Floats) -> dict[float, tuple[Floats, Floats]]:
    """Ends of intervals around forecasts, by their probability.

    Args:
        said: [..., H] the forecasts.
        found: [L, H] half widths, as `radii` gives them.
    """
    return {
        level: windows.around(said, radius) for level, radius in zip(LEVELS, found, strict=True)
    }


def inside(
    true: Floats, ends: Mapping[float, tuple[Floats, Floats]], axis: int | None = None
) -> dict[str, Any]:
    """The share of what came that lies in intervals: `inside_80%` and so on.

    Args:
        true: What came; NaN where it is not known.
        ends: Lower and upper ends by probability, of the same shape.
        axis: Over which axis a share is; None takes all.
    """
    known = np.isfinite(true).sum(axis)
    return {
        f"inside_{level:.0%}": ((true >= low) & (true <= high)).sum(axis) / known
        for level, (low, high) in ends.items()
    }


def calibrated(errors: Sequence[Floats]) -> int:
    """The largest horizon that has errors enough to be calibrated by itself; `errors` as above."""
    counts = np.isfinite(np.concatenate(errors)).sum(axis=0)  # [H]
    return int(np.flatnonzero(counts >= counts[0] / 2)[-1]) + 1


def independent(errors: Sequence[Floats], overlap: int) -> float:
    """The number of independent errors that tell as much of their size (Bartlett 1946).

    Args:
        errors: For each series [O] errors that follow each other; NaN where there is none.
        overlap: Over how many steps they may be correlated.
    """
    known = [np.nan_to_num(each) for each in errors]
    count = sum(int(np.isfinite(each).sum()) for each in errors)
    whole = sum(float(np.sum(each**2)) for each in known)
    if not whole:
        return float(count)
    alike = 0.0
    for lag in range(1, overlap + 1):
        products = sum(float(np.sum(each[lag:] * each[:-lag])) for each in known)
        alike += (products / whole) ** 2
    return max(1.0, count / (1 + 2 * alike))


def _radii(errors: Sequence[Floats], overlap: int, levels: Sequence[float]) -> list[float]:
    sizes = np.sort(np.abs(np.concatenate(errors)))
    sizes = sizes[np.isfinite(sizes)]
    count = independent(errors, overlap)
    found = []
    for level in levels:
        share = level * (1 + 1 / count)
        if share <= 1:
            found.append(sizes[int(np.ceil(len(sizes) * share - 1e-9)) - 1])
        else:
            scale = np.sqrt(np.mean(sizes**2))
            found.append(float(stats.t.ppf((1 + level) / 2, count)) * scale)
    return found
