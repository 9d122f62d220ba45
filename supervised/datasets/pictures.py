"""Opens a user's own pictures, and makes a data set of them."""

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from common.text import reason
from supervised.datasets.listing import files_in
from supervised.datasets.source import DataError, File, Loaded, Source, some

P = TypeVar("P")

_LOG = logging.getLogger(__name__)

Rgb = npt.NDArray[np.uint8]
"""A picture [H, W, 3]; H and W differ from picture to picture."""

OWN = "own pictures"
"""Name of any set that a user's own pictures make, and of what is generated in their place."""

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""Of files that are taken for pictures in a folder; of a file that is named any will do."""
_RANGES = (1, 255, 65_535)
"""Largest values of pictures in 32 bits or floats."""
_SYNTHETIC_SIZES = ((90, 120), (150, 100))  # height and width: one lies, one stands


class Unreadable(DataError):
    """A file is no picture that Pillow reads, broken, or of more pixels than are safe."""


@dataclass(frozen=True, kw_only=True)
class Pictures(Loaded):
    """Pictures that are opened one at a time: many large ones do not fit into memory.

    Attributes:
        kind: `real` for files of the user's, else `synthetic`.
        files: The file of each picture; where synthetic, only a name.
        read: Opens the picture of a file; raises `DataError` if it cannot be read.
    """

    name: str = OWN
    files: tuple[Path, ...]
    read: Callable[[Path], Rgb]


def loader(paths: Sequence[Path]) -> Callable[[Source], Pictures]:
    """A loader of a user's files and folders, for `Context.load`.

    It finds the files and reads each once; broken ones are left out, with a warning. Where
    synthetic data are wanted it generates two pictures instead.

    Raises:
        DataError: There are no pictures, or none of them can be read.
    """

    def load(source: Source) -> Pictures:
        if source.want == "synthetic":
            if paths:
                raise DataError(f"{paths[0]}: --data synthetic takes no pictures; leave out either")
            return synthetic(np.random.default_rng(0))
        if source.want == "sample":
            raise DataError("pictures: no package ships a sample of them; leave out --data sample")
        if not paths:
            raise DataError(
                "no pictures given; expected PNG or JPEG files, or folders of them; "
                "or run on generated ones: --data synthetic"
            )
        files, _ = readable(paths, check)
        return Pictures(kind="real", files=tuple(files), read=read_rgb)

    return load


def synthetic(rng: np.random.Generator) -> Pictures:
    """Two pictures of smooth colours, one lying and one standing."""
    made: dict[Path, Rgb] = {}
    for number, (height, width) in enumerate(_SYNTHETIC_SIZES, 1):
        few = rng.integers(256, size=(4, 4, 3)).astype(np.uint8)
        smooth = Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC)
        made[Path(f"synthetic_{number}.png")] = np.asarray(smooth)
    return Pictures(kind="synthetic", files=tuple(made), read=made.__getitem__)


def image_files(paths: Sequence[Path]) -> list[Path]:
    """The files given, with each folder replaced by its pictures in order of name.

    The pictures in its folders are among them. What else it has is left out, with a warning.

    Raises:
        DataError: There is no such file, or a folder has no pictures.
    """
    files: list[Path] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            shown = files_in(path)
            inside = [file for file in shown if file.suffix.lower() in SUFFIXES]
            others = [file.name for file in shown if file.suffix.lower() not in SUFFIXES]
            if not inside:
                raise DataError(f"{path}: expected PNG or JPEG files in this folder, found none")
            if others:
                _LOG.warning("%s: left out what is no picture by its name: %s", path, some(others))
        elif not path.exists():
            raise DataError(f"{path}: no such file; expected a PNG or JPEG picture")
        files += inside
    return files


def readable(paths: Sequence[Path], read: Callable[[Path], P]) -> tuple[list[Path], list[P]]:
    """The pictures of `image_files(paths)` that can be read; a warning names the others.

    Args:
        read: Reads one; raises `Unreadable` if it cannot.

    Returns:
        Their files, and what was read of each.

    Raises:
        DataError: There are no such files, or none of them can be read.
    """
    found: list[tuple[Path, P]] = []
    broken: list[Unreadable] = []
    for file in image_files(paths):
        try:
            found.append((file, read(file)))
        except Unreadable as error:
            broken.append(error)
    if broken and not found:
        raise broken[0]
    for error in broken:
        _LOG.warning("left out: %s", error)
    return [file for file, _ in found], [value for _, value in found]


def left_out(broken: Sequence[str]) -> list[str]:
    """A note on broken pictures that were left out; none where none was."""
    return [f"{len(broken):,} broken pictures were left out: {some(broken)}"] if broken else []


def read_rgb(path: File, contents: bytes | None = None) -> Rgb:
    """The picture [H, W, 3] in a file: upright, on white where it is transparent.

    Args:
        path: The file, or what messages call it.
        contents: Its contents, where they were read before.

    Raises:
        Unreadable: It is no picture that Pillow reads, broken, or of more pixels than are safe.
    """
    return np.asarray(open_picture(path, "RGB", contents))


def check(path: Path, contents: bytes | None = None) -> None:
    """Reads a picture to its end, a JPEG in a coarse version, which takes a fraction of the time.

    Raises:
        Unreadable: It is no picture that Pillow reads, broken, or of more pixels than are safe.
    """
    with _opened(path, contents) as opened:
        opened.draft("L", (64, 64))
        opened.load()
        _of_bytes(opened, opened.format)


def open_picture(
    path: File, mode: Literal["L", "RGB"], contents: bytes | None = None
) -> Image.Image:
    """Opens a picture with Pillow, in colours or grey: upright, on white where it is transparent.

    Raises:
        Unreadable: It is no picture that Pillow reads, broken, or of more pixels than are safe.
    """
    with _opened(path, contents) as opened:
        picture = _of_bytes(ImageOps.exif_transpose(opened), opened.format)
        if picture.has_transparency_data:
            paper = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(paper, picture.convert("RGBA"))
        return picture.convert(mode)


def _of_bytes(picture: Image.Image, form: str | None) -> Image.Image:
    """The picture with a byte for each value: Pillow would make most others black or white.

    Of 16 bits the upper 8 are taken. 32 bits and floats are what their largest value makes likely:
    parts of 1, bytes, or 16 bits. In a format other than TIFF, Pillow has 16 bits as 32.

    Raises:
        ValueError: The range of its values cannot be told.
    """
    if picture.mode.startswith("I;") or (picture.mode == "I" and form != "TIFF"):
        return Image.fromarray((np.asarray(picture).clip(0, 65_535) >> 8).astype(np.uint8))
    if picture.mode not in ("I", "F"):
        return picture
    deep = np.asarray(picture)
    low, high = float(deep.min()), float(deep.max())  # NaN where there is one
    whole = next((whole for whole in _RANGES if 0 <= low <= high <= whole), None)
    if whole is None:
        raise ValueError(
            f"its values are from {low:g} to {high:g}, expected 0 to 1, to 255 or to 65535"
        )
    return Image.fromarray(np.rint(deep * (255 / whole)).astype(np.uint8))


@contextmanager
def _opened(path: File, contents: bytes | None = None) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(path.read_bytes() if contents is None else contents)) as opened:
            yield opened
    except Exception as error:  # in a broken file Pillow's readers stumble over anything
        why = "an unknown format" if isinstance(error, UnidentifiedImageError) else reason(error)
        raise Unreadable(
            f"{path}: expected a picture that Pillow can read, PNG or JPEG ({why})"
        ) from None
