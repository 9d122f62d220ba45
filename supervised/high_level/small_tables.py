"""Irises told apart, and who survives the Titanic (book, chapter 8).

Irises, there a tf.estimator: cross-validation of all 150 flowers, where one of the book's 30 test
flowers is worth 3.3 points of its 0.967; inputs are scaled; the optimizer is Adam, where the
estimator had Adagrad. The book's losses are sums.

The Titanic, there TFLearn: the book's 0.811 is measured on the rows that it learned from, without
any validation; here every passenger is predicted by networks that did not learn from them. The
book's layers have no activation, so it is a linear model. Its ages of 0 are missing ages; here they
become the median of the training rows. Class and sex are words here, and columns are scaled.
"""

from collections.abc import Sequence

import keras
import numpy as np
import pandas as pd

from supervised.core import tabular
from supervised.core.job import Context, Result
from supervised.datasets import iris, titanic
from supervised.high_level import folds
from supervised.high_level.configs import FoldsConfig, IrisConfig

IRISES = folds.Case(
    title="irises",
    load=iris.load,
    columns=iris.COLUMNS,
    names=iris.NAMES,
    metrics=("accuracy", "log_loss"),
    rows=("5.1,3.3,1.7,0.5", "5.9,3.0,4.2,1.5", "6.9,3.1,5.4,2.1"),
    said=f"four numbers in cm: {', '.join(iris.NUMERIC)}",
    read=iris.read_rows,
    answers=lambda found: {
        "species": np.array(iris.NAMES)[found.argmax(axis=1)],
        **{f"p_{name}": found[:, i] for i, name in enumerate(iris.NAMES)},
    },
)
"""The book's rows are a setosa, a versicolor and a virginica."""

TITANIC = folds.Case(
    title="passengers",
    load=titanic.load,
    columns=titanic.COLUMNS,
    names=("drowned", "survived"),
    metrics=("accuracy", "roc_auc", "log_loss"),
    rows=("3,male,19,0,0,5", "1,female,17,1,2,100"),
    said=f"{', '.join(titanic.COLUMNS)} such as '3,male,19,0,0,5', age may be empty",
    read=titanic.read_rows,
    known=titanic.with_known_ages,
    answers=lambda found: {
        "survives": np.where(found[:, 1] > 0.5, "yes", "no"),
        "probability": found[:, 1],
    },
)
"""The book's rows are Jack Dawson and Rose DeWitt Bukater."""


def run(config: FoldsConfig, context: Context) -> Result:
    """Cross-validates on all rows, and predicts the book's own."""
    case = _case(config)
    data = context.load(case.load)
    table = folds.Table(case=case, frame=data.frame, labels=data.target)
    return folds.run(table, config, context, lambda kept: predict(config, kept, case.rows, context))


def predict(
    config: FoldsConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts the classes of a user's rows: CSV files, or texts like the book's rows.

    Raises:
        InputError: A text is not such a row.
        DataError: A file is not such a table.
    """
    case = _case(config)
    rows, places = tabular.read(inputs, case.read, case.columns, case.said)
    found = np.asarray(model(tabular.columns(case.known(rows))))
    return places.assign(**case.answers(found))


def _case(config: FoldsConfig) -> folds.Case:
    return IRISES if isinstance(config, IrisConfig) else TITANIC
