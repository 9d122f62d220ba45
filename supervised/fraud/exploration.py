"""Explores the payments: frauds over time, amounts, and the columns that separate the classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supervised.core import plots
from supervised.core.job import Context
from supervised.datasets.creditcard import NAMES
from supervised.fraud.periods import Period

_HOUR = 3_600
_BOOK = ["V1", "V2", "V3", "V4"]
_SHOWN = 4  # columns beside the book's
_CENT = 0.01
_BINS = 60
_COLORS = (plots.BLUE, plots.RED)

Arrays = npt.NDArray[Any]


def show(periods: Sequence[Period], context: Context) -> None:
    """Shows the payments of the periods in lines, tables and pictures.

    Args:
        periods: The periods in order of time; columns are compared in the first, training.
    """
    labels = np.concatenate([period.labels for period in periods])
    times = np.concatenate([period.frame["Time"] for period in periods])
    days = (times[-1] - times[0]) / 24 / _HOUR
    frauds = f"{labels.sum():,} frauds ({labels.mean():.3%})"
    context.say(f"{len(labels):,} payments in {days:.1f} days, {frauds}")
    training = periods[0]
    columns = summary(training)
    context.table("splits", pd.DataFrame([_size(period) for period in periods]))
    context.table("exploration", columns)
    context.figure("time", _over_time(times, labels, periods))
    context.figure("amounts", _amounts(training))
    others = columns.loc[~columns["column"].isin([*_BOOK, "Time", "Amount"])]
    chosen = others.sort_values("separation", ascending=False)["column"].head(_SHOWN).tolist()
    context.figure("columns", _columns(training, [*_BOOK, *chosen]))


def summary(period: Period) -> pd.DataFrame:
    """Mean and deviation of each column in each class, and their separation.

    The separation is the distance of the two means, divided by the root of the classes' mean
    variance.
    """
    genuine, frauds = (period.frame[period.labels == label] for label in (0, 1))
    found = pd.DataFrame(
        {
            "column": list(period.frame),
            **{
                f"{name}_{statistic}": np.asarray(getattr(part, method)())
                for name, part in zip(NAMES, (genuine, frauds), strict=True)
                for statistic, method in (("mean", "mean"), ("deviation", "std"))
            },
        }
    )
    spread = np.sqrt((found["genuine_deviation"] ** 2 + found["fraud_deviation"] ** 2) / 2)
    distance = (found["fraud_mean"] - found["genuine_mean"]).abs()
    return found.assign(separation=distance / spread)


def by_class(panel: Axes, values: Arrays, labels: Arrays, bins: Arrays) -> None:
    """Plots histograms of genuine payments and of frauds, as shares of the class.

    Values outside the bins count in the outermost bins.
    """
    inside = np.clip(values, bins[0], bins[-1])
    for label, (name, color) in enumerate(zip(NAMES, _COLORS, strict=True)):
        part = inside[labels == label]
        shares = np.full(len(part), 1 / max(len(part), 1))
        panel.hist(part, bins, weights=shares, color=color, alpha=0.5, label=name)  # type: ignore[arg-type]


def log_bins(values: Arrays, least: float) -> Arrays:
    """Edges from `least` to the largest value, even on a logarithmic axis."""
    return np.geomspace(least, max(float(values.max()), 2 * least), _BINS + 1)


def _size(period: Period) -> dict[str, float | str]:
    return {
        "period": period.name,
        "rows": len(period.labels),
        "frauds": int(period.labels.sum()),
        "fraud_share": float(period.labels.mean()),
        "first_second": float(period.frame["Time"].iloc[0]),
        "last_second": float(period.frame["Time"].iloc[-1]),
    }


def _over_time(times: np.ndarray, labels: np.ndarray, periods: Sequence[Period]) -> Figure:
    """Plots payments and frauds of each hour, and where the periods begin."""
    figure, axes = plots.panels(2, 1, size=(9.0, 2.6))
    hours = times / _HOUR
    bins = np.arange(np.floor(hours[0]), np.ceil(hours[-1]) + 1)
    for label, (panel, name, color) in enumerate(zip(axes[:, 0], NAMES, _COLORS, strict=True)):
        panel.hist(hours[labels == label], bins, color=color)
        for period in periods[1:]:
            start = float(period.frame["Time"].iloc[0]) / _HOUR
            panel.axvline(start, ls="--", color="black")
            panel.annotate(
                f" {period.name}", (start, 0.98), xycoords=("data", "axes fraction"), va="top"
            )
        plots.label(panel, f"{name} payments", "hours since the first payment", "per hour")
    return figure


def _amounts(period: Period) -> Figure:
    figure, panel = plots.one_panel(size=(8.0, 4.0))
    amounts = period.frame["Amount"].to_numpy()
    by_class(panel, amounts, period.labels, log_bins(amounts, _CENT))
    panel.set_xscale("log")
    amount = "amount, euros (0 drawn as 0.01)"
    plots.label(panel, "training payments", amount, "share of the class", legend=True)
    return figure


def _columns(period: Period, names: Sequence[str]) -> Figure:
    """Plots the book's columns, and below them the columns that separate the classes best."""
    figure, axes = plots.panels(2, len(names) // 2, size=(3.6, 3.0))
    for panel, name in zip(axes.flat, names, strict=True):
        values = period.frame[name].to_numpy()
        by_label = [values[period.labels == label] for label in (0, 1)]
        low = min(float(np.quantile(part, 0.005)) for part in by_label)
        high = max(float(np.quantile(part, 0.995)) for part in by_label)
        by_class(panel, values, period.labels, np.linspace(low, high, 51))
        plots.label(panel, name, "", "share of the class", legend=panel is axes[0, 0])
    figure.suptitle("training payments: the book's columns, then those that separate best")
    return figure
