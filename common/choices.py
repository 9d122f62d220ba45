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


def drawn(
    draws: npt.NDArray[np.float64], actions: int, action_mask: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.int32]:
    """The random actions [B] that uniform draws [B] in [0, 1) stand for, of the legal ones.

    Args:
        draws: [B] of any shape where there is no mask.
        actions: Number of actions A.
        action_mask: [B, A] the legal actions; None where all are.
    """
    if action_mask is None:
        return np.floor(draws * actions).astype(np.int32)
    return chosen(action_mask.T, draws)
