"""Which rows a model was trained on: their hashes, kept in the run's folder.

Whoever evaluates on other data leaves these rows out, so that no score is of what was learned.
"""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas import util

from supervised.core.job import Context
from supervised.datasets.source import DataError

NAME = "trained_on.npz"
"""Name of the file in a run's folder: `seen`, the hashes of rows for training and validation, and
`test`, a checksum of the test rows."""

_HASHING: Any = util  # its annotations are narrower than it

Hashes = npt.NDArray[np.uint64]


def of_table(numbers: npt.NDArray[Any], *others: npt.NDArray[Any]) -> Hashes:
    """Hashes of rows [N]: equal ones are rows with the same values.

    Args:
        numbers: [N, D] numbers of each row, NaN for missing ones.
        others: [N] or [N, W] more values of each row, such as words and the answer.
    """
    columns = [numbers, *(part.reshape(len(numbers), -1) for part in others)]
    frame = pd.concat([pd.DataFrame(part) for part in columns], axis=1, ignore_index=True)
    return _HASHING.hash_pandas_object(frame, index=False).to_numpy(np.uint64)


def of_frame(
    frame: pd.DataFrame,
    numeric: Sequence[str],
    categorical: Sequence[str],
    target: npt.NDArray[Any],
) -> Hashes:
    """Hashes of the rows [N] of a table.

    Args:
        target: [N] the answers.
    """
    numbers, words = frame[list(numeric)], frame[list(categorical)]
    return of_table(numbers.to_numpy(), words.to_numpy(object), target)


def of_texts(texts: npt.NDArray[np.object_]) -> Hashes:
    """Hashes of texts [N], in which capitals and the width of gaps make no difference."""
    plain = np.array([" ".join(text.lower().split()) for text in texts], object)
    return _HASHING.hash_array(plain)


def remember(context: Context, seen: Hashes, test: Hashes) -> None:
    """Keeps which rows were trained on.

    Args:
        seen: Hashes of the rows for training and for validation.
        test: Hashes of the test rows, in their order.
    """
    contents = io.BytesIO()
    checksum = np.frombuffer(_checksum(test), np.uint8)
    np.savez_compressed(contents, seen=np.unique(seen), test=checksum)
    context.keep(NAME, contents.getvalue())


def to_score(
    context: Context,
    every: Hashes,
    test: npt.NDArray[np.int64] | None,
    trained_on: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.int64]:
    """The rows of a data set that a trained model may be scored on.

    Args:
        every: [N] hashes of all rows.
        test: Which of them the job tests on where the data are the run's own; None tests on all.
        trained_on: [N] which rows of other data were trained on; None tells it by the hashes.

    Returns:
        `test` where these are the run's own test rows, which were not trained on; of other data all
        rows that were not.

    Raises:
        DataError: All rows were trained on.
    """
    test = np.arange(len(every)) if test is None else test
    kept = context.kept(NAME)
    if kept is None:
        context.say("the run kept no record of its training rows: some may be among those scored")
        return test
    with np.load(io.BytesIO(kept), allow_pickle=False) as record:
        if record["test"].tobytes() == _checksum(every[test]):
            return test
        if trained_on is None:
            trained_on = np.isin(every, record["seen"])
        new = np.flatnonzero(~trained_on)
    trained = len(every) - len(new)
    if not len(new):
        raise DataError(f"all {len(every):,} rows were trained on: there is nothing to score")
    if trained:
        context.say(f"other data: {trained:,} of {len(every):,} rows were trained on: left out")
    else:
        context.say(f"other data: none of {len(every):,} rows was trained on: all are scored")
    return new


def _checksum(hashes: Hashes) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(hashes, "<u8").tobytes()).digest()
