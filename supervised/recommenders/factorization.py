"""Biased matrix factorization of ratings (book, chapter 9).

The model is the book's, r = μ + b_u + b_i + p_u·q_i. The book reaches a test RMSE of 2.76, little
better than the 2.813 of always predicting 1, the lower end of its clipping. Deviations: μ is the
mean of the training ratings; the loss is a mean, not a sum, and Adam follows it; every epoch uses
all training ratings once; biases are penalised, too; validation ratings choose the epoch, where the
book uses the test's.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, sampling, scores, training
from supervised.core.examples import Batched, Examples
from supervised.core.job import Context, InputError, Result
from supervised.datasets import ratings
from supervised.datasets.source import read_bytes
from supervised.recommenders import controls, factors, rated, recommender_file, scoring
from supervised.recommenders.configs import FactorizationConfig, FactorsConfig
from supervised.recommenders.rated import LIKED, Parts
from supervised.recommenders.scoring import Held
from supervised.recommenders.serving import Recommender
from supervised.recommenders.table import Table


def run(config: FactorizationConfig, context: Context) -> Result:
    """Trains factors, and scores held-out ratings and recommended lists once."""
    data = rated.load(config.ratings, context)
    parts = rated.parts(data, config, context)
    context.say(
        f"{len(parts.train):,} ratings to learn from, of {len(parts.films):,} films by "
        f"{len(parts.people):,} people"
    )
    model = learn(config, parts, context)
    context.model(model)
    table = Table.of(model)
    recommender_file.keep(Recommender.of(table, parts, config), context)
    on_validation = errors(Held.of(table, parts, config.k, parts.validating))
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    held = Held.of(table, parts, config.k, parts.examples(parts.test))
    return _conclude(held, on_validation, config, context)


def learn(config: FactorizationConfig, parts: Parts, context: Context) -> keras.Model:
    """Trains a model from published numbers of people [B] and films [B] to ratings [B]."""
    train = parts.examples(parts.train)
    people, films = parts.names
    return learn_from(
        train,
        parts.validating,
        config,
        context,
        people=people,
        films=films,
        mean=float(train.y.mean()),
    )


def learn_from(
    train: Batched,
    validation: Examples,
    config: FactorsConfig,
    context: Context,
    *,
    people: npt.NDArray[Any],
    films: npt.NDArray[Any],
    mean: float,
    item: str = "movie",
    unit: float = 1.0,
) -> keras.Model:
    """Trains a model of published numbers or names from examples of places, in memory or on disk.

    Args:
        people: [U] published numbers, in the order of their places.
        films: [I] published numbers, in the order of their places.
        item: Name of the saved model's second input.
        unit: What the saved model's ratings are multiplied by, where those of the examples were
            divided by it.
    """
    core = factors.build(config, len(people), len(films), mean, context.seed("factors"))
    name = "rmse" if unit == 1.0 else "rmse_in_units"  # who sees it beside the test's must know
    rmse = keras.metrics.RootMeanSquaredError(name=name)
    fitted = training.train(core, train, validation, config, "mse", context, metrics=[rmse])
    what = "ratings" if unit == 1.0 else f"ratings in units of {unit:.2g}"
    classifiers.show_training(fitted.history, what, context)
    return factors.export(core, people, films, item, unit)


def evaluate(
    config: FactorizationConfig, context: Context, model: keras.Model
) -> Mapping[str, float]:
    """Scores a trained model on the held-out ratings, and its recommended lists."""
    parts = rated.parts(rated.load(config.ratings, context), config, context)
    held = Held.of(Table.of(model), parts, config.k, parts.examples(parts.test))
    ranked = scoring.lists(held, context)
    return errors(held) | (ranked.all_metrics() if ranked else {})


def predict(
    config: FactorsConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts ratings of pairs of published numbers: `USER:MOVIE` texts, or files of ratings.

    Raises:
        InputError: An input is neither.
        DataError: A file cannot be read.
    """
    pairs = np.concatenate([_given(text) for text in inputs])  # [N, 2]
    table, users, films = Table.of(model), pairs[:, 0], pairs[:, 1]
    x = table.places(users, films)
    return recommender_file.foretold(table, x, users, films, context)


def _given(text: str) -> npt.NDArray[np.int64]:
    user, colon, movie = text.partition(":")
    if colon and user.isdecimal() and movie.isdecimal() and max(len(user), len(movie)) < 19:
        return np.array([[int(user), int(movie)]])
    if Path(text).is_file():
        found = ratings.parse(read_bytes(Path(text)), text)
        return np.column_stack([found.users, found.movies])
    raise InputError(f"{text}: expected USER:MOVIE, two numbers, or a file of ratings")


def errors(held: Held) -> dict[str, float]:
    """Metrics of predicted ratings, clipped to possible ones."""
    return scores.regression(held.test.y, held.answers())


def beside(held: Held) -> dict[str, float]:
    """The errors of the mean rating, and those of biases, on the same test ratings."""
    biases = controls.biases(lambda: [held.seen], len(held.table.people), len(held.table.films))
    mean = scores.regression(held.test.y, np.full(len(held.test), biases.mean))
    bias = scores.regression(held.test.y, biases.ratings(held.test).clip(held.low, held.high))
    return {"mean_rmse": mean["rmse"], "bias_rmse": bias["rmse"]}


def _conclude(
    held: Held, validation: Mapping[str, float], config: FactorizationConfig, context: Context
) -> Result:
    test = held.test
    controlled, ranked = beside(held), scoring.lists(held, context)
    if ranked is not None:
        context.table("ranking", ranked.frame)
    found = held.answers()
    context.figure("errors", scoring.picture_of_errors(test.y, found))
    assert isinstance(test.x, Mapping)
    unknown = int(np.sum((test.x["user"] == 0) | (test.x["movie"] == 0)))
    notes = [
        f"{unknown:,} of {len(test):,} test ratings are of a person or film with none to learn "
        "from, and get what the other's bias says",
        f"lists of {config.k} films, from all that were not rated in the training; to be found are "
        + (f"{LIKED:g} stars or more in the test" if config.split == "random" else "the last ones"),
        *(ranked.beaten_by() if ranked else ()),
    ]
    return Result(
        metrics={**errors(held), **controlled, **(ranked.all_metrics() if ranked else {})},
        validation=validation,
        baseline=controlled["mean_rmse"],
        notes=notes,
        controls={"bias": "biases of people and films"},
        test_rows=len(test),
        sampling_errors=sampling.of_regression(test.y, found),
    )
