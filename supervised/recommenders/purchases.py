"""Predicts whether a visitor buys an item that they clicked, and how much (book, chapter 9).

The book's classifier is always right, because its task is empty: all of its rows are purchases,
those of quantity 0 count as none, and the column that it takes for a category is the price. Its
cold start is the same test under another name. Here a row is an item that a visitor clicked,
whether they bought it later or not; all rows of a visit are on one side of the split; and the cold
start has items that training never saw. Quantities are learned from purchases that state one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots, sampling, scores, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets import splits
from supervised.datasets.source import DataError
from supervised.recommenders import controls, fields, machines, visits
from supervised.recommenders.configs import Machine, PurchaseConfig
from supervised.recommenders.fields import Encoder
from supervised.recommenders.visits import BESIDE, ITEM, Visits

NAMES = ("left", "bought")

_TEST, _VALIDATION = 0.2, 0.1  # of the visits
_LARGEST = 2e9  # bytes of dense rows

_CONTROLS = {
    "popularity": "popularity",
    "logistic": "logistic regression",
    "ridge": "ridge",
}
"""The controls without factors, in words."""

Floats = npt.NDArray[np.floating]
Answer = Callable[[Visits], Floats]
"""A function from rows to probabilities or quantities [N]."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The rows for training, for validation, and of the two tests.

    Attributes:
        train: Rows of known items.
        validation: Rows of known items, from other visits.
        test: Rows of known items, from visits that are in no other part.
        cold: Rows of items that are not in `train`, from the visits of `test`.
    """

    train: Visits
    validation: Visits
    test: Visits
    cold: Visits

    @property
    def tests(self) -> dict[str, Visits]:
        """Both tests by the prefix of their metrics' names."""
        return {"": self.test, "cold_": self.cold}


def split(data: Visits, config: PurchaseConfig, context: Context) -> Parts:
    """Splits rows by whole visits; runs with equal settings have equal tests, whatever their seed.

    Raises:
        DataError: A part has no rows, or rows of only one class.
    """
    if config.target == "quantity":
        data = data.take(data.quantity > 0)
    fixed = np.random.default_rng(0)
    items = data.fields[ITEM][:, 0]
    cold = splits.aside(items, round(config.cold * len(np.unique(items))), fixed)
    visited = len(np.unique(data.sessions))
    tested = splits.aside(data.sessions, round(_TEST * visited), fixed)
    drawn = context.rng("validation")
    held_out = ~tested & _aside(data.sessions, ~tested, round(_VALIDATION * visited), drawn)
    parts = Parts(
        train=data.take(~tested & ~held_out & ~cold),
        validation=data.take(held_out & ~cold),
        test=data.take(tested & ~cold),
        cold=data.take(tested & cold),
    )
    for name, rows in vars(parts).items():
        alike = config.target == "bought" and len(np.unique(rows.bought)) == 1
        if alike or not len(rows):
            raise DataError(
                f"{data.name}: {len(data):,} rows leave the {name} part without rows, or with "
                "purchases only or none; more visits are needed"
            )
    return parts


def run(config: PurchaseConfig, context: Context) -> Result:
    """Trains each machine on the same rows and scores both tests once.

    Returns:
        Metrics of the machine that is kept, and of everything else with its name as a prefix; those
        of the cold start begin with `cold_`.

    Raises:
        DataError: The visits are missing or wrong, too few, or too many for dense rows.
        Diverged: A loss is not finite.
    """
    data = context.load(visits.loader(config.shop, config.visits))
    parts = split(data, config, context)
    context.say(
        f"{len(parts.train):,} rows to learn from, {len(parts.test):,} to test, "
        f"{len(parts.cold):,} more of items never seen"
    )
    encode = _encoder(parts.train, config)
    train, held_out = (
        Examples(x=encode(rows.fields), y=_targets(rows, config)[:, None])
        for rows in (parts.train, parts.validation)
    )
    models, histories = {}, []
    for machine in config.machines:
        models[machine], history = _trained(machine, encode, train, held_out, config, context)
        histories.append(history)
    context.model(models[config.machines[-1]])
    context.table("history", pd.concat(histories))
    by_name = {name: partial(_answers, model) for name, model in models.items()}
    answers = {name: answer(parts.validation) for name, answer in by_name.items()}
    validation = _measured(answers, parts.validation, config)
    if not context.final:
        return Result(metrics={}, validation=validation)
    contenders = {**_guesses(parts.train, encode, train, config), **by_name}
    return _concluded(contenders, parts, validation, config, context)


def evaluate(config: PurchaseConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained machine on both tests."""
    parts = split(context.load(visits.loader(config.shop, config.visits)), config, context)
    found: dict[str, float] = {}
    for test, rows in parts.tests.items():
        answers = {config.machines[-1]: _answers(model, rows)}
        found |= {f"{test}{k}": v for k, v in _measured(answers, rows, config).items()}
    return found


def predict(
    config: PurchaseConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts what is bought in a user's own visits, from files of clicks or ratings.

    The result has a row for each item of each visit.

    A file of ratings needs the files of films and people beside it; the ratings are not used.

    Raises:
        DataError: A file cannot be read, or has another format.
    """
    column = "probability" if config.target == "bought" else "quantity"
    tables = []
    for name in inputs:
        rows = visits.read(config.shop, Path(name))
        answers = _answers(model, rows)
        about = {"visit": rows.sessions, "item": rows.fields[ITEM][:, 0]}
        tables.append(pd.DataFrame({"file": name, **about, column: answers}))
    return pd.concat(tables, ignore_index=True)


def _aside(
    groups: npt.NDArray, among: npt.NDArray[np.bool_], count: int, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """The rows of some groups, drawn from the groups of the rows `among`."""
    found = np.zeros(len(groups), bool)
    found[among] = splits.aside(groups[among], count, rng)
    return found


def _encoder(train: Visits, config: PurchaseConfig) -> Encoder:
    """The encoder from fields to the features that the training rows have."""
    known = fields.commonest(train.fields, config.values)
    # What is known beside others only would be half known: its own weight was never learned.
    known[BESIDE] = known[BESIDE][np.isin(known[BESIDE], known[ITEM])]
    widths = {name: values.shape[1] for name, values in train.fields.items()}
    found = fields.encoder(known, widths, dense=config.form == "dense")
    size = 4 * len(train) * (1 + found.features)
    if found.dense and size > _LARGEST:
        raise DataError(
            f"{train.name}: {len(train):,} dense rows of {found.features:,} features take "
            f"{size / 1e9:.1f} GB, more than {_LARGEST / 1e9:g}: lower --values or --visits, "
            "or take --form sparse"
        )
    return found


def _trained(
    machine: Machine,
    encode: Encoder,
    train: Examples,
    validation: Examples,
    config: PurchaseConfig,
    context: Context,
) -> tuple[keras.Model, pd.DataFrame]:
    """A trained machine from fields to a probability or a quantity, and a record of each epoch."""
    core = machines.build(
        machine, config, encode.features, encode.width, context, dense=encode.dense
    )
    classes = config.target == "bought"
    mean = float(train.y.mean())
    lookup: Any = core.get_layer("lookup")
    lookup.w_0.assign(np.log(mean / (1 - mean)) if classes else mean)
    loss = keras.losses.BinaryCrossentropy(from_logits=True) if classes else "mse"
    fitted = training.train(core, train, validation, config, loss, context, phase=machine)
    answer: Any = core(encode.model.output)
    if classes:
        answer = keras.layers.Activation("sigmoid", name="probability")(answer)
    model = keras.Model(encode.model.input, answer)
    return model, pd.DataFrame(fitted.history).assign(machine=machine)


def _targets(rows: Visits, config: PurchaseConfig) -> npt.NDArray[np.float32]:
    return rows.bought.astype(np.float32) if config.target == "bought" else rows.quantity


def _answers(model: keras.Model, rows: Visits) -> npt.NDArray[np.float32]:
    """Predicts probabilities or quantities [N]."""
    return training.predict(model, rows.fields)[:, 0]


def _guesses(
    rows: Visits, encode: Encoder, train: Examples, config: PurchaseConfig
) -> dict[str, Answer]:
    """The controls without factors, trained on the same rows."""
    assert isinstance(train.x, Mapping)
    targets, classes = train.y[:, 0], config.target == "bought"
    popularity = controls.item_means(rows.fields[ITEM][:, 0], targets)
    linear = controls.linear(train.x, targets, encode.features, classes=classes)
    return {
        "popularity": lambda rows: popularity(rows.fields[ITEM][:, 0]),
        "logistic" if classes else "ridge": lambda rows: linear(encode(rows.fields)),
    }


def _measured(
    answers: Mapping[str, Floats], rows: Visits, config: PurchaseConfig
) -> dict[str, float]:
    """Metrics of each predictor with its name as prefix; those of the last also without."""
    found, of = {}, {}
    for name, answer in answers.items():
        if config.target == "quantity":
            of = scores.regression(rows.quantity, answer)
        else:
            probabilities = np.column_stack([1 - answer, answer])
            of = scores.classification(rows.bought.astype(int), probabilities, NAMES)
        found |= scores.named(name, of)
    return of | found


def _concluded(
    by_name: Mapping[str, Answer],
    parts: Parts,
    validation: Mapping[str, float],
    config: PurchaseConfig,
    context: Context,
) -> Result:
    """Scores and shows everything on both tests; the last machine is the one that is kept."""
    metrics: dict[str, float] = {}
    for test, rows in parts.tests.items():
        answers = {name: answer(rows) for name, answer in by_name.items()}
        metrics |= {f"{test}{k}": v for k, v in _measured(answers, rows, config).items()}
        context.figure(f"{test}answers", _picture(answers, rows, config))
    targets, trained = _targets(parts.test, config), _targets(parts.train, config)
    if config.target == "bought":
        baseline = scores.majority(trained.astype(int), targets.astype(int))
        share = f"; {targets.mean():.1%} of the test rows are purchases"
    else:
        baseline = scores.regression(targets, np.full(len(targets), trained.mean()))["mse"]
        share = ""
    notes = [
        f"{len(parts.test):,} rows of visits apart from training, and {len(parts.cold):,} of items "
        f"that it never saw (cold_){share}",
    ]
    regression = config.target == "quantity"
    kept = by_name[config.machines[-1]]
    return Result(
        metrics=metrics,
        validation=validation,
        baseline=baseline,
        notes=notes,
        controls={name: _CONTROLS[name] for name in by_name if name in _CONTROLS},
        test_rows=len(targets),
        sampling_errors=sampling.of_regression(targets, kept(parts.test)) if regression else {},
    )


def _picture(answers: Mapping[str, Floats], rows: Visits, config: PurchaseConfig) -> Figure:
    if config.target == "bought":
        return plots.ranking(rows.bought.astype(int), answers, NAMES)
    figure, panel = plots.one_panel()
    errors = {name: scores.regression(rows.quantity, a)["rmse"] for name, a in answers.items()}
    errors = {"mean": float(rows.quantity.std()), **errors}
    panel.barh(list(errors), list(errors.values()), color=plots.BLUE)
    plots.label(panel, "error of the quantity", "rmse", "")
    return figure
