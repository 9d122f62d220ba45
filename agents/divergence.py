"""Learners that blow up: said at the update it happened."""

import math


class Diverged(ArithmeticError):
    """A loss or a weight is not finite any more. Nothing learned after that means anything."""

    def __init__(self, update: int, what: str):
        """Names the moment.

        Args:
            update: The update it happened in, counted from 1.
            what: What is not finite.
        """
        super().__init__(update, what)
        self.update = update

    def __str__(self) -> str:
        return f"the learner diverged at update {self.args[0]:,}: {self.args[1]}"


def check(update: int, loss: float, sound: bool) -> None:
    """Raises `Diverged` unless the update left everything finite.

    Args:
        update: The newest update, counted from 1.
        loss: Its loss.
        sound: Whether its loss and the weights after it are finite.
    """
    if not sound:
        finite = math.isfinite(loss)
        raise Diverged(update, "weights are not finite" if finite else f"its loss is {loss}")
