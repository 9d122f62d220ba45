"""Reads a user's own pictures as a network for MNIST takes them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from common.text import reason
from supervised.datasets.source import DataError

_SUFFIXES = (".jpeg", ".jpg", ".png")


def image_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, with each folder replaced by its PNG and JPEG files in order of name.

    Raises:
        DataError: There is no such file, or a folder has none.
    """
    files: list[Path] = []
    for path in paths:
        try:
            inside = sorted(path.iterdir()) if path.is_dir() else [path]
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({reason(error)})") from None
        if path.is_dir():
            inside = [file for file in inside if file.suffix.lower() in _SUFFIXES]
            if not inside:
                raise DataError(f"{path}: expected PNG or JPEG files in this folder, found none")
        elif not path.exists():
            raise DataError(f"{path}: no such file; expected a PNG or JPEG picture")
        files += inside
    return files


def read_images(paths: Sequence[Path], size: tuple[int, int] = (28, 28)) -> npt.NDArray[np.uint8]:
    """Reads pictures, one per file of `image_files(paths)`, in its order.

    They become grey and keep their proportions: what is missing to `size` gets the border's
    colour. MNIST is white on black: a picture whose border is bright, as a digit on paper, is
    inverted. Where a picture is transparent, paper shines through.

    Args:
        paths: Files and folders.
        size: Height and width in pixels.

    Returns:
        [N, height, width] uint8; 255 is white.

    Raises:
        DataError: As `image_files` says; a file is not a picture that Pillow reads; no paths.
    """
    files = image_files(paths)
    if not files:
        raise DataError("no pictures given; expected PNG or JPEG files, or a folder of them")
    return np.stack([_read(path, size) for path in files])


def _read(path: Path, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.has_transparency_data:
                paper = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(paper, picture.convert("RGBA"))
            if picture.mode.startswith("I;16"):  # Pillow would make all but the darkest white
                picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
            grey = picture.convert("L")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(
            f"{path}: expected a picture that Pillow can read, PNG or JPEG ({reason(error)})"
        ) from None
    pixels = np.asarray(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    shade = int(np.median(border))
    height, width = size
    padded = ImageOps.pad(grey, (width, height), Image.Resampling.LANCZOS, color=shade)
    return np.asarray(ImageOps.invert(padded) if shade > 127 else padded)
