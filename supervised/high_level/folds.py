"""Repeated stratified cross-validation of a perceptron on a small table."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats
from sklearn.model_selection import RepeatedStratifiedKFold

from supervised.core import classifiers, networks, plots, scores, simple, tabular, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.core.phase_contexts import UnrecordedContext
from supervised.core.variables import assign, values
from supervised.datasets import layouts, tables
from supervised.datasets.source import Source
from supervised.high_level.configs import FoldsConfig

_CONFIDENCE = 0.95
_PHASE = "folds"
_SEARCHED = 5  # a search's trials see all rows but every fifth

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A small table, and how a user's rows of it are read and answered.

    Attributes:
        title: What the rows are.
        load: Loads the table.
        columns: Its columns, and what is in them.
        names: Names of the classes.
        metrics: Names of the metrics that are reported with an interval.
        rows: The book's own rows.
        said: What a row should have, in words.
        read: Reads a file of rows.
        known: Rows with NaN for what they only seem to tell.
        answers: The columns that tell the probabilities [N, C] of rows.
    """

    title: str
    load: Callable[[Source], layouts.Table]
    columns: Mapping[str, tables.Column]
    names: Sequence[str]
    metrics: Sequence[str]
    rows: Sequence[str]
    said: str
    read: Callable[[Path], pd.DataFrame]
    known: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows
    answers: Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table whose classes are to be predicted.

    Attributes:
        case: What its rows are.
        frame: [N] rows of raw columns.
        labels: [N] classes.
    """

    case: Case
    frame: pd.DataFrame
    labels: npt.NDArray[np.int32]

    def encoder(self, rows: npt.NDArray[Any]) -> keras.Model:
        """A model from raw columns to encoded rows [N, D], fitted on some of the rows."""
        columns = self.case.columns
        numeric, categorical = tables.numeric(columns), tables.categorical(columns)
        return tabular.encoder(self.frame.iloc[rows], numeric, categorical)

    def take(self, rows: npt.NDArray[Any]) -> "Table":
        """Some rows of the table."""
        some = self.frame.iloc[rows].reset_index(drop=True)
        return dataclasses.replace(self, frame=some, labels=self.labels[rows])


def run(
    table: Table,
    config: FoldsConfig,
    context: Context,
    foretell: Callable[[keras.Model], pd.DataFrame],
) -> Result:
    """Cross-validates, then trains the model that is kept on all rows.

    Args:
        foretell: Applies the model that is kept to the book's own cases.

    Returns:
        Metrics as means over folds, with the ends of their intervals as `_low` and `_high`, of the
        network and of logistic regression on the same folds. The intervals allow for training rows
        that folds share (Nadeau and Bengio 2003).

    Raises:
        Diverged: A loss stopped being finite.
    """
    if not context.final:
        # A trial leaves a fifth of the rows alone. The others are in the final run's folds, too,
        # whose metrics are then of settings that were chosen with them in sight.
        searched = table.take(np.flatnonzero(np.arange(len(table.labels)) % _SEARCHED != 0))
        found = _folds(searched, config, context)
        return Result(metrics={}, validation=_means(found, searched, "ours"))
    found = _folds(table, config, context)
    context.table("folds", pd.DataFrame(found))
    context.figure("folds", _spread(found, table))
    kept = _kept(table, config, context)
    context.model(kept)
    foretold = foretell(kept)
    context.table("foretold", foretold)
    for case in foretold.round(3).to_dict("records"):
        context.say("foretold: " + "  ".join(f"{name} {value}" for name, value in case.items()))
    share = 1 / (config.folds - 1)  # test rows of a training row
    metrics = _means(found, table, "ours")
    for name in table.case.metrics:
        low, high = interval([fold[f"ours_{name}"] for fold in found], share)
        metrics |= {f"{name}_low": low, f"{name}_high": high}
    beside = _means(found, table, "logistic_regression")
    ways = f"{config.repeats} x {config.folds} folds, {len(table.labels):,} rows"
    return Result(
        metrics=metrics | scores.named("logistic_regression", beside),
        baseline=float(np.mean([fold["majority_accuracy"] for fold in found])),
        notes=[f"{ways}; the model that is kept has learned all rows"],
        controls={"logistic_regression": simple.LOGISTIC},
        test_rows=len(table.labels),
    )


def interval(values: Sequence[float], share: float) -> tuple[float, float]:
    """A 95 % interval of the mean of a metric over folds.

    Args:
        values: [K] the metric of each fold.
        share: Test rows of a fold, divided by its training rows.
    """
    count, mean = len(values), float(np.mean(values))
    deviation = math.sqrt((1 / count + share) * float(np.var(values, ddof=1)))
    wide = float(stats.t.ppf((1 + _CONFIDENCE) / 2, count - 1)) * deviation
    return mean - wide, mean + wide


def _folds(table: Table, config: FoldsConfig, context: Context) -> list[dict[str, float]]:
    """Metrics of each fold, by name of what predicted it."""
    splitter = RepeatedStratifiedKFold(
        n_splits=config.folds, n_repeats=config.repeats, random_state=context.seed("folds")
    )
    state = context.restored(_PHASE)
    found: list[dict[str, float]] = [dict(fold) for fold in state["folds"]] if state else []
    network: _Network | None = None
    divisions = list(splitter.split(table.labels, table.labels))
    for number, (rows, held_out) in enumerate(divisions):
        if number < len(found):
            continue
        encoder = table.encoder(rows)
        x = tabular.encode(encoder, table.frame)  # [N, D]
        train = Examples(x=x[rows], y=table.labels[rows])
        fresh = networks.perceptron(
            x.shape[1], len(table.case.names), config.network, context, f"fold_{number}"
        )
        if network is None:  # compiled once; folds differ in weights and rows only
            network = _Network(fresh, len(table.labels), config)
        network.begin(values(fresh.variables))
        inner: Any = UnrecordedContext(context, number, len(divisions))
        training.fit(network.core, train, None, config.fit, inner, phase=f"fold_{number}")
        logits = training.predict(network.core, x[held_out])
        foretold = {
            "ours": scores.softmax(logits),
            "logistic_regression": simple.logistic(x[rows], table.labels[rows], x[held_out]),
        }
        found.append(_metrics(foretold, table, rows, held_out, number))
        context.scalars(number, {"fold/accuracy": found[-1]["ours_accuracy"]})
        context.checkpoint(_PHASE, {"folds": found})
    return found


class _Network:
    """A compiled network that is trained from the start in each fold."""

    def __init__(self, core: Any, rows: int, config: FoldsConfig):
        rows -= rows // config.folds  # as many as a fold leaves: schedules are the same in all
        rule = networks.optimizer(config.optimizer, training.updates(rows, config.fit))
        training.compile_model(core, rule, classifiers.cross_entropy(), ["accuracy"])
        core.optimizer.build(core.trainable_variables)
        self.core = core
        self._start = values(core.optimizer.variables)

    def begin(self, found: Sequence[npt.NDArray[Any]]) -> None:
        """Takes initial variables and seeds of dropout, and a new state of the optimizer."""
        assign(self.core.variables, found)
        assign(self.core.optimizer.variables, self._start)


def _kept(table: Table, config: FoldsConfig, context: Context) -> keras.Model:
    """Trains the model of raw columns that is kept, on all rows."""
    encoder = table.encoder(np.arange(len(table.labels)))
    everything = Examples(x=tabular.encode(encoder, table.frame), y=table.labels)
    x: Any = everything.x
    core = networks.perceptron(x.shape[1], len(table.case.names), config.network, context, "kept")
    classifiers.train(core, everything, None, config, table.case.title, context)
    return tabular.export(encoder, classifiers.with_probabilities(core))


def _metrics(
    foretold: Mapping[str, Probabilities],
    table: Table,
    rows: npt.NDArray[Any],
    held_out: npt.NDArray[Any],
    number: int,
) -> dict[str, float]:
    found = {"fold": float(number)}
    for name, probabilities in foretold.items():
        of_it = scores.classification(table.labels[held_out], probabilities, table.case.names)
        found |= scores.named(name, {metric: of_it[metric] for metric in table.case.metrics})
    majority = scores.majority(table.labels[rows], table.labels[held_out])
    return found | {"majority_accuracy": majority}


def _means(found: Sequence[Mapping[str, float]], table: Table, who: str) -> dict[str, float]:
    names = table.case.metrics
    return {name: float(np.mean([fold[f"{who}_{name}"] for fold in found])) for name in names}


def _spread(found: Sequence[Mapping[str, float]], table: Table) -> Figure:
    """Plots the metrics of each fold, ours beside logistic regression's."""
    figure, axes = plots.panels(1, len(table.case.metrics), size=(4.5, 3.6))
    for panel, name in zip(axes[0], table.case.metrics, strict=True):
        of_folds = [[f[f"{who}_{name}"] for f in found] for who in ("ours", "logistic_regression")]
        panel.boxplot(of_folds, tick_labels=["network", "logistic\nregression"], showmeans=True)
        if name == "accuracy":
            majority = float(np.mean([fold["majority_accuracy"] for fold in found]))
            panel.axhline(majority, ls="--", color=plots.GREY, label="the commonest class")
        plots.label(panel, f"{table.case.title}: {name}", "", name, legend=name == "accuracy")
    return figure
