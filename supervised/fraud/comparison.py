"""Compares the autoencoder, its controls and the classifiers on the payments of a period.

The book has no controls; a trained autoencoder must beat them on encoded rows [N, D].
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from sklearn.ensemble import IsolationForest

from supervised.core import plots, scores, training
from supervised.core.job import Context
from supervised.datasets import creditcard
from supervised.datasets.source import DataKind
from supervised.fraud import detection
from supervised.fraud.exploration import Arrays, by_class, log_bins
from supervised.fraud.periods import Period

Rows = npt.NDArray[np.float32]
Rank = Callable[[Rows], Arrays]
"""A function from encoded rows [N, D] to scores [N], which are higher for suspicious rows."""

OURS = "autoencoder"
CONTROLS = {
    "squares": "the mean of z²",
    "untrained": "the same network untrained",
    "forest": "an isolation forest",
}
NAMES = {
    OURS: "the trained autoencoder",
    **CONTROLS,
    "classifier": "the classifier made from the encoder",
    "scratch": "the same classifier from scratch",
}
"""The names in words of everything that scores payments."""

BOOK_THRESHOLD = 10.0

_TOLD = ("roc_auc", "average_precision", "f1", "recall_at_frauds")  # of everything but ours


def fitted(untrained: keras.Model, train: Rows, context: Context) -> Mapping[str, Rank]:
    """Fits the controls; returns them by the keys of `CONTROLS`.

    Args:
        untrained: The autoencoder with its initial weights.
        train: The rows that the trained autoencoder learnt from.
    """
    forest = IsolationForest(random_state=context.seed("forest")).fit(train)
    return {
        "squares": lambda rows: np.square(rows).mean(axis=1),
        "untrained": lambda rows: _error_of(untrained, rows),
        "forest": lambda rows: -forest.score_samples(rows),
    }


def _error_of(autoencoder: keras.Model, rows: Rows) -> Rows:
    """The mean squared error of each row's reconstruction."""
    return np.square(rows - training.predict(autoencoder, rows)).mean(axis=1)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scores of a period's payments.

    Attributes:
        period: The payments.
        by_name: By the keys of `NAMES`, the scores [N].
        thresholds: By the keys of `NAMES`, the lowest score that is flagged.
    """

    period: Period
    by_name: Mapping[str, Arrays]
    thresholds: Mapping[str, float]

    @classmethod
    def at_best_thresholds(cls, period: Period, by_name: Mapping[str, Arrays]) -> "Scored":
        """These scores, with the thresholds that give the largest F1 on this period."""
        thresholds = {
            name: detection.best_threshold(period.labels, score) for name, score in by_name.items()
        }
        return cls(period=period, by_name=by_name, thresholds=thresholds)

    def metrics(self) -> dict[str, dict[str, float]]:
        """All metrics, by name of what scores and by name of the metric."""
        return {
            name: detection.measure(self.period.labels, score, score >= self.thresholds[name])
            for name, score in self.by_name.items()
        }


def told(by_name: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The metrics that are reported: all of the autoencoder's, and some of each other's."""
    found = dict(by_name[OURS])
    for name, theirs in by_name.items():
        if name != OURS:
            found |= scores.named(name, {metric: theirs[metric] for metric in _TOLD})
    return found


def table(periods: Sequence[Scored]) -> pd.DataFrame:
    """A table of all metrics of everything that scores, in every period."""
    return pd.DataFrame(
        [
            {"period": of.period.name, "score": name, "threshold": of.thresholds[name], **found}
            for of in periods
            for name, found in of.metrics().items()
        ]
    )


def show(test: Scored, context: Context) -> None:
    """Draws the errors of the test's payments, and how well all scores rank frauds."""
    labels, score, threshold = test.period.labels, test.by_name[OURS], test.thresholds[OURS]
    named = {NAMES[name].removeprefix("the "): score for name, score in test.by_name.items()}
    context.figure("errors", _errors(labels, score, threshold, BOOK_THRESHOLD))
    context.figure("ranking", plots.ranking(labels, named, creditcard.NAMES))
    context.figure("recall", _recall(labels, named))


def notes(test: Scored, kind: DataKind) -> tuple[str, ...]:
    """Says whether training, and pre-training, rank the test's payments better."""
    pairs = [*((OURS, control) for control in CONTROLS), ("classifier", "scratch")]
    labels, by_name = test.period.labels, test.by_name
    found = [
        detection.compared((NAMES[ours], NAMES[theirs]), labels, by_name[ours], by_name[theirs])
        for ours, theirs in pairs
    ]
    if kind != "real":
        found.append(
            f"{labels.mean():.1%} of these test payments are frauds, 0.13 % of the published: "
            "ROC-AUC alone does not depend on that"
        )
    return tuple(found)


def at_book_threshold(labels: Arrays, score: Arrays) -> dict[str, float]:
    """Precision and recall of the payments whose error is above the book's 10."""
    above = score > BOOK_THRESHOLD
    right = int(np.sum(labels[above]))
    return {
        "precision_above_10": right / max(int(above.sum()), 1),
        "recall_above_10": right / int(labels.sum()),
    }


def learning(history: Sequence[Mapping[str, float]], controls: Mapping[str, float]) -> Figure:
    """Plots loss and ROC-AUC of validation payments over epochs.

    Args:
        history: Keras' metrics and `val_roc_auc` of each epoch.
        controls: By name, the ROC-AUC of each control on validation payments.
    """
    frame = pd.DataFrame(list(history))
    figure, ((loss, ranking),) = plots.panels(1, 2)
    plots.over_epochs(loss, frame, "loss")
    plots.label(loss, "reconstruction", "epoch", "mean squared error", legend=True)
    ranking.plot(frame["epoch"], frame["val_roc_auc"], ".-", color=plots.RED, label="autoencoder")
    for (name, area), color in zip(controls.items(), plots.COLORS[2:], strict=False):
        ranking.axhline(area, ls="--", color=color, label=name)
    plots.label(ranking, "validation payments", "epoch", "ROC-AUC", legend=True)
    return figure


def _errors(labels: Arrays, score: Arrays, threshold: float, book: float) -> Figure:
    """Plots reconstruction errors of both classes of the test, our threshold and the book's."""
    figure, panel = plots.one_panel(size=(8.0, 4.0))
    by_class(panel, score, labels, log_bins(score, float(score.min()) + 1e-6))
    panel.axvline(threshold, color="black", label=f"threshold of validation, {threshold:.3g}")
    panel.axvline(book, ls="--", color=plots.GREY, label=f"the book's, {book:g}")
    panel.set_xscale("log")
    error = "mean squared error of the reconstruction"
    plots.label(panel, "test payments", error, "share of the class", legend=True)
    return figure


def _recall(labels: Arrays, by_name: Mapping[str, Arrays]) -> Figure:
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
