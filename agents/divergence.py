"""Errors of learners whose loss or weights stop being finite; they name the update."""

import math

from common.errors import Diverged


def diverged(update: int, what: str) -> Diverged:
    """The error of a learner that diverged.

    Args:
        update: The update it happened in, counted from 1.
        what: What is not finite.
    """
    return Diverged(f"the learner diverged at update {update:,}: {what}", update)


def check(update: int, loss: float, sound: bool) -> None:
    """Raises `Diverged` unless the update left everything finite.

    Args:
        update: The newest update, counted from 1.
        loss: Its loss.
        sound: Whether its loss and the weights after it are finite.
    """
    if not sound:
        finite = math.isfinite(loss)
        raise diverged(update, "weights are not finite" if finite else f"its loss is {loss}")
