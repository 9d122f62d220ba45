"""Data-parallel training of digit classifiers (book, chapter 7, which has it in prose only).

The book's parameter server holds the variables; workers read them and send updates. In synchronous
training all workers read the same values and their gradients are averaged; in asynchronous training
each sends its gradients when it is ready, when others have already moved the values. Here both
train softmax regression and LeNet on MNIST, beside one process and beside TensorFlow's own
`MirroredStrategy`. (Its parameter-server and multi-worker strategies do not work with Keras 3.)
"""

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from supervised.core import classifiers, digits, scores
from supervised.core.digits import NAMES
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.core.phase_contexts import PhaseContext
from supervised.core.randomness import keras_seed
from supervised.core.settings import LenetNetworkConfig, NetworkConfig
from supervised.core.variables import assign, largest_difference, values
from supervised.datasets import mnist
from supervised.datasets.labelled import LabelledImages
from supervised.parallel import curves
from supervised.parallel.configs import DataParallelConfig, DigitNetwork
from supervised.parallel.ways import compiled, way

_WARM_UP = 2  # updates before the clock runs, then forgotten: processes start and compile

evaluate = digits.evaluate
predict = digits.predict


def run(config: DataParallelConfig, context: Context) -> Result:
    """Trains each network in each way, from the same weights on the same batches.

    Returns:
        Test accuracies by network, way and workers; `largest_difference` of a weight between one
        process and synchronous workers, after two updates; `NETWORK_difference_at_the_end`, to
        which rounding makes it grow (--precision float64 shows that it is only rounding);
        `other_bits`, the synchronous trainings whose weights differ from those of one worker.

    Raises:
        InputError: There are more workers than parts of a batch.
        Diverged: A logit stopped being finite.
    """
    most = min(config.parts, config.batch_size)
    if not 1 <= context.workers <= most:
        raise InputError(
            f"--workers {context.workers}: expected 1 to {most}, the parts of a batch (--parts)"
        )
    data = context.load(mnist.load)
    train, validation = digits.set_aside(data, config.validation, context)
    found: list[dict[str, Any]] = []
    ways = _ways(config, context.workers)
    trainings = len(ways) * len(config.networks)
    model: Any = None
    for network in config.networks:
        build = functools.partial(network_of, network, config, _Seeds(context))
        for name, workers in ways:
            phase = f"{network}/{name}/{workers}"
            curve = context.restored(phase)
            if curve is None or "test" not in curve:
                inner: Any = PhaseContext(context, len(found), trainings)
                curve = _train(name, workers, build, train, validation, data, config, inner, phase)
                context.checkpoint(phase, curve)
            found.append({"network": network, "way": name, "workers": workers, **curve})
        model = build()
    return _conclude(found, model, data, config, context)


class _Seeds:
    """The seeds of a job as an object that other processes can use to build networks."""

    def __init__(self, context: Context):
        self._seed = context.seed("weights")

    def seed(self, purpose: str) -> int:
        return keras_seed(self._seed, purpose)


def network_of(network: DigitNetwork, config: DataParallelConfig, context: Any) -> keras.Model:
    """A network from images [B, 28, 28] of bytes to logits [B, 10]."""
    if network == "softmax":
        return digits.perceptron(NetworkConfig(hidden_sizes=()), context)
    lenet = LenetNetworkConfig(
        filters=config.filters, hidden=config.hidden, convolution_dropout=0, hidden_dropout=0
    )
    return digits.lenet(lenet, context)


def _ways(config: DataParallelConfig, most: int) -> list[tuple[str, int]]:
    """All trainings as a way and a number of workers: 1, 2, 4 and so on, up to `most`."""
    counts = sorted({1 << i for i in range(most.bit_length())} | {most})
    team = [(name, count) for name in ("synchronous", "asynchronous") for count in counts]
    return [("alone", 1), *team, *[("mirrored", config.replicas)] * bool(config.replicas)]


def _train(
    name: str,
    workers: int,
    build: Any,
    train: Examples,
    validation: Examples,
    data: LabelledImages,
    config: DataParallelConfig,
    context: Context,
    phase: str,
) -> dict[str, Any]:
    """Trains in one way; returns validation metrics over updates and seconds of training."""
    model: Any = build()
    compiled(model, config)
    model.optimizer.build(model.trainable_variables)
    everything = [*model.variables, *model.optimizer.variables]
    begun = {"variables": values(everything), "seconds": 0.0, "points": [], "staleness": []}
    with way(name, workers, build, model, train, config, context) as (trained, who):
        trained.advance(0, _WARM_UP)
        first_weights = values(model.trainable_variables)
        begun = context.restored(phase) or begun
        assign(everything, begun["variables"])
        trained.put()
        points, staleness = [*begun["points"]], [*begun["staleness"]]
        seconds = begun["seconds"]
        for first in range(len(staleness), config.updates, config.look_every):
            updates = min(config.look_every, config.updates - first)
            began = time.monotonic()
            made = trained.advance(first, updates)
            seconds += time.monotonic() - began
            staleness += made.staleness
            points.append(_point(first + updates, seconds, made.metrics, model, validation))
            state = {"points": points, "staleness": staleness, "seconds": seconds}
            _told({**state, "variables": values(everything)}, config, context, phase)
    finished = classifiers.with_probabilities(model)
    test = classifiers.on_test_images(finished, data, NAMES)[0] if context.final else {}
    return {
        "who": who,
        "points": points,
        "staleness": np.bincount(staleness).tolist(),
        "updates_per_second": config.updates / seconds,
        "first_weights": first_weights,
        "weights": values(model.trainable_variables),
        "test": {key: test[key] for key in ("accuracy", "log_loss") if test},
    }


def _told(
    state: Mapping[str, Any], config: DataParallelConfig, context: Context, phase: str
) -> None:
    """Shows the progress of a training, and keeps its state."""
    point = state["points"][-1]
    updates = int(point["updates"])
    text = f"{phase}: accuracy {point['val_accuracy']:.4f}"
    context.progress(updates, config.updates, text)
    context.scalars(updates, {f"{phase}/{k}": v for k, v in point.items() if k != "updates"})
    context.checkpoint(phase, state)


def _point(
    updates: int, seconds: float, metrics: Mapping[str, float], model: Any, validation: Examples
) -> dict[str, float]:
    scored = classifiers.validation_metrics(model, validation, NAMES)
    return {
        "updates": updates,
        "seconds": seconds,
        "loss": metrics["loss"],
        "val_loss": scored["log_loss"],
        "val_accuracy": scored["accuracy"],
    }


def _conclude(
    found: Sequence[Mapping[str, Any]],
    model: Any,
    data: LabelledImages,
    config: DataParallelConfig,
    context: Context,
) -> Result:
    """Shows and scores all trainings; keeps the model of the last synchronous one."""
    context.table("points", curves.points(found))
    context.table("trainings", curves.trainings(found))
    context.figure("training", curves.training(found))
    context.figure("speed", curves.speed(found))
    metrics: dict[str, float] = {}
    validation: dict[str, float] = {}
    first, others = [], 0
    for network in config.networks:
        of_it = [curve for curve in found if curve["network"] == network]
        alone = next(curve for curve in of_it if curve["way"] == "alone")
        in_step = [curve for curve in of_it if curve["way"] == "synchronous"]
        first += [largest_difference(c["first_weights"], alone["first_weights"]) for c in in_step]
        last = [largest_difference(curve["weights"], alone["weights"]) for curve in in_step]
        metrics[f"{network}_difference_at_the_end"] = max(last)
        bits = [b"".join(value.tobytes() for value in curve["weights"]) for curve in in_step]
        others += sum(one != bits[0] for one in bits)
        for curve in of_it:
            named = f"{network}_{curve['way']}_{curve['workers']}"
            validation[f"{named}_accuracy"] = curve["points"][-1]["val_accuracy"]
            metrics |= {f"{named}_{key}": value for key, value in curve["test"].items()}
    kept = [curve for curve in found if curve["way"] == "synchronous"][-1]
    assign(model.trainable_variables, kept["weights"])
    context.model(classifiers.with_probabilities(model))
    validation["accuracy"] = kept["points"][-1]["val_accuracy"]
    if not context.final:
        return Result(metrics={}, validation=validation)
    return Result(
        metrics={
            "accuracy": kept["test"]["accuracy"],
            "largest_difference": max(first),
            "other_bits": float(others),
            **metrics,
        },
        validation=validation,
        baseline=scores.majority(data.train_labels, data.test_labels),
        notes=[
            f"{config.updates} updates of {config.batch_size} examples each; largest_difference "
            f"is that after {_WARM_UP}: what sums round away grows with every one",
            f"kept: {config.networks[-1]}, {kept['workers']} workers in step",
            *(f"updates a second, {name}: {curves.rates(found, name)}" for name in config.networks),
        ],
        test_rows=len(data.test_labels),
    )
