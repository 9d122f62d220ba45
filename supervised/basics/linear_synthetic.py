"""Linear regression on points around a known line, by full-batch gradient descent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers

from supervised.basics.configs import LinearSyntheticConfig
from supervised.core import sampling, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.core.plots import BLUE, GREY, RED, label, one_panel, panels
from supervised.core.settings import FitConfig
from supervised.datasets.source import DataKind

SLOPE, INTERCEPT, NOISE = 0.1, 0.4, 0.05


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points (x, y) for training, validation and test; `x` [N, 1] and `y` [N, 1] each."""

    train: Examples
    validation: Examples
    test: Examples
    name: str = "line with noise"
    kind: DataKind = "synthetic"


def run(config: LinearSyntheticConfig, context: Context) -> Result:
    """Fits a line; the best possible mean squared error is the noise's variance, 0.0025.

    Book, 3.11: 1,000 points, gradient descent at 0.6 from zeros, 16 iterations. Deviations: the
    draws are seeded; there are test points (the book has none); the summaries are written at every
    iteration (the book merges them and never runs them); what the book calls initial values are
    the values after the first update, and have that number here.

    Raises:
        Diverged: The loss is no longer finite.
    """
    data = _load(config, context)
    model = _model(config)
    context.graph(_graph(model))
    watcher = _Watcher(model, data.train, context)
    fit = FitConfig(epochs=config.iterations, batch_size=config.points)
    fitted = training.fit(model, data.train, data.validation, fit, context, callbacks=(watcher,))
    path = _path(fitted.history)
    context.table("iterations", path)
    context.figure("points", _points_figure(data.train))
    context.figure("fit", _fit_figure(data.train, path))
    context.figure("loss", _loss_figure(path))
    context.model(model)
    validation = _score(model, data.validation)
    if not context.final:
        return Result(metrics={}, validation=validation)
    last = path.iloc[-1]
    mean = np.full_like(data.test.y, data.train.y.mean())
    apart = (data.test.y - training.predict(model, data.test.x))[:, 0].astype(np.float64)  # [N]
    return Result(
        metrics={
            **_score(model, data.test),
            "train_mse": float(last["loss"]),
            "w": float(last["w"]),
            "b": float(last["b"]),
        },
        validation=validation,
        baseline=scores.regression(data.test.y, mean)["mse"],
        optimum=NOISE**2,
        test_rows=len(data.test),
        sampling_errors=sampling.of_squares(apart**2),
    )


def evaluate(
    config: LinearSyntheticConfig, context: Context, model: keras.Model
) -> Mapping[str, float]:
    """Scores a fitted line on the test points."""
    return _score(model, _load(config, context).test)


def predict(
    config: LinearSyntheticConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts y for each x.

    Args:
        inputs: [N] numbers x, as texts.

    Raises:
        InputError: An input is not a finite number, or there is no input.
    """
    if not inputs:
        raise InputError("no numbers given: give values of x, such as 0.5")
    x = np.array([_number(text) for text in inputs], np.float32)
    return pd.DataFrame({"x": x, "y": training.predict(model, x[:, None])[:, 0]})


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{text!r} is not a number: give values of x, such as 0.5")
    return value


def _load(config: LinearSyntheticConfig, context: Context) -> Points:
    def draw(purpose: str, count: int) -> Examples:
        rng = context.rng(purpose)
        x = rng.standard_normal((count, 1))  # [N, 1]
        y = SLOPE * x + INTERCEPT + rng.normal(0.0, NOISE, (count, 1))  # [N, 1]
        return Examples(x=x.astype(np.float32), y=y.astype(np.float32))

    return context.load(
        lambda _: Points(
            train=draw("points", config.points),
            validation=draw("validation points", config.points),
            test=draw("test points", config.test_points),
        )
    )


def _model(config: LinearSyntheticConfig) -> keras.Model:
    line = layers.Dense(1, kernel_initializer="zeros", name="LinearRegression")
    model = keras.Sequential([keras.Input((1,)), line])
    training.compile_model(model, keras.optimizers.SGD(config.learning_rate), "mse")
    return model


def _graph(model: keras.Model) -> bytes:
    spec = tf.TensorSpec((None, 1), tf.float32)
    graph = tf.function(model).get_concrete_function(spec).graph
    return graph.as_graph_def().SerializeToString()


def _score(model: keras.Model, part: Examples) -> dict[str, float]:
    return {"mse": scores.regression(part.y, training.predict(model, part.x))["mse"]}


class _Watcher(keras.callbacks.Callback):
    """Adds W, b and the loss after each update; Keras reports the loss before it."""

    def __init__(self, line: keras.Model, train: Examples, context: Context):
        super().__init__()
        self._line, self._context = line, context
        self._x, self._y = np.asarray(train.x, np.float64), train.y  # [N, 1] each

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        kernel, bias = (np.asarray(v) for v in self._line.trainable_variables)  # [1, 1], [1]
        residuals = self._x @ kernel + bias - self._y  # [N, 1]
        logs.update(w=kernel.item(), b=bias.item(), loss_after=float(np.mean(residuals**2)))
        self._context.histograms(epoch + 1, {"W": kernel, "b": bias})


def _path(history: Sequence[Mapping[str, float]]) -> pd.DataFrame:
    """A table of each iteration (from 1), `w`, `b`, and the training loss with them."""
    names = {"iteration": "epoch", "w": "w", "b": "b", "loss": "loss_after"}
    return pd.DataFrame([{name: record[key] for name, key in names.items()} for record in history])


def _points_figure(train: Examples) -> Any:
    figure, panel = one_panel()
    _scatter(panel, train)
    label(panel, f"{len(train):,} points around {SLOPE} x + {INTERCEPT}", "x", "y")
    return figure


def _fit_figure(train: Examples, path: pd.DataFrame) -> Any:
    chosen = sorted({1, (len(path) + 1) // 2, len(path)})
    figure, axes = panels(1, len(chosen), size=(4.5, 4.0))
    ends = np.array([train.x.min(), train.x.max()])  # type: ignore[union-attr]
    for panel, iteration in zip(axes[0], chosen, strict=True):
        _, w, b, loss = path.iloc[iteration - 1]
        _scatter(panel, train)
        panel.plot(ends, w * ends + b, color=RED, label=f"{w:.4f} x + {b:.4f}")
        title = f"after iteration {iteration}: loss {loss:.6f}"
        label(panel, title, "x", "y", legend=True)
    return figure


def _scatter(panel: Any, train: Examples) -> None:
    panel.plot(train.x, train.y, ".", color=BLUE, markersize=2)


def _loss_figure(path: pd.DataFrame) -> Any:
    figure, panel = one_panel()
    panel.semilogy(path["iteration"], path["loss"], ".-", color=BLUE, label="training")
    panel.axhline(NOISE**2, ls="--", color=GREY, label=f"variance of the noise, {NOISE**2:.4f}")
    label(panel, "Loss after each update", "iteration", "mean squared error", legend=True)
    return figure
