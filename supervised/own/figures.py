"""Scores of a user's table beside those of simple predictors, and pictures of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, sampling, scores, training
from supervised.core.job import Context, Result
from supervised.own import encoding, models, pictures
from supervised.own.data import Table
from supervised.own.targets import Target

_MOST_CLASSES = 30  # of which a confusion matrix can be read


def show(table: Table, said: npt.NDArray[Any], context: Context) -> None:
    """Draws the confusion matrix, or the residuals, of what is said of the test rows."""
    title = f"{table.target.name}, test rows"
    if table.target.task == "regression":
        figure = pictures.residuals(table.test.answers, said[:, 0], table.target.name, title)
        context.figure("residuals", figure)
    else:
        show_classes(table.target, table.test.answers, said, title, context)


def show_classes(
    target: Target, answers: npt.NDArray[Any], said: npt.NDArray[Any], title: str, context: Context
) -> None:
    """Draws the confusion matrix of probabilities [N, C], where it can be read."""
    if len(target.classes) <= _MOST_CLASSES:
        classifiers.show(answers, said, target.classes, title, context)


def show_importances(
    table: Table, learned: models.Learned, x_test: Any, metric: str, context: Context
) -> None:
    """Draws how much the metric falls on encoded test rows when a column is shuffled."""
    found = models.importances(
        lambda x: training.predict(learned.finished, x),
        lambda answers, said: _score(table, answers, said, metric),
        x_test,
        table.test.answers,
        encoding.sources(table.columns),
        context,
    )
    context.table("importances", encoding.named(found))
    title = f"{table.target.name}: what the perceptron looks at"
    context.figure("importances", pictures.importances(found, metric, title))


class Answers(Protocol):
    """Rows with answers."""

    @property
    def answers(self) -> npt.NDArray[Any]: ...


class Tested(Protocol):
    """What was tested: a table, or anything else with a target."""

    @property
    def target(self) -> Target: ...

    @property
    def test(self) -> Answers: ...

    @property
    def groups(self) -> npt.NDArray[Any] | None: ...


def result(
    table: Tested,
    known: Answers,
    said: npt.NDArray[Any],
    beside: Mapping[str, tuple[str, npt.NDArray[Any]]],
    metric: str,
    on_validation: Mapping[str, float],
    notes: Sequence[str],
    context: Context,
    model: str = "perceptron",
) -> Result:
    """The scores of all on the test rows, and a table of them with their errors.

    `model` names what was trained.
    """
    answers, target = table.test.answers, table.target
    metrics = models.metrics_of(target, answers, said)
    found, every = dict(metrics), [(model, said)]
    for name, (words, theirs) in beside.items():
        of_it = models.of_controls(models.metrics_of(target, answers, theirs))
        found |= scores.named(name, of_it)
        every.append((words, theirs))
    trivial = (
        np.eye(len(target.classes))[np.full(len(answers), np.bincount(known.answers).argmax())]
        if target.task == "classification"
        else np.full((len(answers), 1), known.answers.mean())
    )
    every.append(("the commonest class" if target.classes else "the mean", trivial))
    scored = [(who, *_scored(table, answers, each, metric)) for who, each in every]
    context.table("figures", pd.DataFrame(scored, columns=["model", metric, "standard_error"]))
    for who, score, error in scored:
        context.say(f"{metric} {score:.4f} ± {error:.4f}  {who}")
    return Result(
        metrics=found,
        metric=metric,
        validation=on_validation,
        baseline=scored[-1][1],
        notes=notes,
        controls={name: words for name, (words, _) in beside.items()},
        test_rows=len(answers),
        sampling_errors=_errors(table, answers, said),
    )


def _score(table: Tested, answers: npt.NDArray[Any], said: npt.NDArray[Any], metric: str) -> float:
    """The score of what is said of rows, which need not be all of the test."""
    if table.target.task == "regression":
        return models.metrics_of(table.target, answers, said).get(metric, np.nan)
    return float(np.mean(said.argmax(axis=1) == answers))


def _scored(
    table: Tested, answers: npt.NDArray[Any], said: npt.NDArray[Any], metric: str
) -> tuple[float, float]:
    """A score and its standard error over the test rows, or over their groups."""
    score = _score(table, answers, said, metric)
    if table.target.task == "classification" and table.groups is None:
        return score, float(np.sqrt(score * (1 - score) / len(answers)))
    return score, _errors(table, answers, said).get(metric, np.nan)


def _errors(table: Tested, answers: npt.NDArray[Any], said: npt.NDArray[Any]) -> dict[str, float]:
    groups = table.groups
    if table.target.task == "regression":
        found = sampling.of_regression(answers, said[:, 0], groups)
        found |= sampling.of_r2(answers, said[:, 0], groups)
    else:
        two = len(table.target.classes) == 2
        found = sampling.of_roc_auc(answers, said[:, 1], groups) if two else {}
        if groups is not None:
            found["accuracy"] = sampling.of_mean(said.argmax(axis=1) == answers, groups)
    return {name: error for name, error in found.items() if np.isfinite(error)}
