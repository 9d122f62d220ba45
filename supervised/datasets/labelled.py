"""Sets of images in classes: what they have, and how they are generated."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from supervised.datasets.source import DataKind, Loaded

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class LabelledImages(Loaded):
    """Grey images [N, H, W] of bytes, and their classes [N].

    The validation has no images where none are published for it.
    """

    train_images: Images
    train_labels: Labels
    validation_images: Images
    validation_labels: Labels
    test_images: Images
    test_labels: Labels

    @classmethod
    def of(
        cls, name: str, kind: DataKind, *parts: tuple[Images, npt.NDArray[Any]], note: str = ""
    ) -> "LabelledImages":
        """A set of images and labels for training, for validation if there are, and for tests."""
        train, validation, test = parts if len(parts) == 3 else (parts[0], _NONE, parts[1])
        return cls(
            name=name,
            kind=kind,
            note=note,
            train_images=train[0],
            train_labels=train[1].astype(np.int32),
            validation_images=validation[0],
            validation_labels=validation[1].astype(np.int32),
            test_images=test[0],
            test_labels=test[1].astype(np.int32),
        )


_NONE = np.empty((0, 0, 0), np.uint8), np.empty(0, np.int32)


def varied(
    drawings: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int32],
    rng: np.random.Generator,
    noise: float,
) -> npt.NDArray[np.uint8]:
    """Images of drawings, each shifted by up to 2 pixels, with a contrast of its own and noise.

    Args:
        drawings: [C, H, W] from 0, black, to 1, white.
        labels: [N] which drawing each image shows.
        rng: Draws shifts, contrasts and noise.
        noise: Standard deviation of the noise.

    Returns:
        [N, H, W] bytes.
    """
    count, (_, height, width) = len(labels), drawings.shape
    row_shift, column_shift = rng.integers(-2, 3, size=(2, count, 1))
    pictures = drawings[
        labels[:, None, None],
        ((np.arange(height) - row_shift) % height)[:, :, None],
        ((np.arange(width) - column_shift) % width)[:, None, :],
    ]
    pictures *= rng.uniform(0.5, 1.0, size=(count, 1, 1)).astype(np.float32)
    pictures += rng.standard_normal(pictures.shape, np.float32) * np.float32(noise)
    return (pictures.clip(0, 1) * 255).astype(np.uint8)
