"""What learns from a user's table: the perceptron, and what it has to beat on the same rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import keras
import numpy as np
import numpy.typing as npt
from keras import layers
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from supervised.core import classifiers, networks, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.own.configs import SeriesConfig, TableConfig, TextConfig
from supervised.own.targets import Target

_IMPORTANT = 2_000  # rows among which columns are shuffled
_REPEATS = 3
_AT_ONCE = 16  # columns that are shuffled in one call

Floats = npt.NDArray[np.float32]
C = TypeVar("C", TableConfig, TextConfig, SeriesConfig)


def within(config: C, examples: int) -> tuple[C, tuple[str, ...]]:
    """The settings with as many epochs as their updates allow, but one, and a note on fewer."""
    fit, most = config.fit, config.most_updates
    epochs = max(1, min(fit.epochs, most // training.updates(examples, replace(fit, epochs=1))))
    note = f"{epochs:,} of {fit.epochs:,} epochs: --most-updates {most} allows no more"
    return replace(config, fit=replace(fit, epochs=epochs)), (note,) * (epochs < fit.epochs)


def perceptron(
    config: TableConfig, target: Target, train: Examples, validation: Examples, context: Context
) -> keras.Model:
    """Trains a perceptron from encoded rows to probabilities [N, C], or to numbers [N, 1].

    Raises:
        Diverged: A loss is not finite.
    """
    assert isinstance(train.x, np.ndarray)
    outputs = max(1, len(target.classes))
    core = networks.perceptron(train.x.shape[1], outputs, config.network, context)
    if target.task == "classification":
        classifiers.train(core, train, validation, config, f"{target.name}", context)
        return classifiers.with_probabilities(core)
    mean, deviation = float(train.y.mean()), float(train.y.std()) or 1.0
    learned, held_out = (
        replace(part, y=((part.y - mean) / deviation).astype(np.float32)[:, None])
        for part in (train, validation)
    )
    loss = keras.losses.MeanSquaredError()
    fitted = training.train(core, learned, held_out, config, loss, context)
    classifiers.show_training(fitted.history, f"{target.name}, scaled", context)
    return keras.Sequential([*core.layers, layers.Rescaling(deviation, mean, name="unscaled")])


def metrics_of(
    target: Target, answers: npt.NDArray[Any], found: npt.NDArray[Any]
) -> dict[str, float]:
    """Metrics of probabilities [N, C], or of numbers [N, 1], that are finite."""
    if target.task == "classification":
        found = found / found.sum(axis=1, keepdims=True, dtype=np.float64)
        one_class = len(np.unique(answers)) < 2  # of which nothing can be ranked
        metrics = (
            {"accuracy": float(np.mean(found.argmax(axis=1) == answers))}
            if one_class
            else scores.classification(answers, found, target.classes)
        )
    else:
        metrics = scores.regression(answers, found[:, 0])
    return {name: value for name, value in metrics.items() if np.isfinite(value)}


def without_r2(target: Target, metrics: Mapping[str, float]) -> tuple[str, ...]:
    """Why the metrics of numbers have no R², where they have none."""
    lacks = target.task == "regression" and "r2" not in metrics
    return (f"no R² is told: the rows have only one value of {target.name}",) * lacks


def controls(
    target: Target,
    encoded: tuple[Floats, Floats],
    coded: tuple[Floats, Floats],
    is_words: Sequence[bool],
    answers: npt.NDArray[Any],
    context: Context,
) -> dict[str, tuple[str, npt.NDArray[Any]]]:
    """A linear model and boosted trees, trained on the rows for training and validation.

    Args:
        encoded: Encoded rows to learn from, and test rows.
        coded: The same as trees take them.
        is_words: Which columns of `coded` are words.
        answers: [N] those of the rows to learn from.

    Returns:
        By name: in words, and what is said of the test rows, as in `metrics_of`.
    """
    boosting: dict[str, Any] = {
        "categorical_features": list(is_words),
        "early_stopping": False,  # it sets rows aside, and fails on a class with a single row
        "random_state": context.seed("boosting"),
    }
    linear: Any = Ridge()
    boosted: Any = HistGradientBoostingRegressor(**boosting)
    if target.task == "classification":
        linear = LogisticRegression(max_iter=1_000)
        boosted = HistGradientBoostingClassifier(**boosting)
    words = "ridge" if target.task == "regression" else "logistic regression"
    named = {
        words.replace(" ", "_"): (words, linear, encoded),
        "gradient_boosting": ("gradient boosting", boosted, coded),
    }
    return said_by(named, target, answers, context)


def said_by(
    named: Mapping[str, tuple[str, Any, tuple[Floats, Floats]]],
    target: Target,
    answers: npt.NDArray[Any],
    context: Context,
) -> dict[str, tuple[str, npt.NDArray[Any]]]:
    """Trains models of scikit-learn, and has each say what it says of test rows.

    Args:
        named: By name: in words, the model, and the rows [N, D] to learn from and of the test.
        answers: [N] those of the rows to learn from.

    Returns:
        By name: in words, and what is said of the test rows, as in `metrics_of`.
    """
    found = {}
    for name, (words, model, (known, new)) in named.items():
        context.activity(f"training {words}")
        model.fit(known, answers)
        if target.task == "regression":
            found[name] = words, model.predict(new)[:, None]
            continue
        found[name] = words, scores.of_all_classes(model, new, len(target.classes))
    return found


def importances(
    predict: Callable[[Floats], npt.NDArray[Any]],
    score: Callable[[npt.NDArray[Any], npt.NDArray[Any]], float],
    rows: Floats,
    answers: npt.NDArray[Any],
    sources: Sequence[str],
    context: Context,
) -> dict[str, float]:
    """How much a score falls when a column is shuffled (Breiman 2001), the largest fall first.

    Args:
        predict: From encoded rows to what is said of them.
        score: From answers and what is said to the score.
        rows: [N, D] encoded test rows, of which 2,000 are taken.
        answers: [N] theirs.
        sources: [D] the column that each number comes from.
    """
    rng = context.rng("importances")
    chosen = rng.permutation(len(rows))[:_IMPORTANT]
    rows, answers = rows[chosen], answers[chosen]
    before = score(answers, predict(rows))
    places: dict[str, list[int]] = {}
    for place, name in enumerate(sources):
        places.setdefault(name, []).append(place)
    names, falls = list(places), dict.fromkeys(places, 0.0)
    for start in range(0, len(names), _AT_ONCE):
        context.activity(f"shuffling column {start + 1:,} of {len(names):,}")
        for _ in range(_REPEATS):
            some = names[start : start + _AT_ONCE]
            shuffled = np.tile(rows, (len(some), 1, 1))  # [n, N, D]
            for copy, name in zip(shuffled, some, strict=True):
                copy[:, places[name]] = rows[rng.permutation(len(rows))][:, places[name]]
            said = predict(shuffled.reshape(-1, rows.shape[1])).reshape(len(some), len(rows), -1)
            for name, each in zip(some, said, strict=True):
                falls[name] += (before - score(answers, each)) / _REPEATS
    return dict(sorted(falls.items(), key=lambda item: -item[1]))
