"""Factorization machines and neural ones on people, films and tags (book, chapter 9).

The book compares 16 factors and batches of 4,096 with 64 and 128, prints 0.5427 and 0.5578, and
calls them almost the same; its 0.5578 seems to be of validation rows. Here all machines have the
same factors and batches, a linear model is the control, and the test is scored once, by the weights
that are best on validation rows. `nfm_apps` trains the same machines on frappe.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots, sampling, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, InputError, Result
from supervised.datasets import interactions
from supervised.datasets.interactions import Interactions, Rows
from supervised.datasets.source import DataError
from supervised.recommenders import machines
from supervised.recommenders.configs import MachinesConfig

_LOADERS = {"frappe": interactions.load_frappe, "ml-tag": interactions.load_ml_tag}


def run(config: MachinesConfig, context: Context) -> Result:
    """Trains each machine on the same rows and scores the test rows once.

    Returns:
        `rmse` of the machine that is kept, and of each machine with its name as prefix.

    Raises:
        DataError: The rows are missing or wrong.
        Diverged: A loss is not finite.
    """
    data: Interactions = context.load(_LOADERS[config.rows])
    width = data.train.places.shape[1]
    if width < 2:
        raise DataError(f"{data.name}: rows of one feature have no products")
    context.say(f"{len(data.train):,} rows of {width} of {data.features:,} features")
    validation, metrics, model = {}, {}, None
    histories: dict[str, pd.DataFrame] = {}
    train, held_out = _examples(data.train), _examples(data.validation)
    for machine in config.machines:
        model = machines.build(machine, config, data.features, width, context)
        fitted = training.train(model, train, held_out, config, "mse", context, phase=machine)
        histories[machine] = pd.DataFrame(fitted.history)
        validation[f"{machine}_rmse"] = _errors(model, data.validation)["rmse"]
        if context.final:
            metrics[f"{machine}_rmse"] = _errors(model, data.test)["rmse"]
        context.say(f"{machine}: validation rmse {validation[f'{machine}_rmse']:.4f}")
    assert model is not None
    context.model(model)
    context.table("history", pd.concat([f.assign(machine=m) for m, f in histories.items()]))
    context.figure("training", _curves(histories))
    kept = config.machines[-1]
    validation["rmse"] = validation[f"{kept}_rmse"]
    if not context.final:
        return Result(metrics={}, validation=validation)
    mean = float(data.train.targets.mean())
    notes = [f"{kept} is kept; equal factors ({config.factors}) and batches for all"]
    return Result(
        metrics=_errors(model, data.test) | metrics,
        validation=validation,
        baseline=scores.regression(data.test.targets, np.full(len(data.test), mean))["rmse"],
        notes=notes,
        controls={"linear": "the linear part alone"} if kept != "linear" else {},
        test_rows=len(data.test),
        sampling_errors=sampling.of_regression(data.test.targets, _answers(model, data.test)),
    )


def evaluate(config: MachinesConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained machine on the test rows."""
    data: Interactions = context.load(_LOADERS[config.rows])
    return _errors(model, data.test)


def predict(
    config: MachinesConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts targets from -1 to 1 for the rows of a user's own libfm files.

    Raises:
        InputError: A row has more features than the machine takes, or an unknown one.
        DataError: A file cannot be read, or has another format.
    """
    width = int(model.inputs[0].shape[1])
    lookup: Any = model.get_layer("lookup")
    tables = []
    for name in inputs:
        rows = interactions.read_rows(Path(name))
        if rows.places.shape[1] > width or rows.places.max() > lookup.settings["features"]:
            raise InputError(
                f"{name}: expected {width} features a row at most, numbered up to "
                f"{lookup.settings['features'] - 1:,}"
            )
        answers = _answers(model, interactions.widened(rows, width))
        tables.append(
            pd.DataFrame({"file": name, "row": np.arange(1, len(rows) + 1), "answer": answers})
        )
    return pd.concat(tables, ignore_index=True)


def _examples(rows: Rows) -> Examples:
    return Examples(x={"places": rows.places, "values": rows.values}, y=rows.targets[:, None])


def _answers(model: keras.Model, rows: Rows) -> npt.NDArray[np.float32]:
    """Predictions [N], clipped to possible targets."""
    return training.predict(model, _examples(rows).x)[:, 0].clip(-1, 1)


def _errors(model: keras.Model, rows: Rows) -> dict[str, float]:
    found = _answers(model, rows)
    right = float(np.mean(np.sign(found) == np.sign(rows.targets)))
    return {**scores.regression(rows.targets, found), "accuracy": right}


def _curves(histories: Mapping[str, pd.DataFrame]) -> Figure:
    figure, panel = plots.one_panel()
    for (name, frame), color in zip(histories.items(), plots.COLORS, strict=False):
        rmse = np.sqrt(frame["val_loss"])
        panel.plot(frame["epoch"], rmse, ".-", color=color, label=f"{name}, validation")
        panel.plot(frame["epoch"], np.sqrt(frame["loss"]), ":", color=color)
    plots.label(panel, "dotted: training", "epoch", "rmse", legend=True)
    return figure
