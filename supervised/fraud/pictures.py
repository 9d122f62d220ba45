"""Plots payments, and the scores that they got."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from supervised.core import plots
from supervised.datasets.creditcard import NAMES
from supervised.fraud import detection

_BINS = 60
_COLORS = (plots.BLUE, plots.RED)

Arrays = npt.NDArray[Any]


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


def errors(labels: Arrays, score: Arrays, threshold: float, book: float) -> Figure:
    """Plots reconstruction errors of both classes of the test, our threshold and the book's."""
    figure, panel = plots.one_panel(size=(8.0, 4.0))
    by_class(panel, score, labels, log_bins(score, float(score.min()) + 1e-6))
    panel.axvline(threshold, color="black", label=f"threshold of validation, {threshold:.3g}")
    panel.axvline(book, ls="--", color=plots.GREY, label=f"the book's, {book:g}")
    panel.set_xscale("log")
    error = "mean squared error of the reconstruction"
    plots.label(panel, "test payments", error, "share of the class", legend=True)
    return figure


def recall(labels: Arrays, by_name: Mapping[str, Arrays]) -> Figure:
    """Plots the share of frauds found over the number of payments checked, highest scores first."""
    figure, panel = plots.one_panel(size=(8.0, 4.5))
    looked_at = np.arange(1, len(labels) + 1)
    for (name, score), color in zip(by_name.items(), plots.COLORS, strict=False):
        panel.plot(looked_at, detection.found_by(labels, score), color=color, label=name)
    frauds = int(labels.sum())
    best = np.minimum(looked_at / frauds, 1)
    panel.plot(looked_at, best, ":", color="black", label="best possible")
    panel.axvline(frauds, ls="--", color=plots.GREY, label=f"as many as frauds, {frauds}")
    panel.set_xscale("log")
    title = "test payments, the most suspicious first"
    plots.label(panel, title, "payments looked at", "share of frauds found", legend=True)
    return figure


def learning(history: Sequence[Mapping[str, float]], controls: Mapping[str, float]) -> Figure:
    """Plots loss and ROC-AUC of validation payments over epochs.

    Args:
        history: Keras' metrics and `val_roc_auc` of each epoch.
        controls: By name, the ROC-AUC of each control on validation payments.
    """
    frame = pd.DataFrame(list(history))
    figure, ((loss, ranking),) = plots.panels(1, 2)
    for name, color, text in (
        ("loss", plots.BLUE, "training"),
        ("val_loss", plots.RED, "validation"),
    ):
        loss.plot(frame["epoch"], frame[name], ".-", color=color, label=text)
    plots.label(loss, "reconstruction", "epoch", "mean squared error", legend=True)
    ranking.plot(frame["epoch"], frame["val_roc_auc"], ".-", color=plots.RED, label="autoencoder")
    for (name, area), color in zip(controls.items(), plots.COLORS[2:], strict=False):
        ranking.axhline(area, ls="--", color=color, label=name)
    plots.label(ranking, "validation payments", "epoch", "ROC-AUC", legend=True)
    return figure
