"""Cuts squares out of pictures, and runs a network on many of them."""

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from supervised.core.job import Context
from supervised.datasets.pictures import Rgb

Rows = npt.NDArray[np.int64]
"""Numbers [N] of pictures."""
Read = Callable[[int], Rgb]
"""Opens the picture [H, W, 3] with a number."""


def square(picture: Rgb, side: int) -> Rgb:
    """The middle square of a picture [H, W, 3], scaled to [side, side, 3] without aliasing."""
    fitted = ImageOps.fit(Image.fromarray(picture), (side, side), Image.Resampling.BICUBIC)
    return np.asarray(fitted)


def squares(read: Read, numbers: Rows, side: int) -> npt.NDArray[np.uint8]:
    """Pictures as a network takes them: middle squares [N, side, side, 3]."""
    return np.stack([square(read(int(number)), side) for number in numbers])


def look(
    model: keras.Model,
    read: Read,
    numbers: Rows,
    context: Context,
    doing: str,
    batch: int = 32,
) -> npt.NDArray[np.float32]:
    """A network's outputs [N, ...] for pictures, of which one batch is in memory at a time.

    Args:
        model: A model that takes bytes [B, side, side, 3].
        numbers: [N] numbers of the pictures.
        doing: What is under way, in words.
    """
    side = model.input_shape[1]
    found = []
    for start in range(0, len(numbers), batch):
        context.progress(start, len(numbers), f"{doing}: picture {start + 1}/{len(numbers)}")
        found.append(model.predict_on_batch(squares(read, numbers[start : start + batch], side)))
    return np.concatenate(found)
