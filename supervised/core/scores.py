"""Metrics of predictions on test data; accuracies and rates are fractions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import metrics

from supervised.core.job import LOWER_IS_BETTER

Labels = npt.NDArray[Any]
"""[N] classes of rows, by their numbers: the true ones, or those that are predicted."""
Probabilities = npt.NDArray[Any]
"""[N, C] of the classes."""
Names = Sequence[str]
"""[C] names of the classes."""


def classification(labels: Labels, probabilities: Probabilities, names: Names) -> dict[str, float]:
    """Metrics of a classifier; its names are for the recall of each class.

    Returns:
        Accuracy, log loss, balanced accuracy, recall of each class, weighted precision, recall and
        F1; with two classes also ROC-AUC and average precision of the second. A class without a row
        has no recall, and is none of those that are balanced.
    """
    predicted = probabilities.argmax(axis=1)
    support: Any = metrics.precision_recall_fscore_support  # its annotations are narrower than it
    precision, recall, f1, _ = support(labels, predicted, average="weighted", zero_division=0.0)
    recalls = of_classes(labels, predicted, names)["recall"].to_numpy()
    found: dict[str, Any] = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "log_loss": metrics.log_loss(labels, probabilities, labels=range(len(names))),
        "balanced_accuracy": np.nanmean(recalls),
        "weighted_precision": precision,
        "weighted_recall": recall,
        "weighted_f1": f1,
        **{f"recall_{name}": recalls[i] for i, name in enumerate(names)},
    }
    if len(names) == 2 and np.isfinite(recalls).all():
        found["roc_auc"] = metrics.roc_auc_score(labels, probabilities[:, 1])
        found["average_precision"] = metrics.average_precision_score(labels, probabilities[:, 1])
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def of_classes(labels: Labels, predicted: Labels, names: Names) -> pd.DataFrame:
    """Of each class how many test rows it has, precision, recall and F1; NaN of none.

    Precision is NaN where a class is never predicted, recall where it has no row.
    """
    support: Any = metrics.precision_recall_fscore_support  # its annotations are narrower than it
    precision, recall, f1, rows = support(
        labels, predicted, labels=range(len(names)), zero_division=np.nan
    )
    return pd.DataFrame(
        {"class": list(names), "rows": rows, "precision": precision, "recall": recall, "f1": f1}
    )


def regression(targets: npt.NDArray[Any], predicted: npt.NDArray[Any]) -> dict[str, float]:
    """Metrics of a regression: `mse` and `rmse` in the target's unit, `mae`, `r2`.

    Where all targets are equal there is no `r2`: it is a share of their variance.

    Args:
        targets: [N] true values.
        predicted: [N] predictions.
    """
    mse = metrics.mean_squared_error(targets, predicted)
    found = {
        "mse": float(mse),
        "rmse": float(np.sqrt(mse)),
        "mae": float(metrics.mean_absolute_error(targets, predicted)),
    }
    return found | ({"r2": float(metrics.r2_score(targets, predicted))} if np.ptp(targets) else {})


def squared_errors(
    images: npt.NDArray[np.uint8], reconstructed: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """Squared errors [N, H, W] of pixels from 0 to 1 that reconstruct images [N, H, W] of bytes."""
    return (images / 255 - reconstructed) ** 2


def majority(train_labels: Labels, labels: Labels) -> float:
    """Accuracy of always predicting the commonest class of the training data."""
    return float(np.mean(labels == np.bincount(train_labels).argmax()))


def no_better(subject: str, metric: str, every: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    """A note on what is simpler than a network and scores no worse, if there is anything.

    Args:
        subject: The network and its verb, such as "lenet is".
        every: Who scores what: the network first, what is simpler below it.
    """
    sign = -1 if metric in LOWER_IS_BETTER else 1
    (_, mine), *others = every
    simpler = [who for who, score in others if sign * score >= sign * mine]
    note = f"{subject} no better than {', '.join(simpler)}: use what is simpler"
    return (note,) if simpler else ()


def confusion(labels: Labels, predicted: Labels, names: Names) -> pd.DataFrame:
    """The confusion matrix [C, C]: counts of true classes (down) and predicted ones (across)."""
    counts = metrics.confusion_matrix(labels, predicted, labels=range(len(names)))
    return pd.DataFrame(counts, index=pd.Index(names, name="true"), columns=list(names))


def of_all_classes(model: Any, x: Any, classes: int) -> npt.NDArray[np.float64]:
    """Probabilities [N, C] by a model of scikit-learn; 0 for classes that it has not learned."""
    found = np.zeros((x.shape[0], classes))
    found[:, model.classes_] = model.predict_proba(x)
    return found


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Probabilities [N, C] of logits [N, C]."""
    exp = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)


def named(prefix: str, values: Mapping[str, float]) -> dict[str, float]:
    """The values under their names with `prefix_` in front."""
    return {f"{prefix}_{name}": value for name, value in values.items()}
