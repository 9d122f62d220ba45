"""Compares the autoencoder, its controls and the classifiers on the payments of a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import plots, scores
from supervised.core.job import Context
from supervised.datasets import creditcard
from supervised.datasets.source import DataKind
from supervised.fraud import controls, detection, pictures
from supervised.fraud.periods import Period

OURS = "autoencoder"
NAMES = {
    OURS: "the trained autoencoder",
    **controls.NAMES,
    "classifier": "the classifier made from the encoder",
    "scratch": "the same classifier from scratch",
}
"""The names in words of everything that scores payments."""

BOOK_THRESHOLD = 10.0

_TOLD = ("roc_auc", "average_precision", "f1", "recall_at_frauds")  # of everything but ours


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scores of a period's payments.

    Attributes:
        period: The payments.
        by_name: By the keys of `NAMES`, the scores [N].
        thresholds: By the keys of `NAMES`, the lowest score that is flagged.
    """

    period: Period
    by_name: Mapping[str, npt.NDArray[Any]]
    thresholds: Mapping[str, float]

    @classmethod
    def at_best_thresholds(
        cls, period: Period, by_name: Mapping[str, npt.NDArray[Any]]
    ) -> "Scored":
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
    context.figure("errors", pictures.errors(labels, score, threshold, BOOK_THRESHOLD))
    context.figure("ranking", plots.ranking(labels, named, creditcard.NAMES))
    context.figure("recall", pictures.recall(labels, named))


def notes(test: Scored, kind: DataKind) -> tuple[str, ...]:
    """Says whether training, and pre-training, rank the test's payments better."""
    pairs = [*((OURS, control) for control in controls.NAMES), ("classifier", "scratch")]
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


def at_book_threshold(labels: npt.NDArray[Any], score: npt.NDArray[Any]) -> dict[str, float]:
    """Precision and recall of the payments whose error is above the book's 10."""
    above = score > BOOK_THRESHOLD
    right = int(np.sum(labels[above]))
    return {
        "precision_above_10": right / max(int(above.sum()), 1),
        "recall_above_10": right / int(labels.sum()),
    }
