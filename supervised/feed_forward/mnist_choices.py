"""The chapter's activations, optimizers and initializers on MNIST, one changed at a time.

The book lists them and compares none. Every optimizer gets the best of the same few step sizes,
chosen like everything here on validation images; test images are not used.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from supervised import classifying, figures, networks, scores, training
from supervised.datasets import mnist
from supervised.feed_forward.configs import ChoicesConfig
from supervised.feed_forward.mlp_mnist import NAMES, build, set_aside
from supervised.job import Context, Diverged, Result
from supervised.settings import NetworkConfig, OptimizerConfig
from supervised.training import Examples

_BASELINE = "sgd"
_Variant = tuple[str, str, NetworkConfig, OptimizerConfig]


def run(config: ChoicesConfig, context: Context) -> Result:
    """Trains every variant for a few epochs and draws validation accuracies side by side."""
    data = context.load(mnist.load)
    train, validation = set_aside(data, config.validation, context)
    train = train.take(context.rng("images").permutation(len(train))[: config.images])
    variants = list(_variants(config))
    rows = list((context.restored("variants") or {"rows": []})["rows"])
    for kind, choice, network, optimizer in variants[len(rows) :]:
        context.progress(len(rows), len(variants), f"{kind} {choice}")
        rows.append(
            {
                "kind": kind,
                "choice": choice,
                "learning_rate": optimizer.learning_rate,
                **_train(config, context, network, optimizer, (train, validation)),
            }
        )
        context.checkpoint("variants", {"rows": rows})
    table = pd.DataFrame(rows)
    best = table.sort_values("accuracy", ascending=False).groupby(["kind", "choice"]).head(1)
    best = best.sort_values(["kind", "accuracy"])
    context.table("choices", best)
    _draw(best, config, context)
    accuracy = max(row["accuracy"] for row in rows)
    plain = [row["accuracy"] for row in rows if row["choice"] == _BASELINE]
    return Result(
        metrics={"accuracy": accuracy} if context.final else {},
        validation={"accuracy": accuracy},
        baseline=max(plain, default=None),
        notes=("validation accuracies of the best variant; the baseline is plain SGD",),
    )


def _variants(config: ChoicesConfig) -> Iterator[_Variant]:
    for activation in config.activations:
        network = replace(config.network, activation=activation)
        yield "activation", activation, network, config.optimizer
    for initializer in config.initializers:
        network = replace(config.network, initializer=initializer)
        yield "initializer", initializer, network, config.optimizer
    for name in config.optimizers:
        for rate in config.learning_rates:
            optimizer = replace(config.optimizer, name=name, learning_rate=rate)
            yield "optimizer", name, config.network, optimizer


def _train(
    config: ChoicesConfig,
    context: Context,
    network: NetworkConfig,
    optimizer: OptimizerConfig,
    data: tuple[Examples, Examples],
) -> dict[str, float]:
    """Validation figures of one variant; one that diverges comes to nothing."""
    train, validation = data
    model = build(network, context)
    rule = networks.optimizer(optimizer, training.updates(len(train), config.fit))
    training.compile_model(model, rule, classifying.cross_entropy())
    unwatched = cast(Context, _Unwatched(context))
    began = time.monotonic()
    try:
        training.fit(model, train, None, config.fit, unwatched, "variant")
    except Diverged:
        return {"accuracy": 0.0, "log_loss": float("inf"), "seconds": time.monotonic() - began}
    logits = training.predict(model, validation.x)
    found = scores.classification(validation.y, scores.softmax(logits), NAMES)
    return {
        "accuracy": found["accuracy"],
        "log_loss": found["log_loss"],
        "seconds": time.monotonic() - began,
    }


class _Unwatched:
    """A context in which nothing is kept: a variant is too short to be taken up in its middle."""

    final = False

    def __init__(self, context: Context):
        self.seed = context.seed

    def restored(self, phase: str) -> None:
        return None

    def ignore(self, *_: Any) -> None:
        """Takes whatever it is given."""

    progress = scalars = checkpoint = ignore


def _draw(best: pd.DataFrame, config: ChoicesConfig, context: Context) -> None:
    kinds = ("activation", "optimizer", "initializer")
    figure, axes = figures.panels(1, len(kinds), size=(4.2, 4.2))
    for panel, kind in zip(axes[0], kinds, strict=True):
        rows = best[best["kind"] == kind]
        rates = [f"{c} ({r:g})" for c, r in zip(rows["choice"], rows["learning_rate"], strict=True)]
        names = rates if kind == "optimizer" else list(rows["choice"])
        panel.barh(names, rows["accuracy"], color=figures.BLUE)
        panel.set_xlim(max(0.0, float(np.quantile(rows["accuracy"], 0.25)) - 0.1), 1.0)
        for place, value in enumerate(rows["accuracy"]):
            panel.text(panel.get_xlim()[0], place, f" {value:.3f}", va="center", fontsize=7)
        figures.label(panel, f"{kind}s", "validation accuracy", "")
    figure.suptitle(
        f"MNIST, {config.fit.epochs} epochs of {config.images:,} images, one choice changed",
        fontsize=10,
    )
    context.figure("choices", figure)
