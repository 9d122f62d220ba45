"""Classifiers of frauds: one fine-tuned from an autoencoder's encoder, one trained from scratch.

The book (ch. 5) announces the first and builds neither.
"""

from dataclasses import dataclass, replace
from typing import Any

import keras
import pandas as pd
import tensorflow as tf
from matplotlib.figure import Figure
from sklearn import metrics

from supervised.core import networks, plots, training
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.fraud.configs import FraudConfig
from supervised.fraud.periods import INPUTS

STARTS = ("pretrained", "scratch")


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained classifier.

    Attributes:
        model: Model from encoded rows [B, D] to the log-odds of a fraud [B, 1].
        weighting: How frauds count in its loss.
        average_precision: Average precision on validation rows.
        history: One record per epoch.
    """

    model: keras.Sequential
    weighting: str
    average_precision: float
    history: list[dict[str, float]]


def train_pair(
    autoencoder: keras.Sequential,
    train: Examples,
    validation: Examples,
    config: FraudConfig,
    context: Context,
) -> dict[str, Trained]:
    """Trains both classifiers with the same settings, and shows the trainings.

    Each is trained twice: with equal weights of all payments, and with weights that give all frauds
    together as much as all genuine payments. The average precision on validation rows chooses.

    Args:
        autoencoder: The trained autoencoder; its hidden layers have the names of `_build`.
        train: Encoded rows [N, D] and labels [N, 1].
        validation: Encoded validation rows and their targets.

    Returns:
        For each start, one of `STARTS`, the better of its two classifiers.

    Raises:
        Diverged: A loss is not finite.
    """
    frauds = float(train.y.sum())
    weights = {"unweighted": 1.0, "balanced": (len(train) - frauds) / frauds}
    settings = replace(config, fit=replace(config.fit, epochs=config.classifier_epochs))
    trained: dict[str, list[Trained]] = {start: [] for start in STARTS}
    for start in STARTS:
        for weighting, weight in weights.items():
            model = _build(autoencoder, start, config, context)
            phase = f"{start}_{weighting}"
            loss = WeightedCrossEntropy(weight)
            history = training.train(
                model, train, validation, settings, loss, context, phase=phase
            ).history
            score = training.predict(model, validation.x)[:, 0]
            area = float(metrics.average_precision_score(validation.y[:, 0], score))
            trained[start].append(
                Trained(model=model, weighting=weighting, average_precision=area, history=history)
            )
    context.figure("classifiers", _curves(trained))
    context.table("classifiers", _table(trained))
    return {
        start: max(both, key=lambda one: one.average_precision) for start, both in trained.items()
    }


def _build(
    autoencoder: keras.Sequential, start: str, config: FraudConfig, context: Context
) -> keras.Sequential:
    """A network from encoded rows [B, D] to log-odds [B, 1].

    Trained from scratch, its hidden layers have the autoencoder's initial weights.
    """
    model = networks.perceptron(len(INPUTS), 1, config.network, context, "encoder", "fraud")
    if start == "pretrained":
        for layer in model.layers[:-1]:
            layer.set_weights(autoencoder.get_layer(layer.name).get_weights())
    return model


@keras.saving.register_keras_serializable("actorlab")
class WeightedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of labels and log-odds in which a fraud counts `weight` times."""

    def __init__(self, weight: float, **options: Any):
        super().__init__(**options)
        self.weight = weight

    def get_config(self) -> dict[str, Any]:
        """The settings from which Keras makes this loss again."""
        return {**super().get_config(), "weight": self.weight}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses [N, 1] of labels [N, 1] and log-odds [N, 1]."""
        return tf.nn.weighted_cross_entropy_with_logits(y_true, y_pred, self.weight)


def _curves(trained: dict[str, list[Trained]]) -> Figure:
    weightings = [one.weighting for one in trained[STARTS[0]]]
    figure, (axes,) = plots.panels(1, len(weightings))
    for column, (panel, weighting) in enumerate(zip(axes, weightings, strict=True)):
        for (start, both), color in zip(trained.items(), plots.COLORS, strict=False):
            frame = pd.DataFrame(both[column].history)
            panel.plot(frame["epoch"], frame["loss"], ":", color=color, label=f"{start}, training")
            panel.plot(frame["epoch"], frame["val_loss"], color=color, label=f"{start}, validation")
        panel.set_yscale("log")
        plots.label(panel, f"classifiers, {weighting}", "epoch", "cross-entropy", legend=True)
    return figure


def _table(trained: dict[str, list[Trained]]) -> pd.DataFrame:
    """A table of the trainings by which the class weights were chosen."""
    rows = [
        {
            "network": start,
            "weighting": one.weighting,
            "epochs": len(one.history),
            "val_average_precision": one.average_precision,
        }
        for start, both in trained.items()
        for one in both
    ]
    return pd.DataFrame(rows)
