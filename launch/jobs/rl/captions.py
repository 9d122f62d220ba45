"""What is drawn with the frames of a film: episode, step, return, values, and what decides them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from launch.jobs.rl.moments import Moment
from launch.jobs.rl.saliency import Saliency
from launch.jobs.rl.sights import Sights

_WIDTH = 320  # pixels of a frame, at least: a smaller one is enlarged
_HEIGHT = 400  # the same of one that has its caption beside it
_BESIDE = 300  # pixels of that caption
_LINE, _MARGIN, _NAME, _NUMBER = 16, 6, 84, 64  # pixels: a line, the edge, names, numbers
_ROWS = 6  # actions shown at most
_PAPER, _INK, _GREY, _BLUE = "white", "black", "#c4c4c4", "#1f5fa8"


class Captions:
    """Draws captions of one film: bars keep one scale, that of the values seen so far.

    They are below the game. Those of an agent that sees pictures are beside it, with what it sees
    and which parts of that the value of its action depends on.
    """

    def __init__(self, names: Sequence[str], saliency: Saliency | None = None):
        """Makes them.

        Args:
            names: Names of the actions.
            saliency: What the agent's values depend on; None for one that sees no pictures.
        """
        self._names = names
        self._sights = None if saliency is None else Sights(saliency)
        self._low, self._high = np.inf, -np.inf
        # Pillow draws in a font of its own, with fixed pixels where it was built without FreeType.
        self._font = ImageFont.load_default(12)

    def __call__(self, moment: Moment) -> npt.NDArray[np.uint8]:
        """The frame [height, width, 3] of a moment, with a caption; both numbers are even."""
        frame = Image.fromarray(np.asarray(moment.frame, np.uint8))
        rows = 1 if moment.values is None else min(len(self._names), _ROWS)
        high = 2 * _MARGIN + (1 + rows) * _LINE
        if self._sights is None or moment.values is None:
            frame = enlarged(frame, -(-_WIDTH // frame.width))
            width = frame.width + frame.width % 2
            picture = _paper(width, frame.height + high)
            self._tell(picture, moment, (0, frame.height), width)
        else:
            frame = enlarged(frame, -(-_HEIGHT // frame.height))
            picture = _paper(frame.width + _BESIDE, max(frame.height, _HEIGHT))
            self._tell(picture, moment, (frame.width, 0), _BESIDE)
            said = f"what it sees, and what Q({self._names[moment.action]}) depends on"
            corner = (frame.width + _MARGIN, high + _LINE)
            draw = ImageDraw.Draw(picture)
            draw.text((corner[0], high - 2), said, _INK, self._font)
            room = (_BESIDE - 2 * _MARGIN, picture.height - corner[1] - _MARGIN)
            picture.paste(self._sights(moment, room), corner)
        picture.paste(frame, (0, 0))
        return np.asarray(picture)

    def _tell(
        self, picture: Image.Image, moment: Moment, corner: tuple[int, int], width: int
    ) -> None:
        """Says episode, step and return, and below it the values or the action."""
        draw, (x, y) = ImageDraw.Draw(picture), corner
        told = f"episode {moment.episode}   step {moment.step}   return {moment.total:.4g}"
        draw.text((x + _MARGIN, y + _MARGIN), told, _INK, self._font)
        below = (x, y + _MARGIN + _LINE)
        if moment.values is None:
            text = f"action: {self._names[moment.action]}"
            draw.text((x + _MARGIN, below[1]), text, _INK, self._font)
        else:
            self._bars(draw, moment.values, moment.action, below, width)

    def _bars(
        self,
        draw: ImageDraw.ImageDraw,
        values: npt.NDArray[np.float64],
        taken: int,
        corner: tuple[int, int],
        width: int,
    ) -> None:
        """A line for each action: its name, a bar, its value; the one taken is blue."""
        self._low = min(self._low, float(np.nanmin(values)))
        self._high = max(self._high, float(np.nanmax(values)))
        span = (self._high - self._low) or 1.0
        longest, (x, y) = width - _NAME - _NUMBER - 2 * _MARGIN, corner
        for number in shown_actions(values, taken):
            value, colour = values[number], _BLUE if number == taken else _GREY
            ink = _BLUE if number == taken else _INK
            draw.text((x + _MARGIN, y), self._names[number][:12], ink, self._font)
            if np.isfinite(value):
                right = x + _NAME + 2 + int(longest * (value - self._low) / span)
                draw.rectangle((x + _NAME, y + 3, right, y + _LINE - 4), fill=colour)
            said = f"{value:.4g}" if np.isfinite(value) else "illegal"
            draw.text((x + width - _NUMBER, y), said, ink, self._font)
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


def enlarged(frame: Image.Image, times: int) -> Image.Image:
    """A frame so many times as wide and as high, its pixels as squares."""
    if times <= 1:
        return frame
    return frame.resize((frame.width * times, frame.height * times), Image.Resampling.NEAREST)


def _paper(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width + width % 2, height + height % 2), _PAPER)
