"""JSON, with NumPy's numbers as the plain numbers that they are."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def dumps(value: Any, **options: Any) -> str:
    """The value as JSON.

    Raises:
        TypeError: Something in it is neither a number, a string, a list nor a dictionary.
    """
    return json.dumps(value, default=_plain, **options)


def finite(value: Any) -> Any:
    """The value with None for numbers that are not finite, which JSON has no words for."""
    if isinstance(value, Mapping):
        return {name: finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float | np.floating) and not np.isfinite(value) else value


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r} cannot be kept: it is no number or text")
