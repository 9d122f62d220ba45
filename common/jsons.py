"""JSON, with NumPy's numbers as the plain numbers that they are."""

import json
from typing import Any

import numpy as np


def dumps(value: Any, **options: Any) -> str:
    """The value as JSON.

    Raises:
        TypeError: Something in it is neither a number, a string, a list nor a dictionary.
    """
    return json.dumps(value, default=_plain, **options)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r} cannot be kept: it is no number or text")
