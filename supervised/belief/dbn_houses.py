"""A deep belief network of house prices, beside ridge regression and a network not pre-trained.

The book (ch. 3) names the data, and prints neither settings nor metrics.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import layers
from sklearn.linear_model import RidgeCV

from supervised.belief import pretraining
from supervised.belief.configs import DbnHousesConfig
from supervised.core import plots, rows, sampling, scores, tabular, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import boston, houses, splits, tables
from supervised.datasets.houses import Houses

_PENALTIES = np.logspace(-2, 4, 25)


def run(config: DbnHousesConfig, context: Context) -> Result:
    """Pre-trains, fine-tunes, trains the control, and scores all on the test rows once."""
    data = context.load(houses.load)
    rest, test = splits.book_split(len(data.target))
    hashes = _hashes(data)
    rows.remember(context, hashes[rest], hashes[test])
    share = config.validation
    chosen, aside = (
        rest[part]
        for part in splits.split(len(rest), (1 - share, share), context.rng("validation"))
    )
    encoder = tabular.encoder(data.frame.iloc[chosen], data.numeric, data.categorical)
    prices = np.log(data.target) if config.log_target else data.target
    mean, deviation = float(prices[chosen].mean()), float(prices[chosen].std())
    train, validation = (
        Examples(
            x=tabular.encode(encoder, data.frame.iloc[part]),
            y=((prices[part] - mean) / deviation).astype(np.float32)[:, None],
        )
        for part in (chosen, aside)
    )
    loss = keras.losses.MeanSquaredError(), "squared error, standardised"
    pair = pretraining.train_pair(train, validation, 1, "gaussian", loss, config, context)
    finished, finished_control = (
        tabular.export(encoder, _in_dollars(model, mean, deviation, config.log_target))
        for model in pair
    )
    context.model(finished)
    on_validation = {
        **_scores(data, aside, finished)[0],
        **scores.named("control", _scores(data, aside, finished_control)[0]),
    }
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    ours, predicted = _scores(data, test, finished)
    theirs, _ = _scores(data, test, finished_control)
    ridge = _ridge(data, encoder, rest, test, config.log_target)
    title = f"test rows of {data.title}"
    context.figure(
        "predictions",
        plots.measured_and_predicted(data.target[test], predicted, title, "dollars"),
    )
    average = np.full(len(test), data.target[rest].mean())
    return Result(
        metrics={**ours, **scores.named("control", theirs), **scores.named("ridge", ridge)},
        validation=on_validation,
        baseline=scores.regression(data.target[test], average)["rmse"],
        notes=(f"{data.title}: {len(rest):,} rows for training, {len(test):,} for the test",),
        controls={"control": "the same network without pre-training", "ridge": "ridge"},
        test_rows=len(test),
        sampling_errors=sampling.of_regression(data.target[test], predicted),
    )


def evaluate(config: DbnHousesConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test rows, of other data on all that were not trained on."""
    data = context.load(houses.load)
    _, test = splits.book_split(len(data.target))
    return _scores(data, rows.to_score(context, _hashes(data), test), model)[0]


def predict(
    config: DbnHousesConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts prices in dollars of a user's own houses: CSV files with the data set's columns."""
    of_ames = set(model.input) == set(houses.COLUMNS)
    frame, places = tabular.read(inputs, _ames_rows if of_ames else _boston_rows)
    return places.assign(price=training.predict(model, tabular.columns(frame))[:, 0])


def _hashes(data: Houses) -> rows.Hashes:
    return rows.of_frame(data.frame, data.numeric, data.categorical, data.target)


def _ames_rows(path: Path) -> pd.DataFrame:
    return tables.read(path, houses.COLUMNS, optional=("Id", "SalePrice"))


def _boston_rows(path: Path) -> pd.DataFrame:
    return pd.DataFrame(boston.read_rows(path), columns=list(boston.NUMERIC))


def _in_dollars(
    model: keras.Sequential, mean: float, deviation: float, log_target: bool
) -> keras.Sequential:
    """A trained network followed by layers that turn its outputs into dollars."""
    last = [layers.Rescaling(deviation, mean, name="unscaled")]
    if log_target:
        last.append(layers.Activation("exponential", name="dollars"))
    return keras.Sequential([*model.layers, *last])


def _scores(
    data: Houses, chosen: npt.NDArray[Any], model: keras.Model
) -> tuple[dict[str, float], npt.NDArray[np.float64]]:
    """Metrics of a model of raw columns, and its predictions [N] in dollars."""
    columns = tabular.columns(data.frame.iloc[chosen])
    predicted = training.predict(model, columns)[:, 0].astype(np.float64)
    return scores.regression(data.target[chosen], predicted), predicted


def _ridge(
    data: Houses,
    encoder: keras.Model,
    rest: npt.NDArray[Any],
    test: npt.NDArray[Any],
    log_target: bool,
) -> dict[str, float]:
    """Metrics of ridge regression, whose penalty is chosen by leave-one-out validation.

    It needs no validation rows, so it learns from them, too.
    """
    to, back = (np.log, np.exp) if log_target else (np.asarray, np.asarray)
    known, new = (tabular.encode(encoder, data.frame.iloc[part]) for part in (rest, test))
    ridge = RidgeCV(alphas=_PENALTIES).fit(known.astype(np.float64), to(data.target[rest]))
    return scores.regression(data.target[test], back(ridge.predict(new.astype(np.float64))))
