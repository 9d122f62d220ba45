"""Turns a user's own pictures into images like MNIST's, which a network of digits takes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from supervised.datasets.pictures import image_files, open_picture
from supervised.datasets.source import DataError


def read_images(paths: Sequence[Path], size: tuple[int, int] = (28, 28)) -> npt.NDArray[np.uint8]:
    """Reads pictures, one per file of `image_files(paths)`, in its order.

    They become grey and keep their proportions; the rest of `size` gets the border's colour. MNIST
    is white on black: a picture whose border is bright, as a digit on paper, is inverted. Where a
    picture is transparent, paper shines through.

    Args:
        paths: Files and folders.
        size: Height and width in pixels.

    Returns:
        [N, height, width] uint8; 255 is white.

    Raises:
        DataError: No paths are given, there is no such file, or a picture cannot be read.
    """
    files = image_files(paths)
    if not files:
        raise DataError("no pictures given; expected PNG or JPEG files, or a folder of them")
    return np.stack([_read(path, size) for path in files])


def _read(path: Path, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    grey = open_picture(path, "L")
    pixels = np.asarray(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    shade = int(np.median(border))
    height, width = size
    padded = ImageOps.pad(grey, (width, height), Image.Resampling.LANCZOS, color=shade)
    return np.asarray(ImageOps.invert(padded) if shade > 127 else padded)
