"""A perceptron's layers in several processes, and the time that they wait (book, chapter 7, prose).

The book has the layers of one network on different nodes, which wait for each other "unless the
model is parallelizable". Micro-batches make it parallelizable: with p stages of equal length and m
micro-batches, stages wait for (p - 1) / (m + p - 1) of the time; with whole batches, 1 - 1 / p.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import classifiers, digits, networks, plots, scores
from supervised.core.digits import NAMES
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.core.phase_contexts import PhaseContext
from supervised.core.settings import NetworkConfig
from supervised.core.sharing.batches import Order
from supervised.core.variables import largest_difference
from supervised.datasets import mnist
from supervised.parallel.configs import ModelParallelConfig
from supervised.parallel.idle_time import Span, ideal_idle_share, idle_share
from supervised.parallel.pipeline import Pipeline, Stage

_WARM_UP = 2  # updates that are not measured

evaluate = digits.evaluate
predict = digits.predict


def run(config: ModelParallelConfig, context: Context) -> Result:
    """Trains the same network with each number of micro-batches.

    Returns:
        Test accuracy with the most micro-batches. For each number M of micro-batches: `idle_M`, the
        share of time that stages waited; `ideal_M`, that share if only the stages took time; and
        `theory_M`, that share if all stages took equal time, too. `largest_difference` of a weight
        between the fewest and the most micro-batches.

    Raises:
        InputError: There are fewer layers than stages, or only one stage.
        Diverged: A logit is not finite.
    """
    layers = len(config.hidden_sizes) + 1
    if not 2 <= context.workers <= layers:
        raise InputError(f"--workers {context.workers}: expected 2 to {layers}, a layer each")
    data = context.load(mnist.load)
    train, validation = digits.set_aside(data, config.validation, context)
    found: dict[int, dict[str, Any]] = {}
    model: Any = None
    for number, count in enumerate(config.micro_batches):
        phase = f"micro_{count}"
        model = digits.perceptron(NetworkConfig(hidden_sizes=config.hidden_sizes), context)
        done = context.restored(phase)
        if done is None or "shown" not in done:
            inner: Any = PhaseContext(context, number, len(config.micro_batches))
            done = _train(model, count, train, validation, config, inner)
            context.checkpoint(phase, done)
        model.set_weights(done["weights"])
        found[count] = dict(done)
    finished = classifiers.with_probabilities(model)
    context.model(finished)
    context.table("micro_batches", _table(found, context.workers))
    context.figure("idle", _curves(found, context.workers))
    context.figure("timeline", _timelines(found))
    on_validation = {"accuracy": found[config.micro_batches[-1]]["accuracy"]}
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    test = classifiers.on_test_images(finished, data, NAMES)[0]
    shares = {
        f"{name}_{count}": value
        for count, done in found.items()
        for name, value in _shares(done, count, context.workers).items()
    }
    first, last = (found[config.micro_batches[i]]["weights"] for i in (0, -1))
    return Result(
        metrics={
            "accuracy": test["accuracy"],
            **shares,
            "largest_difference": largest_difference(first, last),
        },
        validation=on_validation,
        baseline=scores.majority(data.train_labels, data.test_labels),
        notes=[f"{context.workers} stages; {config.updates} updates of {config.batch_size}"],
        test_rows=len(data.test_labels),
    )


def stages_of(model: Any, count: int) -> list[keras.Model]:
    """Cuts a network before layers with weights, into stages with about equally many weights."""
    weighted = [number for number, layer in enumerate(model.layers) if layer.weights]
    sizes = np.array([model.layers[number].count_params() for number in weighted])
    before = np.cumsum(sizes) - sizes  # [W] weights in front of each such layer
    bounds, chosen = [0], 0
    for number in range(1, count):
        nearest = int(np.abs(before - sizes.sum() * number / count).argmin())
        last = len(weighted) - (count - number)  # a layer with weights for each that follows
        chosen = min(max(nearest, chosen + 1), last)
        bounds.append(weighted[chosen])
    bounds.append(len(model.layers))
    found = []
    for start, stop in pairwise(bounds):
        part = model.layers[start:stop]
        source = model.inputs[0] if start == 0 else model.layers[start - 1].output
        inputs = keras.Input(source.shape[1:], dtype=source.dtype)
        x: Any = inputs
        for layer in part:
            x = layer(x)
        found.append(keras.Model(inputs, x))
    return found


@contextmanager
def _pipeline(
    model: Any, count: int, train: Examples, config: ModelParallelConfig, context: Context
) -> Iterator[Pipeline]:
    order = Order(batch_size=config.batch_size, parts=count, seed=context.seed("order"))
    parts = stages_of(model, context.workers)
    rule = keras.optimizers.serialize(networks.optimizer(config.optimizer, config.updates))
    making = (Stage, parts, rule, train, order)
    group = context.worker_group(*making, count=len(parts), name="stage", reserve=True)
    try:
        yield Pipeline(parts, group, order, len(train), context)
    finally:
        group.close()


def _train(
    model: Any,
    count: int,
    train: Examples,
    validation: Examples,
    config: ModelParallelConfig,
    context: Context,
) -> dict[str, Any]:
    phase = f"micro_{count}"
    begun = {"weights": model.get_weights(), "state": [], "updates": [], "accuracy": 0.0}
    with _pipeline(model, count, train, config, context) as pipeline:
        pipeline.advance(0, _WARM_UP)
        begun = context.restored(phase) or begun
        model.set_weights(begun["weights"])
        pipeline.begin(begun["state"])
        updates, accuracy = [*begun["updates"]], begun["accuracy"]
        for first in range(len(updates), config.updates, config.look_every):
            made = pipeline.advance(first, min(config.look_every, config.updates - first))
            updates += [[asdict(span) for span in update] for update in made]
            scored = classifiers.validation_metrics(model, validation, NAMES)
            accuracy = scored["accuracy"]
            text = f"micro-batches {count}: validation accuracy {accuracy:.4f}"
            context.progress(len(updates), config.updates, text)
            context.scalars(len(updates), {f"{phase}/{k}": v for k, v in scored.items()})
            state = {"weights": model.get_weights(), "state": pipeline.state}
            context.checkpoint(phase, {**state, "updates": updates, "accuracy": accuracy})
    return {
        "accuracy": accuracy,
        "weights": model.get_weights(),
        **_times([[Span(**span) for span in update] for update in updates], context.workers),
    }


def _times(updates: Sequence[Sequence[Span]], stages: int) -> dict[str, Any]:
    """Medians over updates of how long stages worked and waited, and all spans of one update."""
    spans = [span for update in updates for span in update]
    shown = updates[len(updates) // 2]
    began = min(span.began for span in shown)
    return {
        "idle": float(np.median([idle_share(update, stages) for update in updates])),
        "seconds": float(np.median([_length(update) for update in updates])),
        "forward": [_median(spans, stage, "forward") for stage in range(stages)],
        "backward": [_median(spans, stage, "backward") for stage in range(stages)],
        "shown": [
            [span.stage, span.kind, span.began - began, span.ended - began] for span in shown
        ],
    }


def _length(spans: Sequence[Span]) -> float:
    return max(span.ended for span in spans) - min(span.began for span in spans)


def _median(spans: Sequence[Span], stage: int, kind: str) -> float:
    found = [s.ended - s.began for s in spans if s.stage == stage and s.kind == kind]
    return float(np.median(found)) if found else 0.0


def _shares(done: Mapping[str, Any], count: int, stages: int) -> dict[str, float]:
    return {
        "idle": done["idle"],
        "ideal": ideal_idle_share(done["forward"], done["backward"], count),
        "theory": (stages - 1) / (count + stages - 1),
    }


def _table(found: Mapping[int, Mapping[str, Any]], stages: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "micro_batches": count,
            "seconds_per_update": done["seconds"],
            **_shares(done, count, stages),
            "val_accuracy": done["accuracy"],
        }
        for count, done in found.items()
    )


def _curves(found: Mapping[int, Mapping[str, Any]], stages: int) -> Figure:
    frame = _table(found, stages)
    figure, axes = plots.panels(1, 2)
    left, right = axes[0]
    named = {
        "idle": ("measured", plots.RED),
        "ideal": ("if only the stages took time", plots.BLUE),
        "theory": ("(p - 1) / (m + p - 1)", plots.GREY),
    }
    for name, (text, color) in named.items():
        left.plot(frame["micro_batches"], frame[name], ".-", color=color, label=text)
    left.set_ylim(0, 1)
    plots.label(left, f"{stages} stages waiting", "micro-batches", "share of time", legend=True)
    right.plot(frame["micro_batches"], 1000 * frame["seconds_per_update"], ".-", color=plots.RED)
    right.set_ylim(0, None)
    plots.label(right, "an update", "micro-batches", "milliseconds")
    return figure


def _timelines(found: Mapping[int, Mapping[str, Any]]) -> Figure:
    """Draws what the stages did in one update, in a panel for each number of micro-batches."""
    colors = {"forward": plots.BLUE, "backward": plots.RED, "apply": plots.GREY}
    figure, axes = plots.panels(len(found), 1, size=(9.0, 1.5))
    for (panel,), (count, done) in zip(axes, found.items(), strict=True):
        for stage, kind, began, ended in done["shown"]:
            width = 1000 * (ended - began)
            panel.barh(stage, width, left=1000 * began, color=colors[kind], edgecolor="white")
        panel.set_yticks(range(len(done["forward"])))
        panel.invert_yaxis()
        plots.label(panel, f"micro-batches: {count}", "milliseconds", "stage")
    figure.suptitle("one update: forward blue, backward red, update grey")
    return figure
