"""Turns a user's own pictures of digits into images like MNIST's, which a network of digits takes.

MNIST's digits (LeCun et al. 1998) are white on black, fitted into 20x20 pixels with their
proportions, and put into 28x28 so that their centre of mass is in the middle.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from supervised.datasets.pictures import open_picture, readable
from supervised.datasets.source import DataError

_LOG = logging.getLogger(__name__)

Grey = npt.NDArray[np.uint8]

_SIDE, _BOX, _MIDDLE = 28, 20, 14
_FAINT = 40  # contrast of a picture in which nothing is taken for ink
_INK = 0.3  # of the strongest ink, where ink begins; what is fainter than half of it is paper
_SPECK = 0.05  # of the largest part, below which a part is no part of the digit
# The least and most of the 60,000 training digits, with a little room.
_WIDEST, _NARROWEST = 2.2, 0.08  # width by height
_COVERED = (0.015, 0.37)  # share of pixels brighter than 127
_PARTS = 4


def read_images(paths: Sequence[Path]) -> tuple[list[Path], Grey]:
    """Reads pictures of one digit each, as `pictures.readable` finds them.

    The border's colour is paper, what differs from it ink, white on black or black on white. The
    digit is cut out, fitted and centred as MNIST's are; a picture that is so already stays as it
    is. Where a picture is transparent, paper shines through. A warning names each picture that
    looks like none of MNIST's, and says why.

    Returns:
        Their files, and the images [N, 28, 28] uint8; 255 is white.

    Raises:
        DataError: No paths are given, there is no such file, or none of the pictures can be read.
    """
    if not paths:
        raise DataError("no pictures given; expected PNG or JPEG files, or a folder of them")
    files, found = readable(paths, lambda path: normalized(np.asarray(open_picture(path, "L"))))
    for file, (_, doubt) in zip(files, found, strict=True):
        if doubt:
            _LOG.warning("%s: does not look like a digit of MNIST: %s", file, doubt)
    return files, np.stack([image for image, _ in found])


def normalized(grey: Grey) -> tuple[Grey, str]:
    """A picture [H, W] as MNIST has it, and why it looks like none of MNIST's, or ""."""
    strength = _strength(grey)
    peak = float(strength.max())
    if peak < _FAINT:
        return np.zeros((_SIDE, _SIDE), np.uint8), "nothing in it differs from its border"
    if _is_so_already(strength):
        return strength.astype(np.uint8), ""
    digit, parts = _largest_parts(strength >= _INK * peak)
    top, bottom, left, right = _box(digit)
    image = _fitted(strength[top:bottom, left:right], peak)
    covered, touches = float((image > 127).mean()), bool(_border(digit).any())
    return image, _doubt((right - left) / (bottom - top), covered, parts, touches)


def _strength(grey: Grey) -> npt.NDArray[np.float64]:
    """How much each pixel differs from the border, to the side on which there is ink."""
    pixels = grey.astype(np.float64)
    brighter = pixels - np.median(_border(pixels))
    side = 1 if brighter.max() >= -brighter.min() else -1
    return (side * brighter).clip(0)


def _border(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The pixels at a picture's four edges."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _is_so_already(strength: npt.NDArray[np.float64]) -> bool:
    if strength.shape != (_SIDE, _SIDE):
        return False
    top, bottom, left, right = _box(strength > 0)
    rows, columns = _centre(strength)
    centred = max(abs(rows - _MIDDLE), abs(columns - _MIDDLE)) <= 0.51
    return centred and max(bottom - top, right - left) in (_BOX - 1, _BOX)


def _largest_parts(ink: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], int]:
    """The ink without specks, and how many parts it has that do not touch."""
    from scipy import ndimage  # slow to import

    found: Any = ndimage.label(ink, np.ones((3, 3)))  # its annotations leave out the pair
    numbers = found[0]
    sizes = np.bincount(numbers.ravel())
    sizes[0] = 0
    kept = sizes >= _SPECK * sizes.max()
    return kept[numbers], int(kept.sum())


def _box(ink: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """The first row with ink, the one after the last; of columns as well."""
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _fitted(cut: npt.NDArray[np.float64], peak: float) -> Grey:
    """A digit that fills its picture, in 20x20 and then by its mass in 28x28."""
    paper = _INK / 2 * peak
    clean = ((cut - paper) / (peak - paper)).clip(0, 1) * 255
    height, width = cut.shape
    scale = _BOX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(
        Image.fromarray(clean.astype(np.uint8)).resize(size, Image.Resampling.LANCZOS), np.float64
    )
    small = small * 255 / max(small.max(), 1)  # thin strokes turn grey when they are made smaller
    rows, columns = _centre(small)
    top, left = (
        int(np.clip(round(_MIDDLE - centre), 0, _SIDE - length))
        for centre, length in zip((rows, columns), small.shape, strict=True)
    )
    image = np.zeros((_SIDE, _SIDE), np.uint8)
    image[top : top + small.shape[0], left : left + small.shape[1]] = small.round()
    return image


def _centre(strength: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The row and the column of the centre of mass."""
    rows, columns = strength.sum(axis=1), strength.sum(axis=0)
    total = strength.sum()
    return float(rows @ np.arange(len(rows)) / total), float(
        columns @ np.arange(len(columns)) / total
    )


def _doubt(shape: float, covered: float, parts: int, touches: bool) -> str:
    if touches:
        return "its ink reaches the border, so it is cut off or has no plain border"
    if not _NARROWEST <= shape <= _WIDEST:
        return f"it is {shape:.1f} times as wide as high; give one digit a picture"
    if parts > _PARTS:
        return f"its ink has {parts} parts that do not touch"
    if not _COVERED[0] <= covered <= _COVERED[1]:
        low, high = _COVERED
        return f"its strokes cover {covered:.1%} of the image, MNIST's {low:.1%} to {high:.0%}"
    return ""
