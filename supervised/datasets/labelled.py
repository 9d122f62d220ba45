"""What data sets of images in classes have."""

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
