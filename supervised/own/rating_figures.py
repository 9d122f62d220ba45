"""Scores of factors on a user's own ratings beside those of simple recommenders, and pictures."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from supervised.core import sampling, scores
from supervised.core.job import Context, Result
from supervised.datasets.source import DataError
from supervised.own.configs import RatingsConfig
from supervised.own.tested import few
from supervised.recommenders import controls, factorization, scoring
from supervised.recommenders.scoring import Held, Ranked

_RANKERS = {"popularity": "the most popular items", "svd": "a truncated SVD"}
"""Simple recommenders of lists, and what they are."""


def scores_of(config: RatingsConfig, held: Held, context: Context) -> dict[str, float]:
    """The errors of predicted ratings, or with --implicit the lists' figures."""
    if not len(held.test):
        raise DataError("no rating to be scored is of somebody with training ratings")
    if config.implicit:
        ranked = scoring.lists(held, context)
        return {} if ranked is None else ranked.metrics("factors")
    found = held.answers()
    if len(found) < 2:  # of one there is no R²
        error = float(found[0] - held.test.y[0])
        return {"mse": error**2, "rmse": abs(error), "mae": abs(error)}
    return scores.regression(held.test.y, found)


def result(
    config: RatingsConfig,
    held: Held,
    validation: Mapping[str, float],
    notes: list[str],
    context: Context,
) -> Result:
    """The scores on the test ratings of all that foretell or rank, and pictures of them.

    Raises:
        DataError: Nothing can be scored.
    """
    metrics = scores_of(config, held, context)
    notes += few(len(held.test), "rating")
    svd = controls.svd(held.seen, len(held.table.people), len(held.table.films), context)
    ranked = scoring.lists(held, context, {"svd": svd})
    if ranked is None:
        notes.append("no test rating is of an item that somebody likes: lists are not scored")
    else:
        context.table("ranking", ranked.frame)
        context.figure("lists", scoring.picture_of_lists(ranked, config.k))
        if not config.implicit and (beaten := ranked.beaten_by()):
            notes += [*beaten, "for lists train with --implicit, which ranks by what people chose"]
    if config.implicit:
        return _of_lists(config, held, ranked, validation, notes, context)
    people = held.test.x["user"]  # type: ignore[call-overload]
    found = held.answers()
    context.figure("errors", scoring.picture_of_errors(held.test.y, found))
    beside = factorization.beside(held)
    errors = sampling.of_regression(held.test.y, found, people)
    scored = [
        ("factors", metrics["rmse"]),
        ("biases of people and items", beside["bias_rmse"]),
        ("the mean", beside["mean_rmse"]),
    ]
    context.say(f"rmse {metrics['rmse']:.4f} ± {errors.get('rmse', np.nan):.4f}  factors")
    for who, score in scored[1:]:
        context.say(f"rmse {score:.4f}  {who}")
    context.table("figures", pd.DataFrame(scored, columns=["model", "rmse"]))
    notes.append("standard errors are over people")
    notes += scores.no_better("factors foretell", "rmse", scored)
    lists = {} if ranked is None else ranked.all_metrics()
    return Result(
        metrics={**metrics, **beside, **lists},
        metric="rmse",
        validation=validation,
        baseline=beside["mean_rmse"],
        notes=notes,
        controls={"bias": "biases of people and items"},
        test_rows=len(held.test),
        sampling_errors={name: error for name, error in errors.items() if np.isfinite(error)},
    )


def _of_lists(
    config: RatingsConfig,
    held: Held,
    ranked: Ranked | None,
    validation: Mapping[str, float],
    notes: list[str],
    context: Context,
) -> Result:
    if ranked is None:
        raise DataError("no item of the test was chosen in the training: no list can be scored")
    people = len(ranked.by_person["factors"]["ndcg"])
    errors = {
        name: sampling.of_mean(values) for name, values in ranked.by_person["factors"].items()
    }
    scored = [(name, ranked.metrics(name)["ndcg"]) for name in ranked.by_person]
    for name, score in scored:
        context.say(f"ndcg {score:.4f}  {name}")
    named = [(_RANKERS.get(name, name), score) for name, score in scored]
    notes += scores.no_better("factors rank", "ndcg", named)
    beside = {
        f"{name}_{figure}": value
        for name in ("popularity", "svd")
        for figure, value in ranked.metrics(name).items()
    }
    return Result(
        metrics={**ranked.metrics("factors"), **beside},
        metric="ndcg",
        validation=validation,
        baseline=beside["popularity_ndcg"],
        notes=[*notes, f"lists of {config.k} for {people:,} people; standard errors are over them"],
        controls=_RANKERS,
        test_rows=len(held.test),
        sampling_errors={name: error for name, error in errors.items() if np.isfinite(error)},
    )
