"""Factors of somebody whom the training did not know, from a few ratings.

Films' factors stay. The loss of the training over the person's own ratings is a ridge regression
(Zhou et al. 2008: its λ grows with the number of ratings, as the loss is a mean over these).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from supervised.recommenders.table import Floats, Table


@dataclass(frozen=True, kw_only=True)
class Penalties:
    """What a person's factors are held small by.

    Attributes:
        l2: Weight of squared factors, per rating.
        bias_l2: Weight of squared biases, per rating.
        negatives: Films that were drawn as not chosen for each one that was; 0 where the model
            has learned from ratings.
    """

    l2: float
    bias_l2: float
    negatives: int = 0


def row(
    table: Table, places: npt.NDArray[np.int64], ratings: npt.NDArray[np.float64], by: Penalties
) -> Floats:
    """Ratings [I] of all films by a person with these ratings.

    Args:
        places: [N] places of films, from 0, all different.
        ratings: [N] the person's ratings of them.
        by: The penalties of the training.
    """
    count, films = len(places), len(table.films)
    weights, targets = np.zeros(films), np.zeros(films)
    if by.negatives:  # all films have an even share of those that would have been drawn
        weights += by.negatives * count / films
    weights[places] += 1.0
    targets[places] = ratings / (weights[places] if by.negatives else 1.0)
    used = np.flatnonzero(weights)
    x = np.column_stack([table.q[used], np.ones(len(used))]).astype(np.float64)  # [n, F + 1]
    rest = targets[used] - table.mean - table.b_i[used]
    total = weights[used].sum()
    penalty = total * np.append(np.full(table.q.shape[1], by.l2), by.bias_l2)
    weighted = x * weights[used, None]
    squares = weighted.T @ x + np.diag(penalty + 1e-9)
    found = np.linalg.solve(squares, weighted.T @ rest)
    return (table.mean + table.b_i + table.q @ found[:-1] + found[-1]).astype(np.float32)
