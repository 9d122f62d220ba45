"""Who survives the Titanic (book, chapter 8, there TFLearn).

Deviations: the book's 0.811 is measured on the rows that it learned from, without any validation;
here every passenger is predicted by networks that did not learn from them. The book's layers have
no activation, so it is a linear model. Its ages of 0 are missing ages; here they become the median
of the training rows. Class and sex are words here, and columns are scaled.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import pandas as pd

from supervised.core import tabular
from supervised.core.job import Context, Result
from supervised.datasets import titanic
from supervised.high_level import folds
from supervised.high_level.configs import TitanicConfig
from supervised.high_level.folds import Table

PASSENGERS = ("3,male,19,0,0,5", "1,female,17,1,2,100")
"""The book's two passengers: Jack Dawson and Rose DeWitt Bukater."""
NAMES = ("drowned", "survived")


def run(config: TitanicConfig, context: Context) -> Result:
    """Cross-validates on all passengers, and predicts the book's two."""
    data = context.load(titanic.load)
    table = Table(
        frame=data.frame,
        labels=data.target,
        names=NAMES,
        columns=titanic.COLUMNS,
        metrics=("accuracy", "roc_auc", "log_loss"),
    )
    return folds.run(
        table,
        config,
        "passengers",
        context,
        lambda model: predict(config, model, PASSENGERS, context),
    )


def predict(
    config: TitanicConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts whether a user's passengers survive: CSV files, or texts like `PASSENGERS`.

    An empty age means that it is unknown.

    Raises:
        InputError: A text does not describe a passenger.
        DataError: A file is not such a table.
    """
    rows, places = tabular.given(inputs, titanic.read_rows, _passenger)
    found: Any = np.asarray(model(tabular.columns(titanic.with_known_ages(rows))))[:, 1]
    places["survives"] = np.where(found > 0.5, "yes", "no")
    return places.assign(probability=found)


_passenger = partial(
    tabular.row,
    columns=titanic.COLUMNS,
    said=f"{', '.join(titanic.COLUMNS)} such as {PASSENGERS[0]!r}, age may be empty",
)
