"""What networks and tables keep: named arrays."""

from collections.abc import Mapping

import numpy.typing as npt

Array = npt.NDArray
"""A NumPy array of any type."""

Weights = Mapping[str, Array]
"""Arrays by name, in a fixed order: the order is part of a run's bits, since a flat vector of all
arrays adds up in it."""
