"""Recurrent units predict next month's airline passengers (book, chapter 6).

Deviations from the book, where each is a bug: scales come from the training months; training is
stopped by its last months, where the book uses the test; a forecast is drawn at the month that it
predicts, and uses a whole window, where the book draws the output after one value; the closed loop
begins where the training ends. `lstm_passengers` predicts growth, because numbers of passengers in
the test are above all of the training; `lstm_passengers_book` predicts numbers, with 5 units and
windows of 5 months. The intervals of the closed loop, which the book lacks, come from a rehearsal:
a second network, which ends as long before the test as the test is, foretells the months between.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots, sampling, scores, training
from supervised.core.forecasts import controls, errors, intervals, network, pictures
from supervised.core.forecasts.windows import Floats, Windows
from supervised.core.job import Context, InputError, Result
from supervised.core.phase_contexts import PhaseContext
from supervised.datasets import airline
from supervised.datasets.airline import Passengers
from supervised.datasets.source import DataError
from supervised.recurrent.configs import PassengersConfig

_YEAR = 12

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
    middle, ahead = test - config.validation, len(data.values) - test
    begin = max(test - max(ahead, config.validation), _needed(months, config))
    rehearsed = context.final and begin <= middle
    contexts: Any = [PhaseContext(context, number, 1 + rehearsed) for number in range(2)]
    model = _trained(months, test, config, contexts[0])
    context.model(model)
    on_validation = scores.regression(
        data.values[middle:test], _one_step(model, months, middle, test)
    )
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    if rehearsed:
        before, known = _trained(months, begin, config, contexts[1], "rehearsal"), "knew none"
    else:  # too few months for a second network
        before, begin, known = model, middle, "chose its epoch by them, so they are too narrow"
    apart = errors.calibration(months, network.step(before), begin, test, ahead)
    how = f"the {test - begin} months before, by a network that {known}"
    return _conclude(model, months, data, test, apart, how, on_validation, context)


def evaluate(config: PassengersConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model's one-step forecasts of the test months."""
    months = _months(context.load(airline.load).values, config)
    test = _first_test_month(months, config)
    found = _one_step(model, months, test, len(months.values))
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
        ahead = months.forecasts(network.step(model), np.array([len(values)]), _YEAR)[0]
        after = series[-1] + np.arange(1, _YEAR + 1)
        tables.append(pd.DataFrame({"file": name, "month": after.astype(str), "forecast": ahead}))
    return pd.concat(tables, ignore_index=True)


def _months(values: Floats, config: PassengersConfig) -> Windows:
    return Windows(values=values, target=config.target, window=config.window)


def _first_test_month(months: Windows, config: PassengersConfig) -> int:
    count = len(months.values)
    test = count - round(count * config.test_fraction)
    if count - test < 2:
        raise DataError(
            f"{airline.INFO.name}: --job.test-fraction {config.test_fraction:g} of {count} months "
            "leaves fewer than 2"
        )
    needed = _needed(months, config)
    if test < needed:
        raise DataError(
            f"{airline.INFO.name}: {test} months before the test are too few for windows of "
            f"{config.window} and {config.validation} months of validation: {needed} are needed"
        )
    return test


def _needed(months: Windows, config: PassengersConfig) -> int:
    """The fewest months before what a network is scored on; the last of them are for validation."""
    return max(months.first, _YEAR) + 2 * config.validation


def _trained(
    months: Windows, end: int, config: PassengersConfig, context: Context, phase: str = "fit"
) -> keras.Model:
    """A network that knows the months before `end`, of which the last choose its epoch."""
    middle = end - config.validation
    train, validation = months.examples(months.first, middle), months.examples(middle, end)
    return network.trained(train, validation, config, "passengers", context, phase)


def _one_step(model: keras.Model, months: Windows, begin: int, end: int) -> Floats:
    """Forecasts of the months from `begin` to before `end`, each from the true ones before it."""
    said = training.predict(model, months.examples(begin, end).x)  # [M, 1]
    return months.foretold(said, np.arange(begin, end))[:, 0]


def _conclude(
    model: keras.Model,
    months: Windows,
    data: Passengers,
    test: int,
    apart: Floats,
    how: str,
    validation: Mapping[str, float],
    context: Context,
) -> Result:
    """Scores forecasts of the test once, with intervals by errors [O, H] of months before it.

    Args:
        test: The first month of the test.
        apart: Errors of forecasts before that.
        how: Of which months these are, in words.
    """
    end = len(data.values)
    actual, ahead = data.values[test:], end - test
    one_step, step = _one_step(model, months, test, end), network.step(model)
    beside = _controls(months, test)
    alone = months.forecasts(step, np.array([test]), ahead)[0]
    radii = intervals.radii([apart])
    bands = intervals.bands(months, alone, radii)
    rolled, came = errors.rolled(months, data.values, step, test, end, ahead)
    around = intervals.bands(months, rolled, radii)
    horizons = {"ahead": np.arange(1, ahead + 1), **intervals.inside(came, around, axis=0)}
    context.table("horizons", pd.DataFrame(horizons))
    forecasts = {"passengers": actual, "one_step": one_step, **beside, "closed_loop": alone}
    forecasts |= pictures.named(bands)
    context.table("forecasts", pd.DataFrame({"month": data.months[test:].astype(str), **forecasts}))
    context.figure("forecast", _forecast(data, test, one_step, alone, bands))
    metrics = scores.regression(actual, one_step)
    for name, found in {**beside, "closed_loop": alone}.items():
        metrics[f"{name}_rmse"] = scores.regression(actual, found)["rmse"]
    metrics |= scores.named("closed_loop", intervals.inside(actual, bands))
    metrics |= scores.named("rolled", intervals.inside(came, around))
    if (most := intervals.calibrated([apart])) < ahead:
        how += f"; those of more than {most} months ahead are wider in proportion"
    return Result(
        metrics=metrics,
        validation=validation,
        baseline=metrics["persistence_rmse"],
        notes=[
            f"errors in thousands of passengers, of one step over the last {ahead} months; the "
            f"closed loop knows none of them; its intervals are calibrated on forecasts of {how}",
            f"closed_loop_inside is of one path of {ahead} months, whose errors are alike, and "
            "rolled_inside of forecasts from each month of the test (horizons), which overlap: one "
            "stretch of months is too few to tell how far a share inside is off",
        ],
        controls=_CONTROLS,
        test_rows=len(actual),
        sampling_errors=sampling.of_regression(actual, one_step),
    )


def _controls(months: Windows, test: int) -> dict[str, Floats]:
    """Forecasts of the test months by last month, by last year, by both, and by a linear map.

    The linear map is a ridge regression with scikit-learn's penalty. It learns from the network's
    training windows and from its validation windows.
    """
    values, end = months.values, len(months.values)
    last, last_year = values[test - 1 : -1], values[test - _YEAR : -_YEAR]
    before_that = values[test - _YEAR - 1 : -_YEAR - 1]
    unseen = months.examples(test, end)
    ridge = controls.ridge(months.examples(months.first, test))
    assert isinstance(unseen.x, np.ndarray)
    linear = ridge(unseen.x[:, :, 0])[:, None]
    return {
        "persistence": last,
        "seasonal": last_year,
        "seasonal_growth": last * last_year / before_that,
        "ridge": months.foretold(linear, np.arange(test, end))[:, 0],
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
    pictures.intervals(below, ahead, bands)
    plots.label(above, "each month from the true ones before it", "", "thousands", legend=True)
    plots.label(below, f"all from {ahead[0]} on", "", "thousands", legend=True)
    return figure
