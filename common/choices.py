"""Choices among candidates by a uniform draw."""

import numpy as np
import numpy.typing as npt


def chosen(
    candidates: npt.NDArray[np.bool_], draws: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """One of the candidates in each column, all of them with the same probability.

    Args:
        candidates: [A, B], at least one in each column.
        draws: [B] uniform draws in [0, 1).

    Returns:
        [B] the row of each choice.
    """
    upto = np.cumsum(candidates, axis=0, dtype=np.int32)  # [A, B] candidates up to a row
    order = np.floor(draws * upto[-1])  # [B] which of them, from 0
    return (upto <= order).sum(axis=0, dtype=np.int32)
