"""Makes folders of pictures whose classes differ in the direction of their stripes."""

from pathlib import Path

import numpy as np
from PIL import Image


def _striped(rng: np.random.Generator, upright: bool) -> Image.Image:
    """Stripes that stand or lie, of any colours, width and place: what small pixels do not tell."""
    side, width = int(rng.integers(20, 40)), int(rng.integers(4, 7))
    waves = (np.arange(side) + rng.integers(2 * width)) // width % 2
    colours = rng.integers(0, 256, (2, 3))
    colours[1] = (colours[0] + 128) % 256
    pixels = colours[np.broadcast_to(waves if upright else waves[:, None], (side, side))]
    return Image.fromarray(pixels.astype(np.uint8))


def fill(folder: Path, counts: dict[str, int], seed: int = 0) -> Path:
    """Fills a folder with so many pictures in each folder; stripes stand where its name says so."""
    rng = np.random.default_rng(seed)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture = _striped(rng, upright=name.endswith("standing"))
            picture.save(folder / name / f"{number}.png")
    return folder
