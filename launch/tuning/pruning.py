"""Which trials of a search are not worth their other seeds."""

from collections.abc import Sequence

import numpy as np

PEERS = 4
"""Trials that there have to be before one is compared with them."""


def is_hopeless(
    scores: Sequence[float], others: Sequence[Sequence[float]], *, minimise: bool
) -> bool:
    """Whether a trial is to end before all of its seeds have run: the median stopping rule.

    It is where the mean over its seeds so far is worse than the median of the others' means over
    the same seeds (Golovin et al. 2017). That depends on the arguments alone.

    Args:
        scores: The trial's scores, one for each of its first seeds.
        others: Scores of the trials that it is compared with, seeds in the same order; those with
            fewer seeds are left out.
        minimise: Whether lower scores are better.
    """
    count = len(scores)
    means = [float(np.mean(each[:count])) for each in others if len(each) >= count]
    if len(means) < PEERS:
        return False
    mean, median = float(np.mean(scores)), float(np.median(means))
    return mean > median if minimise else mean < median
