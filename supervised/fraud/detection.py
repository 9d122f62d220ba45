"""Measures how well scores find rare frauds; suspicious payments have high scores."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from supervised.core.sampling import share_below

Labels = npt.NDArray[Any]
"""Labels [N]: 1 for a fraud, else 0; both occur."""
Scores = npt.NDArray[Any]
"""Scores [N], higher for suspicious payments."""

_FIRST = 100  # payments that somebody has the time to look at
_TOP = 0.001  # the share of them that the book looks at


def measure(labels: Labels, score: Scores, flagged: npt.NDArray[Any]) -> dict[str, float]:
    """Metrics of scores, and of the payments that they flag.

    Returns:
        ROC-AUC and average precision; precision, recall and F1 of the flagged; the recall of the
        100 payments with the highest scores, among as many as there are frauds, and among the
        highest 0.1 %.
    """
    support: Any = metrics.precision_recall_fscore_support  # its annotations are narrower than it
    precision, recall, f1, _ = support(labels, flagged, average="binary", zero_division=0.0)
    found = found_by(labels, score)
    top = max(1, round(_TOP * len(labels)))
    return {
        "roc_auc": float(metrics.roc_auc_score(labels, score)),
        "average_precision": float(metrics.average_precision_score(labels, score)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "recall_at_100": float(found[min(_FIRST, len(found)) - 1]),
        "recall_at_frauds": float(found[int(labels.sum()) - 1]),
        "recall_at_top_permille": float(found[top - 1]),
    }


def found_by(labels: Labels, score: Scores) -> npt.NDArray[np.float64]:
    """The share of frauds among the k highest scores, for each k from 1 to N: [N].

    Equal scores are taken in the order of the rows.
    """
    order = np.argsort(-score, kind="stable")
    return np.cumsum(labels[order]) / labels.sum()


def best_threshold(labels: Labels, score: Scores) -> float:
    """The threshold with the largest F1: payments with this score or more are flagged."""
    precision, recall, thresholds = metrics.precision_recall_curve(labels, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[f1[:-1].argmax()])  # the last point has no threshold


def gain(labels: Labels, ours: Scores, theirs: Scores) -> tuple[float, float]:
    """How much larger our ROC-AUC is than theirs, and the same difference in standard errors.

    DeLong, DeLong and Clarke-Pearson (1988): both areas are means over the same frauds and the same
    genuine payments, so the variance is that of the differences row by row.
    """
    frauds, genuine = labels == 1, labels == 0
    above, their_above = (share_below(of[frauds], of[genuine]) for of in (ours, theirs))
    under, their_under = (1 - share_below(of[genuine], of[frauds]) for of in (ours, theirs))
    of_frauds, of_genuine = above - their_above, under - their_under
    variance = sum(d.var(ddof=1) / len(d) for d in (of_frauds, of_genuine) if len(d) > 1)
    difference = float(of_frauds.mean())
    return difference, difference / float(np.sqrt(variance)) if variance else 0.0


def compared(names: tuple[str, str], labels: Labels, ours: Scores, theirs: Scores) -> str:
    """A sentence that says whether the first of two rankings is better by more than chance."""
    _, z = gain(labels, ours, theirs)
    verdict = "does not clearly beat"
    if abs(z) >= 1.96:
        verdict = "beats" if z > 0 else "is beaten by"
    roc, precision = (
        " against ".join(f"{area(labels, score):.4f}" for score in (ours, theirs))
        for area in (metrics.roc_auc_score, metrics.average_precision_score)
    )
    return (
        f"{names[0]} {verdict} {names[1]}: ROC-AUC {roc} (z = {z:+.1f}), "
        f"average precision {precision}"
    )
