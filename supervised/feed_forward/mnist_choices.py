"""The chapter's activations, optimizers and initializers on MNIST, one changed at a time.

The book lists them and compares none. Every optimizer gets the best of the same few step sizes. All
is compared on validation images; the best variant alone, and plain SGD, are scored on test images.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas as pd

from common.errors import Diverged
from supervised.core import classifiers, digits, plots, training
from supervised.core.digits import NAMES, set_aside
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.core.phase_contexts import UnrecordedContext
from supervised.core.settings import NetworkConfig, OptimizerConfig
from supervised.datasets import mnist
from supervised.datasets.labelled import LabelledImages
from supervised.feed_forward.configs import ChoicesConfig

_PLAIN = "sgd"


class Variant(NamedTuple):
    """One variant: which setting is changed, to which value, and the resulting settings."""

    kind: str
    choice: str
    network: NetworkConfig
    optimizer: OptimizerConfig


def run(config: ChoicesConfig, context: Context) -> Result:
    """Trains every variant for a few epochs and draws validation accuracies side by side."""
    data = context.load(mnist.load)
    train, validation = set_aside(data, config.validation, context)
    train = train.take(context.rng("images").permutation(len(train))[: config.images])
    variants = list(_variants(config))
    rows = list((context.restored("variants") or {"rows": []})["rows"])
    count = len(variants) + 2  # two more for the test images
    alone: list[Any] = [UnrecordedContext(context, number, count) for number in range(count)]
    for number, variant in enumerate(variants[len(rows) :], len(rows)):
        alone[number].progress(0, 1, f"{variant.kind} {variant.choice}")
        rows.append(_compared(variant, train, validation, config, alone[number]))
        context.checkpoint("variants", {"rows": rows})
    best = pd.DataFrame(rows).sort_values("accuracy", ascending=False, kind="stable")
    best = best.groupby(["kind", "choice"]).head(1).sort_values(["kind", "accuracy"])
    context.table("choices", best)
    _draw(best, config, context)
    accuracies = [row["accuracy"] for row in rows]
    winner = int(np.argmax(accuracies))
    on_validation = {"accuracy": accuracies[winner]}
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    plain = [i for i, variant in enumerate(variants) if variant.choice == _PLAIN]
    best_plain = max(plain, key=lambda i: accuracies[i], default=winner)
    ours, theirs = (
        _on_test_images(variants[i], train, data, config, inner)
        for i, inner in zip((winner, best_plain), alone[-2:], strict=True)
    )
    chosen = variants[winner]
    return Result(
        metrics=ours,
        validation=on_validation,
        baseline=theirs["accuracy"],
        notes=(f"best on validation: {chosen.kind} {chosen.choice}; the baseline is plain SGD",),
        test_rows=len(data.test_labels),
    )


def _variants(config: ChoicesConfig) -> Iterator[Variant]:
    base = Variant("", "", config.network, config.optimizer)
    for activation in config.activations:
        network = replace(config.network, activation=activation)
        yield base._replace(kind="activation", choice=activation, network=network)
    for initializer in config.initializers:
        network = replace(config.network, initializer=initializer)
        yield base._replace(kind="initializer", choice=initializer, network=network)
    for name in config.optimizers:
        for rate in config.learning_rates:
            optimizer = replace(config.optimizer, name=name, learning_rate=rate)
            yield base._replace(kind="optimizer", choice=name, optimizer=optimizer)


def _compared(
    variant: Variant,
    train: Examples,
    validation: Examples,
    config: ChoicesConfig,
    context: Context,
) -> dict[str, Any]:
    """Trains a variant; returns its row of the table, with accuracy 0 if it diverges."""
    row = {
        "kind": variant.kind,
        "choice": variant.choice,
        "learning_rate": variant.optimizer.learning_rate,
    }
    began = time.monotonic()
    try:
        model = _trained(variant, train, config, context)
        found = classifiers.validation_metrics(model, validation, NAMES)
    except Diverged:
        return {**row, "accuracy": 0.0, "log_loss": math.inf, "seconds": time.monotonic() - began}
    seconds = time.monotonic() - began
    return {**row, "accuracy": found["accuracy"], "log_loss": found["log_loss"], "seconds": seconds}


def _trained(
    variant: Variant, train: Examples, config: ChoicesConfig, context: Context
) -> keras.Model:
    model = digits.perceptron(variant.network, context)
    settings = replace(config, optimizer=variant.optimizer)
    loss = classifiers.cross_entropy()
    training.train(model, train, None, settings, loss, context, phase="variant")
    return model


def _on_test_images(
    variant: Variant, train: Examples, data: LabelledImages, config: ChoicesConfig, context: Context
) -> dict[str, float]:
    """Test metrics of a variant, trained once more to the same bits."""
    model = classifiers.with_probabilities(_trained(variant, train, config, context))
    return classifiers.on_test_images(model, data, NAMES)[0]


def _draw(best: pd.DataFrame, config: ChoicesConfig, context: Context) -> None:
    kinds = ("activation", "optimizer", "initializer")
    figure, axes = plots.panels(1, len(kinds), size=(4.2, 4.2))
    for panel, kind in zip(axes[0], kinds, strict=True):
        rows = best[best["kind"] == kind]
        rates = [f"{c} ({r:g})" for c, r in zip(rows["choice"], rows["learning_rate"], strict=True)]
        names = rates if kind == "optimizer" else list(rows["choice"])
        panel.barh(names, rows["accuracy"], color=plots.BLUE)
        panel.set_xlim(max(0.0, float(np.quantile(rows["accuracy"], 0.25)) - 0.1), 1.0)
        for place, value in enumerate(rows["accuracy"]):
            panel.text(0.998, place, f"{value:.3f}", ha="right", va="center", fontsize=7)
        plots.label(panel, f"{kind}s", "validation accuracy", "")
    figure.suptitle(
        f"MNIST, {config.fit.epochs} epochs of {config.images:,} images, one choice changed",
        fontsize=10,
    )
    context.figure("choices", figure)
