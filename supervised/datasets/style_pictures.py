"""Two pictures, one for its content and one for its style: the book's cat and mosaic (ch. 4)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from supervised.datasets import finding
from supervised.datasets.pictures import OWN, Rgb, read_rgb
from supervised.datasets.source import DataError, File, Info, Loaded, RemoteFile, Source

_BOOK = "https://github.com/PacktPublishing/Deep-Learning-with-TensorFlow-Second-Edition"
_RAW = _BOOK.replace("github.com", "raw.githubusercontent.com") + "/master/Chapter04/Vgg/"


def _file(name: str, sha256: str, size: int) -> RemoteFile:
    return RemoteFile(name=name, urls=(_RAW + name,), sha256=sha256, size=size)


INFO = Info(
    name="pictures",
    title="Pictures for style transfer: the book's cat and mosaic, 478x478",
    source=_BOOK,
    licence="MIT",
    size="0.2 MB, two files",
    files=(
        _file(
            "cat.jpg", "1d0086c8e36d7b0afdd57d37d63f700576bfa90ff59edc6d86f6e071abf1d6f6", 34_616
        ),
        _file(
            "mosaic.jpg",
            "c7cd9ad4eaebfa6a77bb076ad3980863fa001bdbed03cca1b9c4406fc5cb9943",
            200_177,
        ),
    ),
    how="Chapter04/Vgg of the book's code, or any two of your own: --content FILE --style FILE",
)

_SIDE = 128


@dataclass(frozen=True, kw_only=True)
class StylePictures(Loaded):
    """Two pictures [H, W, 3], each of its own size."""

    name: str = INFO.name
    content: Rgb
    style: Rgb


def loader(content: Path | None, style: Path | None) -> Callable[[Source], StylePictures]:
    """A loader for `Context.load`, of a user's pictures; None stands for the book's picture.

    Raises:
        DataError: A picture is missing or broken, or given where synthetic data are wanted.
    """

    def read(content: File, style: File, name: str = INFO.name) -> StylePictures:
        first, second = read_rgb(content), read_rgb(style)
        return StylePictures(name=name, kind="real", content=first, style=second)

    def load(source: Source) -> StylePictures:
        given = content or style
        if source.want == "synthetic" and given:
            raise DataError(f"{given}: --data synthetic takes no pictures; leave one out")
        if content and style and source.want != "sample":
            return read(content, style, OWN)
        return finding.loader(
            INFO,
            read=lambda first, second: read(content or first, style or second),
            synthetic=synthetic,
        )(source)

    return load


def synthetic(rng: np.random.Generator) -> StylePictures:
    """Generates a bright disc before a sky [96, 128, 3], and coloured waves [128, 128, 3]."""
    row, column = np.mgrid[:_SIDE, :_SIDE] / _SIDE
    sky = np.stack([row, row * 0.5 + 0.3, 1 - row * 0.5], axis=-1)
    disc = np.hypot(row - 0.4, column - 0.5) < 0.25
    things = np.where(disc[..., None], rng.uniform(0.5, 1.0, 3), sky)[: _SIDE * 3 // 4]
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = np.sin(40 * np.hypot(row, column)[..., None] + phases) / 2 + 0.5
    content, style = ((part * 255).astype(np.uint8) for part in (things, waves))
    return StylePictures(kind="synthetic", content=content, style=style)


load = loader(None, None)
"""Loads the book's pictures."""
