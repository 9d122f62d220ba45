"""Intervals of a mean over seeds, and how scores with them are written."""

from collections.abc import Sequence

import numpy as np

FEWEST = 3
"""Values that an interval needs. Two of them say next to nothing: Student's factor is 12.7."""
METHOD = "±: 95 % interval of the mean over seeds (Student's t), from three runs on"
NARROW = (
    "It covers normal scores; of three agents some of which fail outright it covers 67 to 88 % in "
    "place of 95 % (docs/compare.md)."
)
_EQUAL = 1e-9  # relative difference up to which scores are equal but for rounding


def half_width(values: Sequence[float], level: float = 0.95) -> float | None:
    """Half the width of Student's interval of the mean.

    None for fewer values than three, or where one is not finite.
    Over means of 3, 5 or 10 normal values it covers what it says; tests/launch/test_intervals.py
    draws them. Where all values are the same it is 0, and says no more than that.
    """
    if len(values) < FEWEST or not np.isfinite(values).all():
        return None
    # Here, because every run draws a curve, and few have intervals in it; and not scipy.stats,
    # whose import takes a second.
    from scipy.special import stdtrit

    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return float(error * stdtrit(len(values) - 1, (1 + level) / 2))


def mean_known(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are known; None where none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def mean_and_interval(values: Sequence[float]) -> str:
    """A mean with its interval, such as 0.9834 ± 0.0008, as exact as the interval justifies.

    Of fewer than three values the mean alone, and of equal ones that they are.
    """
    mean, half = float(np.mean(values)), half_width(values)
    if half is None:
        return f"{mean:.5g}"
    if half <= _EQUAL * abs(mean):
        return f"{mean:.5g} ± 0"
    digits = max(0, 1 - int(np.floor(np.log10(half))))
    return f"{mean:.{digits}f} ± {half:.{digits}f}"
