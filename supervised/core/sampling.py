"""Standard errors of test metrics that come from the test rows alone, taken as independent draws.

They say how far a metric would vary over other test sets of the same size, for one trained model.
Where rows come in groups, such as a person's, the groups are the draws: cluster-robust errors
(Liang and Zeger 1986), which are those of rows where each is a group of its own. Where rows follow
each other in time, neighbouring stretches of it are alike, too (Newey and West 1987).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[Any]
"""[N] a number of each test row: true, predicted, a squared error, a class, or a score."""
Groups = npt.NDArray[Any] | None
"""[N] the group of each row; None where rows are independent."""

NORMAL = 1.96
"""Errors to both sides that hold 95 % of a normal distribution: what readers multiply by."""


def of_mean(values: Values, groups: Groups = None) -> float:
    """The error of the mean of values of rows; NaN of a single row or group."""
    if groups is None:
        few = len(values) < 2
        return np.nan if few else float(np.std(values, ddof=1) / np.sqrt(len(values)))
    of_row = np.unique(groups, return_inverse=True)[1]
    sums = np.bincount(of_row, values - np.mean(values))
    few = len(sums) < 2
    scale = np.nan if few else len(sums) / (len(sums) - 1)
    return float(np.sqrt(scale * np.sum(sums**2)) / len(values))


def of_mean_in_time(values: Values, stretches: npt.NDArray[np.int64]) -> float:
    """The error of the mean of rows in time, of which those of neighbouring stretches are alike.

    The variance of the sums of stretches has half the covariance of neighbours on both sides
    (Newey and West 1987, one lag), so that it is never negative. Of few stretches it is uncertain:
    the error is widened such that 1.96 of it are Student's quantile with half as many degrees of
    freedom as independent stretches would have. How often this holds what it should is measured in
    docs/own_series.md.

    Args:
        stretches: [N] the number of the stretch of each row, 0 or more; there may be gaps.

    Returns:
        The error; NaN of less than two whole stretches.
    """
    many = whole_stretches(stretches)
    if many < 2:
        return np.nan
    sums = np.bincount(stretches, values - np.mean(values))
    total = np.sum(sums**2) + np.sum(sums[1:] * sums[:-1])
    error = np.sqrt(max(0.0, total) * many / (many - 1)) / len(values)
    return float(error * stats.t.ppf(0.975, (many - 1) / 2) / NORMAL)


def whole_stretches(stretches: npt.NDArray[np.int64]) -> float:
    """How many stretches there would be, were all as full as the fullest; 0 of no row."""
    return len(stretches) / int(np.bincount(stretches).max()) if len(stretches) else 0.0


def of_regression(targets: Values, predicted: Values, groups: Groups = None) -> dict[str, float]:
    """Errors of `mse` and `rmse`."""
    return of_squares((np.asarray(targets, np.float64) - predicted) ** 2, groups)


def of_squares(squares: Values, groups: Groups = None) -> dict[str, float]:
    """Errors of `mse` and `rmse`, from the squared error of each row [N]; none of a single row.

    That of the root is the first term of its series: half of the mean's error, divided by the root.
    """
    if len(squares) < 2:
        return {}
    return _with_root(squares, of_mean(squares, groups))


def of_squares_in_time(squares: Values, stretches: npt.NDArray[np.int64]) -> dict[str, float]:
    """Errors of `mse` and `rmse`, from squares [N] of rows in time: see `of_mean_in_time`."""
    return _with_root(squares, of_mean_in_time(squares, stretches))


def _with_root(squares: Values, error: float) -> dict[str, float]:
    mean = float(np.mean(squares))
    return {"mse": error, "rmse": error / (2 * np.sqrt(mean)) if mean else 0.0}


def of_r2(targets: Values, predicted: Values, groups: Groups = None) -> dict[str, float]:
    """The error of `r2`, a ratio of two means over the rows, to the first term of its series.

    The targets are not all equal.
    """
    if len(targets) < 2:
        return {}
    squares = (np.asarray(targets, np.float64) - predicted) ** 2
    around = (np.asarray(targets, np.float64) - np.mean(targets)) ** 2
    share = squares.mean() / around.mean()  # 1 - r2
    parts = (squares - share * around) / around.mean()
    return {"r2": of_mean(parts, groups)}


def of_roc_auc(labels: Values, scores: Values, groups: Groups = None) -> dict[str, float]:
    """The error of `roc_auc` (DeLong, DeLong and Clarke-Pearson 1988; of groups Obuchowski 1997).

    The area is a mean over the rows of each class, of the share of the other class on their right
    side: the variances of both means add up. A group may have rows of both classes: what its rows
    move the area by is summed.

    Labels are classes 0 and 1; scores are higher for class 1.
    """
    ones, zeros = scores[labels == 1], scores[labels == 0]
    if min(len(ones), len(zeros)) < 2:
        return {}
    shares = share_below(ones, zeros), share_below(zeros, ones)
    if groups is None:
        return {"roc_auc": float(np.sqrt(sum(s.var(ddof=1) / len(s) for s in shares)))}
    moved = np.empty(len(labels))
    for label, share in zip((1, 0), shares, strict=True):
        moved[labels == label] = (share - share.mean()) * len(labels) / len(share)
    return {"roc_auc": of_mean(moved, groups)}


def share_below(scores: Values, others: Values) -> npt.NDArray[np.float64]:
    """The share of `others` below each score; equal scores count as half below."""
    ordered = np.sort(others)
    left, right = (np.searchsorted(ordered, scores, side=side) for side in ("left", "right"))
    return (left + right) / (2 * len(ordered))
