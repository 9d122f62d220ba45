"""Cuts faces out of pictures, as the networks take them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from supervised.datasets.faces import SIDE
from supervised.datasets.pictures import Pictures, Rgb
from supervised.datasets.source import DataError

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels."""


def square(file: Path, picture: Rgb, face: Box | None) -> Box:
    """The largest square in the middle of the face's box, or of the picture [H, W, 3].

    Raises:
        DataError: The box reaches beyond the picture.
    """
    high, wide, _ = picture.shape
    left, top, width, height = face or (0, 0, wide, high)
    if left + width > wide or top + height > high:
        given = " ".join(map(str, face or ()))
        raise DataError(
            f"{file}: --face {given} (left, top, width, height) reaches beyond the picture, "
            f"which is {wide} wide and {high} high"
        )
    side = min(width, height)
    return left + (width - side) // 2, top + (height - side) // 2, side, side


def crop(picture: Rgb, box: Box) -> npt.NDArray[np.uint8]:
    """A box of the picture in grey, [48, 48]; each pixel is the mean of what it covers.

    Grey is 0.299 R + 0.587 G + 0.114 B, the book's.
    """
    left, top, width, height = box
    grey = Image.fromarray(picture).convert("L")
    face = grey.crop((left, top, left + width, top + height))
    return np.asarray(face.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def crops(pictures: Pictures, face: Box | None) -> npt.NDArray[np.uint8]:
    """The face of each picture, [N, 48, 48].

    Raises:
        DataError: A picture cannot be read, or the face's box reaches beyond it.
    """
    found = []
    for file in pictures.files:
        picture = pictures.read(file)
        found.append(crop(picture, square(file, picture, face)))
    return np.stack(found)
