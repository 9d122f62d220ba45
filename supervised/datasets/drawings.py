"""Generated pictures: variations of one drawing for each class."""

import numpy as np
import numpy.typing as npt


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
