"""A bank's telephone calls, for jobs that classify them: how they are split, encoded, predicted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows, scores, simple, tabular, training
from supervised.core.examples import Examples
from supervised.core.job import Context
from supervised.core.tabular import Scaling
from supervised.datasets import bank, splits, tables
from supervised.datasets.layouts import Table

NAMES = ("no", "yes")


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The calls that a run learns from and is scored on.

    Attributes:
        train: Training rows, encoded [N, D].
        validation: Validation rows, encoded.
        test: The book's test rows, raw, as the saved model takes them.
        encoder: Model from raw columns to encoded rows; fitted on the training rows.
    """

    train: Examples
    validation: Examples
    test: Examples
    encoder: keras.Model


def prepare(
    context: Context, *, validation: float, scaling: Scaling, without: Sequence[str] = ()
) -> Calls:
    """Splits the calls as the book does and encodes them.

    Args:
        validation: Fraction of the book's training rows that is set aside.
        without: Names of the inputs that are left out.

    Raises:
        DataError: The data are missing or wrong.
    """
    data = context.load(bank.load)
    rest, test = splits.book_split(len(data.target))
    chosen, aside = splits.split(
        len(rest), (1 - validation, validation), context.rng("validation"), data.target[rest]
    )
    hashes = _hashes(data)
    rows.remember(context, hashes[rest], hashes[test])
    columns = bank.columns_of(data.frame)
    numeric = [name for name in tables.numeric(columns) if name not in without]
    categorical = [name for name in tables.categorical(columns) if name not in without]
    frame = data.frame.drop(columns=list(without))
    encoder = tabular.encoder(frame.iloc[rest[chosen]], numeric, categorical, scaling)
    train, held_out = (
        Examples(x=tabular.encode(encoder, frame.iloc[part]), y=data.target[part])
        for part in (rest[chosen], rest[aside])
    )
    return Calls(train=train, validation=held_out, test=_raw(frame, data, test), encoder=encoder)


def control(calls: Calls) -> dict[str, float]:
    """Metrics of logistic regression, which learns the training rows, on the test rows."""
    x = training.predict(calls.encoder, calls.test.x)
    said = simple.logistic(calls.train.x, calls.train.y, x)  # type: ignore[arg-type]
    return scores.named("logistic", scores.classification(calls.test.y, said, NAMES))


def of_the_test(context: Context, without: Sequence[str] = ()) -> Examples:
    """The book's test rows with raw columns, as a saved model takes them.

    Of other calls than the run's they are all that were not trained on.
    """
    data = context.load(bank.load)
    _, test = splits.book_split(len(data.target))
    scored = rows.to_score(context, _hashes(data), test)
    return _raw(data.frame.drop(columns=list(without)), data, scored)


def predict(model: keras.Model, inputs: Sequence[str], without: Sequence[str] = ()) -> pd.DataFrame:
    """Predicts the outcome of a user's own calls: CSV files with the data set's columns.

    Raises:
        DataError: One of them is not such a table.
    """
    columns = bank.columns_of([str(name) for name in model.input])
    frame, places = tabular.read(inputs, partial(bank.read_rows, columns=columns))
    columns = tabular.columns(frame.drop(columns=list(without)))
    probabilities = training.predict(model, columns)  # [N, 2]
    answers = np.array(NAMES)[probabilities.argmax(axis=1)]
    return places.assign(answer=answers, probability_yes=probabilities[:, 1])


def _hashes(data: Table) -> rows.Hashes:
    columns = bank.columns_of(data.frame)
    return rows.of_frame(
        data.frame, tables.numeric(columns), tables.categorical(columns), data.target
    )


def _raw(frame: pd.DataFrame, data: Table, chosen: npt.NDArray[Any]) -> Examples:
    return Examples(x=tabular.columns(frame.iloc[chosen]), y=data.target[chosen])
