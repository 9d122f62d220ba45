"""Inputs and outputs of a model, as they are told to whoever uses it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_MANY = 64  # bounds of a tensor beyond which only the lowest and the highest are told

_TOLD = 12  # names that a line has


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One input or output of a model.

    Attributes:
        name: Its name.
        shape: Of one row; None stands for any length. A batch has a dimension more, the first.
        dtype: Such as "float32", or "string".
        low: Smallest value there can be; a number, or one for each number of a row; None where
            there is no limit or none is known.
        high: Largest value, likewise.
        parts: What its numbers are, in their order; empty where they have no names.
        mean: Mean of each number in the training, where the model knows it.
        std: Standard deviation, likewise.
        about: What it is, in words.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    low: Any = None
    high: Any = None
    parts: Sequence[str] = ()
    mean: Sequence[float] = ()
    std: Sequence[float] = ()
    about: str = ""

    def to_json(self) -> dict[str, Any]:
        """Its fields as plain JSON values, the shape with the batch in front."""
        values = {
            "name": self.name,
            "shape": [None, *self.shape],
            "dtype": self.dtype,
            "low": self.low,
            "high": self.high,
            "parts": list(self.parts),
            "mean": list(self.mean),
            "std": list(self.std),
            "about": self.about,
        }
        return {name: value for name, value in values.items() if value not in (None, "", [])}

    def in_words(self) -> str:
        """Such as "4 numbers, float32, 0 to 1"."""
        sizes = " x ".join("any" if size is None else f"{size:,}" for size in self.shape)
        thing = "text" if self.dtype == "string" else "number"
        count = f"{sizes} {thing}s" if self.shape and sizes != "1" else f"one {thing}"
        told = [count] if self.dtype == "string" else [count, self.dtype]
        told += [text for text in (self._range(), self.about) if text]
        names = self._names()
        return f"{', '.join(told)}{': ' * bool(names)}{names}"

    def _names(self) -> str:
        """The names of its numbers, with their means where these are known."""
        names = list(self.parts) or [str(place) for place in range(1, len(self.mean) + 1)]
        if len(self.mean) == len(names):
            around = zip(names, self.mean, self.std, strict=True)
            names = [f"{name} {mean:.4g} ± {std:.3g}" for name, mean, std in around]
        return ", ".join([*names[:_TOLD], *["..."] * (len(names) > _TOLD)])

    def _range(self) -> str:
        if not isinstance(self.low, list) and not isinstance(self.high, list):
            return _between(self.low, self.high)
        count = max(len(each) for each in (self.low, self.high) if isinstance(each, list))
        if count > _TOLD:
            return "each in a range of its own"
        lows, highs = (
            each if isinstance(each, list) else [each] * count for each in (self.low, self.high)
        )
        each = [_between(low, high) or "any" for low, high in zip(lows, highs, strict=True)]
        return "; ".join(each)


def bounds(values: npt.NDArray[Any], *, lowest: bool) -> Any:
    """The limits of a box as JSON: one number where all are equal, None where there is none.

    Args:
        values: A bound of each number, of any shape.
        lowest: Whether they are the lower ones.
    """
    plain = [_limit(float(value)) for value in np.ravel(values)]
    if not plain or all(value is None for value in plain):
        return None
    if len(set(plain)) == 1:
        return plain[0]
    if len(plain) > _MANY:
        known = [value for value in plain if value is not None]
        whole = len(known) == len(plain)
        return (min(known) if lowest else max(known)) if whole else None
    return plain


def _limit(value: float) -> float | int | None:
    if not math.isfinite(value) or abs(value) >= np.finfo(np.float32).max:
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else float(f"{value:.7g}")


def _between(low: Any, high: Any) -> str:
    """Two bounds in words; empty where there is none."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"up to {_shown(high)}"
    return f"{_shown(low)} to {_shown(high)}" if high is not None else f"from {_shown(low)}"


def _shown(bound: float) -> str:
    return f"{bound:,}" if isinstance(bound, int) else f"{bound:.4g}"
