"""Scores of a user's table beside those of simple predictors, and pictures of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from common.intervals import share_interval
from common.text import shortened
from supervised.core import classifiers, plots, sampling, scores, training
from supervised.core.job import Context, Result
from supervised.own import encoding, models
from supervised.own.data import Table
from supervised.own.targets import Target
from supervised.own.tested import Divided

_MOST_CLASSES = 30  # of which a confusion matrix can be read
_SHOWN = 25  # columns
_LETTERS = 28  # of a column's name
_POINTS = 5_000
_OF_CONTROLS = ("accuracy", "log_loss", "balanced_accuracy", "roc_auc", "r2", "rmse", "mae")
"""Metrics that are told of the controls, too."""


def show(table: Table, said: npt.NDArray[Any], context: Context) -> None:
    """Draws the confusion matrix, or the residuals, of what is said of the test rows."""
    title = f"{table.target.name}, test rows"
    if table.target.task == "regression":
        figure = residuals(table.test.answers, said[:, 0], table.target.name, title)
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
    table: Table, learned: keras.Model, x_test: Any, metric: str, context: Context
) -> None:
    """Draws how much the metric falls on encoded test rows when a column is shuffled."""
    found = models.importances(
        lambda x: training.predict(learned, x),
        lambda answers, said: _score(table, answers, said, metric),
        x_test,
        table.test.answers,
        encoding.sources(table.columns),
        context,
    )
    if not np.isfinite([*found.values()]).all():  # there is no score that could fall
        return
    table_of = {"column": list(found), "importance": list(found.values())}
    context.table("importances", pd.DataFrame(table_of))
    title = f"{table.target.name}: what the perceptron looks at"
    context.figure("importances", _bars(found, metric, title))


def result(
    tested: Divided[Any],
    said: npt.NDArray[Any],
    beside: Mapping[str, tuple[str, npt.NDArray[Any]]],
    metric: str,
    on_validation: Mapping[str, float],
    notes: Sequence[str],
    context: Context,
    model: str,
) -> Result:
    """The scores of all on the test rows, and a table of them with their errors.

    Args:
        tested: What was learned from and is tested on.
        said: What the network says of the test rows, as in `models.metrics_of`.
        beside: By name, what is simpler: in words, and what it says of them.
        on_validation: The network's metrics on validation rows.
        notes: What a reader of the scores must know beside what is told of them here.
        model: What the network is called.
    """
    answers, target = tested.test.answers, tested.target
    metrics = models.metrics_of(target, answers, said)
    found, every = dict(metrics), [(model, said)]
    for name, (words, theirs) in beside.items():
        of_it = models.metrics_of(target, answers, theirs)
        found |= scores.named(name, {k: v for k, v in of_it.items() if k in _OF_CONTROLS})
        every.append((words, theirs))
    known = tested.seen.answers
    trivial = (
        np.eye(len(target.classes))[np.full(len(answers), np.bincount(known).argmax())]
        if target.task == "classification"
        else np.full((len(answers), 1), known.mean())
    )
    every.append(("the commonest class" if target.classes else "the mean", trivial))
    scored = [(who, *_scored(tested, answers, each, metric)) for who, each in every]
    _show_scores(tested, scored, metric, context)
    simpler = scores.no_better(f"{model} is", metric, [(who, score) for who, score, _ in scored])
    return Result(
        metrics=found,
        metric=metric,
        validation=on_validation,
        baseline=scored[-1][1] if metric in metrics else None,
        notes=[*notes, *models.without_r2(target, metrics), *simpler],
        controls={name: words for name, (words, _) in beside.items()},
        test_rows=len(answers),
        sampling_errors=_errors(tested, answers, said),
    )


def _show_scores(
    tested: Divided[Any], scored: Sequence[tuple[str, float, float]], metric: str, context: Context
) -> None:
    """Keeps a table of scores and standard errors, and says them; of accuracies the intervals."""
    frame = pd.DataFrame(scored, columns=["model", metric, "standard_error"])
    intervals = [_interval(tested, score) for _, score, _ in scored]
    if any(intervals):
        context.say("in brackets: Wilson's 95 % intervals of accuracies")
        ends = np.array([each or (np.nan, np.nan) for each in intervals])
        frame = frame.assign(low_95=ends[:, 0], high_95=ends[:, 1])
    context.table("figures", frame)
    for (who, score, error), ends in zip(scored, intervals, strict=True):
        around = f" ± {error:.4f}" if np.isfinite(error) else ""
        if ends is not None:
            around = f" [{ends[0]:.4f}, {ends[1]:.4f}]"
        if np.isfinite(score):
            context.say(f"{metric} {score:.4f}{around}  {who}")


def _interval(tested: Divided[Any], score: float) -> tuple[float, float] | None:
    """The 95 % interval of an accuracy; None of what has a standard error that tells as much.

    Of groups that is the accuracy unless all rows are right, or none: then each group counts once.
    """
    groups = tested.groups
    if tested.target.task == "regression" or (groups is not None and 0 < score < 1):
        return None
    count = len(tested.test if groups is None else np.unique(groups))
    return share_interval(score, count)


def _score(
    tested: Divided[Any], answers: npt.NDArray[Any], said: npt.NDArray[Any], metric: str
) -> float:
    """The score of what is said of rows, which need not be all of the test."""
    if tested.target.task == "regression":
        return models.metrics_of(tested.target, answers, said).get(metric, np.nan)
    return float(np.mean(said.argmax(axis=1) == answers))


def _scored(
    tested: Divided[Any], answers: npt.NDArray[Any], said: npt.NDArray[Any], metric: str
) -> tuple[float, float]:
    """A score and its standard error over the test rows, or over their groups."""
    score = _score(tested, answers, said, metric)
    if tested.target.task == "classification" and tested.groups is None:
        return score, float(np.sqrt(score * (1 - score) / len(answers)))
    return score, _errors(tested, answers, said).get(metric, np.nan)


def _errors(
    tested: Divided[Any], answers: npt.NDArray[Any], said: npt.NDArray[Any]
) -> dict[str, float]:
    groups = tested.groups
    if tested.target.task == "regression":
        found = sampling.of_regression(answers, said[:, 0], groups)
        found |= sampling.of_r2(answers, said[:, 0], groups) if np.ptp(answers) else {}
    else:
        two = len(tested.target.classes) == 2
        found = sampling.of_roc_auc(answers, said[:, 1], groups) if two else {}
        if groups is not None:
            found["accuracy"] = sampling.of_mean(said.argmax(axis=1) == answers, groups)
    return {name: error for name, error in found.items() if np.isfinite(error)}


def _bars(found: Mapping[str, float], metric: str, title: str) -> Figure:
    """Plots how much the metric falls when a column is shuffled, for the most important ones."""
    names = list(found)[:_SHOWN]
    figure, panel = plots.one_panel(size=(6.5, 0.28 * len(names) + 1.4))
    panel.barh(range(len(names)), [found[name] for name in names], color=plots.BLUE)
    panel.set_yticks(range(len(names)), [shortened(name, _LETTERS) for name in names])
    panel.invert_yaxis()
    panel.axvline(0, color=plots.GREY)
    more = f", the first {_SHOWN} of {len(found):,}" if len(found) > _SHOWN else ""
    plots.label(panel, f"{title}{more}", f"fall of {metric} when the column is shuffled", "")
    return figure


def residuals(
    targets: npt.NDArray[Any], predicted: npt.NDArray[Any], name: str, title: str
) -> Figure:
    """Plots predictions over true values, and errors over predictions, of 5,000 rows at most."""
    some = slice(None, None, max(1, len(targets) // _POINTS))
    targets, predicted = targets[some], predicted[some]
    figure, (axes,) = plots.panels(1, 2, size=(5.5, 4.5))
    left, right = axes
    plots.predicted_over(left, targets, predicted)
    plots.label(left, title, f"{name}, measured", f"{name}, predicted", legend=True)
    right.plot(predicted, targets - predicted, ".", color=plots.BLUE, markersize=4)
    right.axhline(0, ls="--", color=plots.GREY)
    plots.label(right, "residuals", f"{name}, predicted", "measured less predicted")
    return figure
