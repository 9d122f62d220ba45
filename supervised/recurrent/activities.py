"""Recurrent layers name the activity of a person with a phone at the waist (book, chapter 6).

Deviations from the book: windows are shuffled in every epoch; some volunteers of the training set
validate, where the book uses the test; signals are scaled by the training windows; recurrent layers
have dropout; three networks are trained and their probabilities averaged; small motions are inputs
a second time, enlarged, because at the book's scale a person who sits or stands does not move at
all; the scale of initial weights depends on the layer's size, where the book's dense layers start
at N(0, 1) and the last at N(1, 1). The decay is the book's, of all weights and biases. The book
prints 0.8687 and 0.8951 for one network: they are of two runs.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers

from common.text import reason
from supervised.core import classifiers, networks, plots, scores, training, units
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.datasets import har, splits
from supervised.datasets.har import NAMES, SIGNALS, STEPS, Part
from supervised.recurrent.configs import HarConfig

ops: Any = keras.ops  # its annotations have results that may be None

_DRAWN = ("total_acc_x", "total_acc_y", "body_gyro_x")
_TREES = 300
_SHARE = 0.5  # of enlarged motions, which then reach as far as signals do
_STILLEST = 1e-6  # in the signals' own units
_COMPARED = ("accuracy", "log_loss", "balanced_accuracy")  # metrics of the forest


@keras.saving.register_keras_serializable("actorlab")
class BesideAtRest(layers.Layer):
    """Adds to signals [B, T, D] their motions, of which small ones are enlarged: [B, T, 2 D]."""

    def __init__(self, gains: Sequence[float], **options: Any):
        """Makes the layer.

        Args:
            gains: [D] factors of the motions, before their inverse hyperbolic sine is taken, which
                is linear below 1 and grows like a logarithm above.
        """
        super().__init__(**options)
        self.gains = list(gains)

    def get_config(self) -> dict[str, Any]:
        """The settings from which Keras makes this layer again."""
        return {**super().get_config(), "gains": self.gains}

    def call(self, signals: Any) -> Any:
        moving = signals - ops.mean(signals, axis=1, keepdims=True)
        enlarged = ops.arcsinh(moving * ops.convert_to_tensor(self.gains, signals.dtype))
        return ops.concatenate([signals, _SHARE * enlarged], axis=-1)


def run(config: HarConfig, context: Context) -> Result:
    """Trains on windows [N, 128, 9] and scores those of the test's volunteers once.

    Raises:
        DataError: The data are missing or wrong.
        Diverged: The loss is not finite.
    """
    data = context.load(har.load)
    people = data.train.volunteers
    aside = splits.aside(people, config.validation_volunteers, context.rng("validation"))
    train, validation = _examples(data.train, ~aside), _examples(data.train, aside)
    names = ", ".join(str(v) for v in np.unique(people[aside]))
    context.say(f"{len(train):,} windows to learn from; volunteers {names} validate")
    context.figure("signals", _signals(data.train))
    finished = _trained(config, train, validation, context)
    context.model(finished)
    on_validation, _ = classifiers.test_metrics(finished, validation, NAMES)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    test = _examples(data.test)
    metrics, probabilities = classifiers.test_metrics(finished, test, NAMES)
    classifiers.show(test.y, probabilities, NAMES, "activities, test volunteers", context)
    context.table("volunteers", _by_volunteer(data.test, probabilities))
    forest = scores.classification(test.y, _forest(data.train, data.test, context), NAMES)
    return Result(
        metrics=metrics | scores.named("forest", {name: forest[name] for name in _COMPARED}),
        validation=on_validation,
        baseline=scores.majority(data.train.labels, test.y),
        controls={"forest": "random forest of simple features"},
        test_rows=len(test),
    )


def evaluate(config: HarConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the windows of the test's volunteers."""
    return classifiers.test_metrics(model, _examples(context.load(har.load).test), NAMES)[0]


def predict(
    config: HarConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Names activities in a user's own recordings, for windows that overlap by one half.

    A recording is a CSV file with 50 rows a second and the columns of `SIGNALS`.

    Raises:
        InputError: A file cannot be read, lacks a column or is shorter than a window.
    """
    tables = []
    for name in inputs:
        windows = _windows(Path(name))  # [N, 128, 9]
        probabilities = training.predict(model, windows)  # [N, 6]
        table = pd.DataFrame({"file": name, "second": np.arange(len(windows)) * STEPS / 2 / 50})
        table["activity"] = np.array(NAMES)[probabilities.argmax(axis=1)]
        table["probability"] = probabilities.max(axis=1)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _windows(path: Path) -> npt.NDArray[np.float32]:
    try:
        frame = pd.read_csv(path)
        missing = [name for name in SIGNALS if name not in frame]
        if missing:
            raise InputError(f"{path}: has no column {missing[0]}; expected {', '.join(SIGNALS)}")
        values = frame[list(SIGNALS)].to_numpy(np.float32)  # [T, 9]
    except (OSError, ValueError) as error:  # pandas' own are kinds of ValueError
        raise InputError(f"{path}: cannot be read as CSV ({reason(error)})") from None
    if len(values) < STEPS or not np.all(np.isfinite(values)):
        raise InputError(
            f"{path}: expected {STEPS} rows of numbers or more, 50 a second, found {len(values)}"
        )
    found = np.lib.stride_tricks.sliding_window_view(values, STEPS, axis=0)[:: STEPS // 2]
    return np.ascontiguousarray(found.transpose(0, 2, 1))


def _examples(part: Part, rows: Any = slice(None)) -> Examples:
    return Examples(x=part.signals[rows], y=part.labels[rows])


def _trained(
    config: HarConfig, train: Examples, validation: Examples, context: Context
) -> keras.Model:
    """Trains all members; the result gives their mean probabilities [B, 6] of raw windows."""
    members = []
    for number in range(1, config.members + 1):
        model = _build(config, train, context, "" if number == 1 else f"member_{number}_")
        # Beside the loss, which has the decay in it.
        entropy = keras.metrics.SparseCategoricalCrossentropy(name="log_loss", from_logits=True)
        phase = "fit" if number == 1 else f"fit_{number}"
        given = (model, train, validation, config, "activities", context)
        classifiers.train(*given, beside=[entropy], phase=phase)
        members.append(classifiers.with_probabilities(model))
    if len(members) == 1:
        return members[0]
    inputs = layers.Input((STEPS, len(SIGNALS)))
    mean: Any = layers.Average(name="mean_of_members")
    return keras.Model(inputs, mean([member(inputs) for member in members]))


def _build(config: HarConfig, train: Examples, context: Context, prefix: str = "") -> keras.Model:
    """A network from raw windows [B, 128, 9] to logits [B, 6].

    Layers' names, and with them the seeds of their weights, start with the prefix.
    """
    assert isinstance(train.x, np.ndarray)
    scale = layers.Normalization(
        mean=train.x.mean(axis=(0, 1)), variance=train.x.var(axis=(0, 1)), name="scaled"
    )
    # A window moves as much at rest as the stillest quarter of them.
    at_rest = np.quantile(train.x.std(axis=1), 0.25, axis=0)  # [D]
    gains = train.x.std(axis=(0, 1)) / np.maximum(at_rest, _STILLEST)
    found: list[Any] = [layers.Input((STEPS, len(SIGNALS))), scale]
    found.append(BesideAtRest(gains.tolist(), name=f"{prefix}beside_at_rest"))
    penalty = keras.regularizers.L2(config.l2) if config.l2 else None
    dense = partial(
        networks.seeded,
        layers.Dense,
        start="he_normal",
        context=context,
        kernel_regularizer=penalty,
        bias_regularizer=penalty,
    )
    found.append(dense(config.units, f"{prefix}first", activation="relu"))
    for number in range(1, config.layers + 1):
        name = f"{prefix}recurrent_{number}"
        last = number == config.layers and config.pooling == "last"
        options = {"l2": config.l2, "return_sequences": not last}
        found.append(units.recurrent(config.cell, config.units, context, name, **options))
        found += networks.dropout(config.dropout, context, name)
    if config.pooling == "mean":
        found.append(layers.GlobalAveragePooling1D(name="mean"))
    return keras.Sequential([*found, dense(len(NAMES), f"{prefix}logits")])


def simple_features(signals: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Five features of each signal [N, 45]: mean, deviation, smallest, largest, mean step."""
    steps = np.abs(np.diff(signals, axis=1)).mean(axis=1)
    of_each = (signals.mean(axis=1), signals.std(axis=1), signals.min(axis=1), signals.max(axis=1))
    return np.concatenate([*of_each, steps], axis=1)


def _forest(train: Part, test: Part, context: Context) -> npt.NDArray[np.float64]:
    """Probabilities [M, 6] of a random forest on simple features of the test's windows."""
    from sklearn.ensemble import RandomForestClassifier  # slow to import

    forest = RandomForestClassifier(_TREES, random_state=context.seed("forest"))
    forest.fit(simple_features(train.signals), train.labels)
    return np.asarray(forest.predict_proba(simple_features(test.signals)))


def _by_volunteer(test: Part, probabilities: npt.NDArray[Any]) -> pd.DataFrame:
    """A table of the accuracy on the windows of each of the test's volunteers."""
    right = probabilities.argmax(axis=1) == test.labels
    frame = pd.DataFrame({"volunteer": test.volunteers, "right": right})
    found = frame.groupby("volunteer")["right"].agg(["size", "mean"]).reset_index()
    return found.rename(columns={"size": "windows", "mean": "accuracy"})


def _signals(train: Part) -> Any:
    """Plots the first training window of each activity."""
    figure, axes = plots.panels(2, 3, size=(4.0, 2.6))
    seconds = np.arange(STEPS) / 50
    for panel, label in zip(axes.flat, range(len(NAMES)), strict=True):
        window = train.signals[np.flatnonzero(train.labels == label)[0]]  # [128, 9]
        for name, color in zip(_DRAWN, plots.COLORS[:3], strict=True):
            panel.plot(seconds, window[:, SIGNALS.index(name)], color=color, label=name)
        plots.label(panel, NAMES[label], "seconds", "g or rad/s", legend=label == 0)
    return figure
