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
from matplotlib.figure import Figure

from supervised.core import classifiers, networks, plots, sampling, scores, training
from supervised.core.examples import Batched, Examples
from supervised.core.job import Context, InputError, Result
from supervised.datasets import ratings
from supervised.datasets.source import DataError, read_bytes
from supervised.recommenders import controls, factors, ranking, rated
from supervised.recommenders.configs import FactorizationConfig, FactorsConfig
from supervised.recommenders.rated import HIGHEST, LIKED, LOWEST, Parts
from supervised.recommenders.serving import Recommender


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
    on_validation = errors(model, parts, parts.validation)
    if not context.final:
        return Result(metrics={}, validation=on_validation)
    return _conclude(model, parts, on_validation, config, context)


def learn(config: FactorizationConfig, parts: Parts, context: Context) -> keras.Model:
    """Trains a model from published numbers of people [B] and films [B] to ratings [B]."""
    train = parts.examples(parts.train)
    return learn_from(
        train,
        parts.examples(parts.validation),
        config,
        context,
        people=parts.data.people["user"].to_numpy()[parts.people],
        films=parts.data.films["movie"].to_numpy()[parts.films],
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
) -> keras.Model:
    """Trains a model of published numbers from examples of places, in memory or on disk.

    Args:
        train: What it learns from.
        validation: What is scored after each epoch.
        config: The job's settings.
        context: The job's context.
        people: [U] published numbers, in the order of their places.
        films: [I] published numbers, in the order of their places.
        mean: The mean training rating.
    """
    core = factors.build(config, len(people), len(films), mean, context.seed("factors"))
    updates = training.updates(len(train), config.fit)
    rmse = keras.metrics.RootMeanSquaredError(name="rmse")
    training.compile_model(core, networks.optimizer(config.optimizer, updates), "mse", [rmse])
    fitted = training.fit(core, train, validation, config.fit, context)
    classifiers.show_training(fitted.history, "ratings", context)
    return factors.export(core, people, films)


def evaluate(
    config: FactorizationConfig, context: Context, model: keras.Model
) -> Mapping[str, float]:
    """Scores a trained model on the held-out ratings, and its recommended lists."""
    parts = rated.parts(rated.load(config.ratings, context), config, context)
    _, lists = _lists(model, parts, config, context)
    return errors(model, parts, parts.test) | lists


def predict(
    config: FactorsConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts ratings of pairs of published numbers: `USER:MOVIE` texts, or files of ratings.

    Raises:
        InputError: An input is neither.
        DataError: A file cannot be read.
    """
    pairs = np.concatenate([_given(text) for text in inputs])  # [N, 2]
    x = {"user": pairs[:, 0], "movie": pairs[:, 1]}
    table = factors.Table.of(model)
    frame = pd.DataFrame({**x, "rating": _clipped(training.predict(model, x))})
    known = pd.Index(x["user"]).isin(table.people), pd.Index(x["movie"]).isin(table.films)
    return frame.assign(user_known=known[0], movie_known=known[1])


def recommend(config: FactorizationConfig, model: keras.Model, context: Context) -> Recommender:
    """A recommender made of a trained model, the names of films, and the ratings.

    Raises:
        DataError: The ratings are missing or wrong.
    """
    table, data = factors.Table.of(model), rated.load(config.ratings, context)
    if not table.films.isin(data.films["movie"].tolist()).all():
        raise DataError(f"{data.name}: has not all films that the model has learned of")
    return Recommender(table=table, data=data)


def _given(text: str) -> npt.NDArray[np.int64]:
    user, colon, movie = text.partition(":")
    if colon and user.isdecimal() and movie.isdecimal() and max(len(user), len(movie)) < 19:
        return np.array([[int(user), int(movie)]])
    if Path(text).is_file():
        found = ratings.parse(read_bytes(Path(text)), text)
        return np.column_stack([found.users, found.movies])
    raise InputError(f"{text}: expected USER:MOVIE, two numbers, or a file of ratings")


def _clipped(found: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.clip(found, LOWEST, HIGHEST)


def errors(model: keras.Model, parts: Parts, rows: npt.NDArray[np.int64]) -> dict[str, float]:
    """Metrics of a trained model on some ratings; predictions are clipped to possible ratings."""
    found = training.predict(model, parts.published(rows))
    return scores.regression(parts.data.ratings[rows], _clipped(found))


def _conclude(
    model: keras.Model,
    parts: Parts,
    validation: Mapping[str, float],
    config: FactorizationConfig,
    context: Context,
) -> Result:
    test = parts.examples(parts.test)
    everything = parts.examples(np.concatenate([parts.train, parts.validation]))
    biases = controls.biases(lambda: [everything], len(parts.people), len(parts.films))
    mean = scores.regression(test.y, np.full(len(test), biases.mean))
    bias = scores.regression(test.y, _clipped(biases.ratings(test)))
    tables, lists = _lists(model, parts, config, context)
    context.table("ranking", tables)
    found = _clipped(training.predict(model, parts.published(parts.test)))
    context.figure("errors", _figure(test.y, found))
    assert isinstance(test.x, Mapping)
    unknown = int(np.sum((test.x["user"] == 0) | (test.x["movie"] == 0)))
    notes = [
        f"{unknown:,} of {len(test):,} test ratings are of a person or film with none to learn "
        "from, and get what the other's bias says",
        f"lists of {config.k} films, from all that were not rated in the training; to be found are "
        + (f"{LIKED:g} stars or more in the test" if config.split == "random" else "the last ones"),
    ]
    return Result(
        metrics={
            **errors(model, parts, parts.test),
            "mean_rmse": mean["rmse"],
            "bias_rmse": bias["rmse"],
            **lists,
        },
        validation=validation,
        baseline=mean["rmse"],
        notes=notes,
        controls={"bias": "biases of people and films"},
        test_rows=len(test),
        sampling_errors=sampling.of_regression(test.y, found),
    )


def _figure(ratings: npt.NDArray[Any], found: npt.NDArray[Any]) -> Figure:
    """Plots the predictions for each number of stars, and their errors."""
    figure, axes = plots.panels(1, 2)
    left, right = axes[0]
    stars = np.unique(ratings)
    left.boxplot([found[ratings == star] for star in stars], whis=(5, 95), sym="")
    left.set_xticks(range(1, len(stars) + 1), [f"{star:g}" for star in stars])
    right.hist(found - ratings, bins=60, color=plots.BLUE)
    plots.label(left, "foretold; whiskers: 5 % and 95 %", "stars", "foretold")
    plots.label(right, "errors", "foretold - stars", "test ratings")
    return figure


def _lists(
    model: keras.Model, parts: Parts, config: FactorizationConfig, context: Context
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Metrics of recommended lists with intervals over people, by factors and by popularity."""
    table = factors.Table.of(model)
    train = parts.examples(np.concatenate([parts.train, parts.validation]))
    popular = controls.popularity(train, len(parts.films), LIKED)
    recommenders = {
        "factors": table.rows,
        "popularity": lambda people: np.tile(popular, (len(people), 1)),
    }
    lists = parts.lists(LIKED if config.split == "random" else 0.0)
    rows, metrics = [], {}
    for name, recommender in recommenders.items():
        by_person, coverage = ranking.measure(lists, recommender, config.k)
        for metric, values in by_person.items():
            mean, low, high = ranking.interval(values, context.rng("intervals"))
            about = {"recommender": name, "figure": f"{metric}@{config.k}", "people": len(values)}
            rows.append({**about, "mean": mean, "low": low, "high": high})
            metrics[f"{name}_{metric}"] = mean
        metrics[f"{name}_coverage"] = coverage
    return pd.DataFrame(rows), metrics
