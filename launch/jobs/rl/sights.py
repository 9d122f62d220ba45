"""What an agent sees, in grey, and in orange what the value of its action depends on."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from agents.weights import Array
from launch.jobs.rl.moments import Moment
from launch.jobs.rl.saliency import Saliency

_ORANGE = np.array([255.0, 150.0, 20.0])
_DARK, _LIGHT = 24.0, 120.0  # greys of what is seen least and most: dark enough for the colour

Floats = npt.NDArray[np.float64]


class Sights:
    """Draws what an agent sees in one film: colours keep one scale, that of the changes so far."""

    def __init__(self, saliency: Saliency):
        """Makes them.

        Args:
            saliency: What the agent's values depend on.
        """
        self._saliency, self._most = saliency, 0.0

    def __call__(self, moment: Moment, room: tuple[int, int]) -> Image.Image:
        """What is seen in a moment, as large as width and height in pixels allow."""
        heat = self._saliency(moment.observation, moment.state, moment.action)  # [H, W]
        self._most = max(self._most, float(heat.max()))
        shares = heat / (self._most or 1.0)
        grey = _DARK + (_LIGHT - _DARK) * seen(moment.observation)
        colours = grey[..., None] * (1.0 - shares[..., None]) + _ORANGE * shares[..., None]
        picture = Image.fromarray(np.rint(colours).astype(np.uint8))
        return _fitted(picture, room)


def seen(observation: Array) -> Floats:
    """An observation [H, W] or [H, W, C] as light [H, W] in [0, 1].

    Bytes are colours or frames, of which the mean is shown; other channels are things of their
    own, each between its least and its greatest number, of which the lightest is shown.
    """
    channels = observation.reshape(*observation.shape[:2], -1).astype(np.float64)  # [H, W, C]
    if observation.dtype == np.uint8:
        channels = channels.mean(axis=-1, keepdims=True)
    low, high = channels.min(axis=(0, 1)), channels.max(axis=(0, 1))
    return ((channels - low) / np.where(high > low, high - low, 1.0)).max(axis=-1)


def _fitted(picture: Image.Image, room: tuple[int, int]) -> Image.Image:
    """A picture whose pixels are equal squares, or which is made smaller where they do not fit."""
    times = min(room[0] / picture.width, room[1] / picture.height)
    times = max(int(times), 1) if times >= 1 else times
    size = (max(round(picture.width * times), 1), max(round(picture.height * times), 1))
    way = Image.Resampling.NEAREST if times >= 1 else Image.Resampling.BOX
    return picture.resize(size, way)
