"""Recurrent units predict next month's airline passengers (book, chapter 6).

Deviations from the book, where each is a bug: scales come from the training months; training is
stopped by its last months, where the book uses the test; a forecast is drawn at the month that it
predicts, and uses a whole window, where the book draws the output after one value; the closed loop
begins where the training ends. `lstm_passengers` predicts growth, because numbers of passengers in
the test are above all of the training; `lstm_passengers_book` predicts numbers, with 5 units and
windows of 5 months.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from keras import layers
from matplotlib.figure import Figure

from supervised.core import classifiers, networks, plots, sampling, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.core.settings import NetworkConfig
from supervised.datasets import airline
from supervised.datasets.airline import Passengers
from supervised.datasets.source import DataError
from supervised.recurrent import units
from supervised.recurrent.configs import PassengersConfig
from supervised.recurrent.months import Floats, Months

_Normalization: Any = layers.Normalization  # its annotations leave out what it documents

_YEAR = 12
_BANDS = (0.8, 0.95)

_CONTROLS = {
    "seasonal": "the same month of last year",
    "seasonal_growth": "last year's growth",
    "ridge": "ridge",
}
"""What a forecast has to beat, in words; the last month's passengers are the baseline."""


def run(config: PassengersConfig, context: Context) -> Result:
    """Trains on windows and scores one-step forecasts of the last months once.

    Raises:
        DataError: The series is missing, wrong, or too short for the settings.
        Diverged: The loss is not finite.
    """
    data = context.load(airline.load)
    months = _months(data.values, config)
    test = _first_test_month(months, config)
    middle = test - config.validation
    train, validation = months.examples(months.first, middle), months.examples(middle, test)
    model = _build(config, train, context)
    _fit(model, train, validation, config, context)
    context.model(model)
    on_validation = scores.regression(
        data.values[middle:test], months.passengers(_foretold(model, validation), middle)
    )
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    return _conclude(model, months, data, (middle, test), on_validation, config, context)


def evaluate(config: PassengersConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model's one-step forecasts of the test months."""
    months = _months(context.load(airline.load).values, config)
    test = _first_test_month(months, config)
    examples = months.examples(test, len(months.values))
    found = months.passengers(_foretold(model, examples), test)
    return scores.regression(months.values[test:], found)


def predict(
    config: PassengersConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts the year after each of a user's own series: CSV files of months and numbers.

    Raises:
        InputError: A series is shorter than a window.
        DataError: A file cannot be read, or is not a monthly series.
    """
    tables = []
    for name in inputs:
        series, values = airline.read_series(Path(name))
        months = _months(values, config)
        if len(values) < months.first:
            raise InputError(
                f"{name}: has {len(values)} months, expected {months.first} or more, which a "
                "forecast looks back on"
            )
        ahead = closed_loop(model, months, len(values), np.zeros((1, _YEAR)))[0]
        after = series[-1] + np.arange(1, _YEAR + 1)
        tables.append(pd.DataFrame({"file": name, "month": after.astype(str), "forecast": ahead}))
    return pd.concat(tables, ignore_index=True)


def closed_loop(model: keras.Model, months: Months, begin: int, noise: Floats) -> Floats:
    """Simulates futures in which every forecast becomes part of the next window.

    Args:
        model: A model from windows to the next month, in the units of `months`.
        months: The series; months from `begin` on are not used.
        begin: The first month that is predicted.
        noise: [P, H] numbers added to the forecasts of H months, in each of P futures.

    Returns:
        Passengers [P, H].
    """
    paths, horizon = noise.shape
    window = np.tile(months.before(begin).astype(np.float32), (paths, 1))  # [P, W]
    found = np.empty((paths, horizon))
    foretell = tf.function(lambda windows: model(windows, training=False))
    for step in range(horizon):
        ahead = np.asarray(foretell(tf.constant(window[:, :, None])))[:, 0]
        found[:, step] = ahead + noise[:, step]
        window = np.column_stack([window[:, 1:], found[:, step].astype(np.float32)])
    return months.values[begin - 1] * np.exp(found.cumsum(axis=1)) if months.growth else found


def _months(values: Floats, config: PassengersConfig) -> Months:
    return Months(values=values, growth=config.target == "growth", window=config.window)


def _first_test_month(months: Months, config: PassengersConfig) -> int:
    count = len(months.values)
    test = count - round(count * config.test_fraction)
    if count - test < 2:
        raise DataError(
            f"{airline.INFO.name}: --job.test-fraction {config.test_fraction:g} of {count} months "
            "leaves fewer than 2"
        )
    needed = max(months.first, _YEAR) + config.validation + config.validation
    if test < needed:
        raise DataError(
            f"{airline.INFO.name}: {test} months before the test are too few for windows of "
            f"{config.window} and {config.validation} months of validation: {needed} are needed"
        )
    return test


def _build(config: PassengersConfig, train: Examples, context: Context) -> keras.Model:
    """A network from windows [B, W, 1] to the next month [B, 1], in the units of the windows."""
    assert isinstance(train.x, np.ndarray)
    mean, variance = float(train.x.mean()), float(train.x.var())
    scale = {"axis": None, "mean": mean, "variance": variance}
    return keras.Sequential(
        [
            layers.Input((config.window, 1)),
            _Normalization(**scale, name="scaled"),
            units.recurrent(config.cell, config.units, context, "recurrent"),  # [B, units]
            networks.output_layer(1, NetworkConfig(hidden_sizes=()), context, name="next"),
            _Normalization(**scale, invert=True, name="unscaled"),
        ]
    )


def _fit(
    model: keras.Model,
    train: Examples,
    validation: Examples,
    config: PassengersConfig,
    context: Context,
) -> None:
    updates = training.updates(len(train), config.fit)
    training.compile_model(model, networks.optimizer(config.optimizer, updates), "mse")
    fitted = training.fit(model, train, validation, config.fit, context)
    classifiers.show_training(fitted.history, "passengers", context)
    context.say(f"{len(train)} windows; best after epoch {fitted.best_epoch}")


def _foretold(model: keras.Model, examples: Examples) -> npt.NDArray[np.float32]:
    return training.predict(model, examples.x)[:, 0]


def _conclude(
    model: keras.Model,
    months: Months,
    data: Passengers,
    parts: tuple[int, int],
    validation: Mapping[str, float],
    config: PassengersConfig,
    context: Context,
) -> Result:
    middle, test = parts
    end = len(data.values)
    actual = data.values[test:]
    one_step = months.passengers(_foretold(model, months.examples(test, end)), test)
    beside = _controls(months, test)
    aside = months.examples(middle, test)
    residuals = aside.y[:, 0] - _foretold(model, aside)  # [V]
    drawn = context.rng("paths").choice(residuals, (config.paths, end - test))
    futures = closed_loop(model, months, test, drawn)  # [P, H]
    alone = closed_loop(model, months, test, np.zeros((1, end - test)))[0]
    bands = {
        band: np.quantile(futures, [(1 - band) / 2, (1 + band) / 2], axis=0) for band in _BANDS
    }
    forecasts = {"passengers": actual, "one_step": one_step, **beside, "closed_loop": alone}
    for band, (low, high) in bands.items():
        forecasts |= {f"low_{band:.0%}": low, f"high_{band:.0%}": high}
    context.table("forecasts", pd.DataFrame({"month": data.months[test:].astype(str), **forecasts}))
    context.figure("forecast", _forecast(data, test, one_step, alone, bands))
    metrics = scores.regression(actual, one_step)
    for name, found in {**beside, "closed_loop": alone}.items():
        metrics[f"{name}_rmse"] = scores.regression(actual, found)["rmse"]
    for band, (low, high) in bands.items():
        inside = (actual >= low) & (actual <= high)
        metrics[f"closed_loop_inside_{band:.0%}"] = float(inside.mean())
    return Result(
        metrics=metrics,
        validation=validation,
        baseline=metrics["persistence_rmse"],
        notes=[
            f"errors in thousands of passengers, of one step over the last {end - test} months; "
            f"the closed loop knows none of them, and its intervals are of {config.paths:,} paths "
            f"with the errors of {len(residuals)} validation months"
        ],
        controls=_CONTROLS,
        test_rows=len(actual),
        sampling_errors=sampling.of_regression(actual, one_step),
    )


def _controls(months: Months, test: int) -> dict[str, Floats]:
    """Forecasts of the test months by last month, by last year, by both, and by a linear map.

    The linear map is a ridge regression with scikit-learn's penalty. It learns from the network's
    training windows and from its validation windows.
    """
    from sklearn.linear_model import Ridge  # slow to import

    values, end = months.values, len(months.values)
    last, last_year = values[test - 1 : -1], values[test - _YEAR : -_YEAR]
    before_that = values[test - _YEAR - 1 : -_YEAR - 1]
    train, unseen = months.examples(months.first, test), months.examples(test, end)
    assert isinstance(train.x, np.ndarray)
    assert isinstance(unseen.x, np.ndarray)
    scale = train.x.std()
    ridge = Ridge().fit(train.x[:, :, 0] / scale, train.y[:, 0])
    return {
        "persistence": last,
        "seasonal": last_year,
        "seasonal_growth": last * last_year / before_that,
        "ridge": months.passengers(ridge.predict(unseen.x[:, :, 0] / scale), test),
    }


def _forecast(
    data: Passengers, test: int, one_step: Floats, alone: Floats, bands: Mapping[float, Any]
) -> Figure:
    """Plots one-step forecasts, and below them the closed loop with its intervals."""
    figure, axes = plots.panels(2, 1, size=(9.0, 3.4))
    ahead = data.months[test:]
    for panel in axes[:, 0]:
        panel.plot(data.months, data.values, color="black", lw=1, label="passengers")
        panel.axvline(ahead[0], color=plots.GREY, ls=":")
    above, below = axes[:, 0]
    above.plot(ahead, one_step, ".-", color=plots.RED, label="one month ahead")
    below.plot(ahead, alone, ".-", color=plots.BLUE, label="closed loop")
    for band, (low, high) in bands.items():
        below.fill_between(
            ahead, low, high, color=plots.BLUE, alpha=0.15, lw=0, label=f"{band:.0%}"
        )
    plots.label(above, "each month from the true ones before it", "", "thousands", legend=True)
    plots.label(below, f"all from {ahead[0]} on", "", "thousands", legend=True)
    return figure
