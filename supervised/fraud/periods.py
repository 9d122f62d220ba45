"""Splits card payments by time into periods for training, validation and test."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import rows, tabular, training
from supervised.datasets import creditcard, splits
from supervised.datasets.layouts import Table
from supervised.datasets.source import DataError

INPUTS = list(creditcard.COMPONENTS)
_TEST = 0.2  # the book's


@dataclass(frozen=True, kw_only=True)
class Period:
    """Payments of one period, in the order of time.

    Attributes:
        name: What the period is for.
        frame: The columns of `creditcard.COLUMNS`.
        labels: [N] int32, 1 for a fraud.
    """

    name: str
    frame: pd.DataFrame
    labels: npt.NDArray[np.int32]

    @property
    def inputs(self) -> pd.DataFrame:
        """V1 to V28: the book leaves out `Time` and `Amount`."""
        return self.frame.loc[:, INPUTS]

    def thinned(self, share: float, rng: np.random.Generator) -> "Period":
        """The period without some of its frauds: at most this share of its rows are frauds."""
        frauds = np.flatnonzero(self.labels)
        genuine = len(self.labels) - len(frauds)
        kept = len(frauds) if share == 1 else min(len(frauds), int(genuine * share / (1 - share)))
        left_out = rng.permutation(frauds)[kept:]
        return self.take(np.delete(np.arange(len(self.labels)), left_out))

    def take(self, chosen: npt.NDArray[Any]) -> "Period":
        """Some of its payments."""
        return Period(name=self.name, frame=self.frame.iloc[chosen], labels=self.labels[chosen])

    def hashes(self) -> rows.Hashes:
        """A hash of each payment."""
        return rows.of_table(self.frame.to_numpy(np.float64), self.labels)

    @classmethod
    def together(cls, name: str, parts: Sequence["Period"]) -> "Period":
        """Several periods as one."""
        frame = pd.concat([part.frame for part in parts])
        return cls(name=name, frame=frame, labels=np.concatenate([part.labels for part in parts]))


def split(data: Table, validation: float) -> tuple[Period, Period, Period]:
    """The periods for training, validation and test.

    The test is the book's: the last fifth of all payments. The book has no validation; here it is
    the last part of the training period.

    Args:
        validation: Fraction of the training period that is for validation.
    """
    rest = 1 - _TEST
    fractions = (rest * (1 - validation), rest * validation, _TEST)
    parts = splits.time_split(data.frame["Time"].to_numpy(), fractions)
    names = ("training", "validation", "test")
    training, aside, test = (
        Period(name=name, frame=data.frame.iloc[part], labels=data.target[part])
        for name, part in zip(names, parts, strict=True)
    )
    return training, aside, test


def require_both(period: Period) -> None:
    """Checks that a period has both frauds and genuine payments.

    Raises:
        DataError: Its payments are all frauds or all genuine.
    """
    for kind, label in zip(creditcard.NAMES, (0, 1), strict=True):
        if not np.any(period.labels == label):
            raise DataError(
                f"{creditcard.INFO.name}: none of the {len(period.labels):,} {period.name} rows "
                f"is {kind}; the periods follow each other in time: choose another --validation or "
                "other data"
            )


def detect(
    model: keras.Model, frame: pd.DataFrame
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Scores payments by a saved model.

    Args:
        model: A model that `flagging` made.
        frame: A table with the raw columns V1 to V28.

    Returns:
        The scores [N], and whether each payment is flagged.
    """
    found: Any = training.predict(model, tabular.columns(frame.loc[:, INPUTS]))
    return found["score"][:, 0], found["flagged"][:, 0]


def flagging(scorer: keras.Model, threshold: float) -> keras.Model:
    """The model to save: it gives scores [B, 1], and whether they reach the threshold."""
    score: Any = scorer.output
    return keras.Model(
        scorer.input,
        {"score": score, "flagged": keras.ops.greater_equal(score, threshold)},
    )
