"""What is drawn below the frames of a film: episode, step, return, and values of the actions."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from launch.jobs.rl.moments import Moment

_WIDTH = 320  # pixels of a frame, at least: a smaller one is enlarged
_LINE, _MARGIN, _NAME, _NUMBER = 16, 6, 84, 64  # pixels: a line, the edge, names, numbers
_ROWS = 6  # actions shown at most
_PAPER, _INK, _GREY, _BLUE = "white", "black", "#c4c4c4", "#1f5fa8"


class Captions:
    """Draws captions of one film: bars keep one scale, that of the values seen so far."""

    def __init__(self, names: Sequence[str]):
        """Makes them.

        Args:
            names: Names of the actions.
        """
        self._names = names
        self._low, self._high = np.inf, -np.inf
        # Pillow draws in a font of its own, with fixed pixels where it was built without FreeType.
        self._font = ImageFont.load_default(12)

    def __call__(self, moment: Moment) -> npt.NDArray[np.uint8]:
        """The frame [height, width, 3] of a moment, with a caption below; both numbers are even."""
        frame = Image.fromarray(np.asarray(moment.frame, np.uint8))
        if frame.width < _WIDTH:
            times = -(-_WIDTH // frame.width)
            size = (frame.width * times, frame.height * times)
            frame = frame.resize(size, Image.Resampling.NEAREST)
        rows = 1 if moment.values is None else min(len(self._names), _ROWS)
        width = frame.width + frame.width % 2
        height = frame.height + 2 * _MARGIN + (1 + rows) * _LINE
        picture = Image.new("RGB", (width, height + height % 2), _PAPER)
        picture.paste(frame, (0, 0))
        draw, y = ImageDraw.Draw(picture), frame.height + _MARGIN
        told = f"episode {moment.episode}   step {moment.step}   return {moment.total:.4g}"
        draw.text((_MARGIN, y), told, _INK, self._font)
        if moment.values is None:
            text = f"action: {self._names[moment.action]}"
            draw.text((_MARGIN, y + _LINE), text, _INK, self._font)
        else:
            self._bars(draw, moment.values, moment.action, y + _LINE, width)
        return np.asarray(picture)

    def _bars(
        self,
        draw: ImageDraw.ImageDraw,
        values: npt.NDArray[np.float64],
        taken: int,
        y: int,
        width: int,
    ) -> None:
        """A line for each action: its name, a bar, its value; the one taken is blue."""
        self._low = min(self._low, float(np.nanmin(values)))
        self._high = max(self._high, float(np.nanmax(values)))
        span = (self._high - self._low) or 1.0
        longest = width - _NAME - _NUMBER - 2 * _MARGIN
        for number in shown_actions(values, taken):
            value, colour = values[number], _BLUE if number == taken else _GREY
            ink = _BLUE if number == taken else _INK
            draw.text((_MARGIN, y), self._names[number][:12], ink, self._font)
            if np.isfinite(value):
                right = _NAME + 2 + int(longest * (value - self._low) / span)
                draw.rectangle((_NAME, y + 3, right, y + _LINE - 4), fill=colour)
            said = f"{value:.4g}" if np.isfinite(value) else "illegal"
            draw.text((width - _NUMBER, y), said, ink, self._font)
            y += _LINE


def shown_actions(values: npt.NDArray[np.float64], taken: int) -> list[int]:
    """Numbers of the actions that there is room for: the best ones, and the one that was taken."""
    if len(values) <= _ROWS:
        return list(range(len(values)))
    best = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[:_ROWS]
    chosen = best.tolist()
    if taken not in chosen:
        chosen[-1] = taken
    return sorted(chosen)
