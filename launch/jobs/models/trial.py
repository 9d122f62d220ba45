"""An exported model is tried: it has to give what the run itself gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]
"""Arrays [N, ...] by the names of a model's inputs or outputs."""
Runner = Callable[[Arrays], Arrays]
"""Gives the outputs of a model."""

TOLERANCE = 1e-4
"""Largest difference, in shares of the value or of 1: float32 added up in another order."""
COARSE = 3e-2
"""Largest difference, in the same shares, of models that compute in 16 bits."""


def _as_it_is(outputs: Arrays) -> Arrays:
    return outputs


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Inputs, and what the run itself gives for them.

    Attributes:
        inputs: [N, ...] by the names of the model's inputs.
        expected: [N, ...] by name.
        what: What the inputs are, in words.
        shown: What is compared of the exported model's outputs: arrays as in `expected`.
        tolerance: The largest difference that is none.
    """

    inputs: Arrays
    expected: Arrays
    what: str
    shown: Callable[[Arrays], Arrays] = _as_it_is
    tolerance: float = TOLERANCE

    def difference(self, run: Runner) -> float:
        """The largest difference of a model's outputs, over all rows at once and the first alone.

        It is measured in shares of the larger one of the expected value and 1.

        Args:
            run: The exported model.

        Returns:
            The difference; infinite where an output is missing, not a number where it should be
            one, or of another shape.
        """
        # What runs on a device gets single rows.
        first = {name: array[:1] for name, array in self.inputs.items()}
        alone = {name: array[:1] for name, array in self.expected.items()}
        return max(
            _difference(self.expected, self.shown(run(self.inputs))),
            _difference(alone, self.shown(run(first))),
        )


def _difference(expected: Arrays, found: Arrays) -> float:
    return max(_of_one(array, found.get(name)) for name, array in expected.items())


def _of_one(expected: np.ndarray, found: np.ndarray | None) -> float:
    if found is None or found.shape != expected.shape:
        return np.inf
    there, here = expected.astype(np.float64), found.astype(np.float64)
    with np.errstate(invalid="ignore"):  # of two infinities
        share = np.abs(there - here) / np.maximum(1.0, np.abs(there))
    share[(there == here) | (np.isnan(there) & np.isnan(here))] = 0.0  # infinities are equal, too
    share[np.isnan(share)] = np.inf
    return float(share.max(initial=0.0))
